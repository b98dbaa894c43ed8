import { Fault } from '../../../contract/faults.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { printLink } from '../page-link.ts'
import { withRunning } from '../running.ts'

const OPTIONS = {
  on: { type: 'boolean' },
  off: { type: 'boolean' },
  'sign-out': { type: 'boolean' }
} as const

/** `farport page`: a way into the page of the running Farport, for one browser more; or nobody's any more. */
export const page: CliCommand = (args, io) => {
  const { given } = parse(args, OPTIONS, 0)
  const isJson = flag(given, 'json')
  const wishes = Object.keys(OPTIONS).filter((each) => flag(given, each))
  if (wishes.length > 1) throw new Fault('usage', `Either --${wishes.join(' or --')}: leave one of them out.`)
  return withRunning(async (client) => {
    if (flag(given, 'sign-out')) {
      const { count } = await client.call('page.sign-out', {})
      io.print(isJson ? JSON.stringify({ signedOut: count }) : `signed out ${count} open pages`)
    } else if (flag(given, 'off')) {
      await switchPage(client, false)
      io.print(isJson ? JSON.stringify({ page: null }) : 'page off')
    } else {
      if (flag(given, 'on')) await switchPage(client, true)
      await printLink(await client.call('page.link', {}), io, isJson)
    }
    return EXIT.done
  })
}

async function switchPage(client: RpcClient, enabled: boolean): Promise<void> {
  const { preferences } = await client.call('settings.read', {})
  await client.call('preferences.change', { page: { ...preferences.page, enabled } })
}

import { plainText } from '../../../base/plain-text.ts'
import { Fault } from '../../../contract/faults.ts'
import type { BrowserState } from '../../../contract/host.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { printLink } from '../page-link.ts'
import { withRunning } from '../running.ts'
import { table } from '../table.ts'

/** Of an id that is shown. */
const SHORT_ID = 8

const OPTIONS = {
  on: { type: 'boolean' },
  off: { type: 'boolean' },
  browsers: { type: 'boolean' },
  'sign-out': { type: 'boolean' }
} as const

/** `farport page`: a way into the page of the running Farport, for one browser more; or nobody's any more. */
export const page: CliCommand = (args, io) => {
  const { given, positionals } = parse(args, OPTIONS, flag(parse(args, OPTIONS, 1).given, 'sign-out') ? 1 : 0)
  const isJson = flag(given, 'json')
  const wishes = Object.keys(OPTIONS).filter((each) => flag(given, each))
  if (wishes.length > 1) throw new Fault('usage', `Either --${wishes.join(' or --')}: leave one of them out.`)
  return withRunning(async (client) => {
    if (flag(given, 'sign-out')) {
      const browser = await browserCalled(client, positionals[0])
      const { count } = await client.call('page.sign-out', browser === undefined ? {} : { browser })
      io.print(isJson ? JSON.stringify({ signedOut: count }) : `signed out ${count} open pages`)
    } else if (flag(given, 'browsers')) {
      const { browsers } = await client.call('page.browsers', {})
      if (isJson) io.print(JSON.stringify({ browsers }))
      else for (const line of browserLines(browsers)) io.print(line)
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

/** By the beginning of its id, where no other one begins so. */
async function browserCalled(client: RpcClient, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined
  const { browsers } = await client.call('page.browsers', {})
  const [first, second] = browsers.filter(({ id }) => id.startsWith(text))
  if (first && !second) return first.id
  const why = first ? 'More than one browser' : 'No browser that is signed in'
  throw new Fault(
    'usage',
    `${why} has an id that begins with "${plainText(text, 30)}": see farport page --browsers`
  )
}

function browserLines(browsers: readonly BrowserState[]): readonly string[] {
  if (browsers.length === 0) return ['no browser is signed in']
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  return table([
    ['ID', 'BROWSER', 'ADDRESS', 'SINCE (UTC)', 'HERE LAST', 'PAGES'],
    ...browsers.map(({ id, browser, address, since, seen, pages }) => [
      ...[id.slice(0, SHORT_ID), browser, address, time(since), time(seen), String(pages)]
    ])
  ])
}

async function switchPage(client: RpcClient, enabled: boolean): Promise<void> {
  const { preferences } = await client.call('settings.read', {})
  await client.call('preferences.change', { page: { ...preferences.page, enabled } })
}

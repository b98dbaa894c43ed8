/** `farport pause`, `farport resume`: all shares of the running Farport at once. */
import type { StateTree } from '../../../contract/state.ts'
import { namesHere } from '../attached/pause-words.ts'
import { snapshot } from '../attached/snapshot.ts'
import { grouped } from '../attached/words.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { withRunning } from '../running.ts'

/** Where nothing was shared it says so; that is no mistake. */
export const pause: CliCommand = (args, io) => {
  const { given } = parse(args, {}, 0)
  return withRunning(async (client) => {
    const { lost, shares } = await client.call('sharing.pause', {})
    const tree = await snapshot(client, io.stop)
    if (flag(given, 'json')) io.print(JSON.stringify({ paused: idsAndNames(shares, tree), lost }))
    else {
      if (shares.length === 0) io.print('nothing is shared')
      else io.print(`paused ${namesHere(shares, tree)}`)
      if (lost > 0) io.say(`${grouped(lost)} bytes could not be delivered before the end.`)
    }
    return EXIT.done
  })
}

/** Exit code 0 also where one of them cannot run yet: `farport list` says why. */
export const resume: CliCommand = (args, io) => {
  const { given } = parse(args, {}, 0)
  return withRunning(async (client) => {
    const { shares } = await client.call('sharing.resume', {})
    const tree = await snapshot(client, io.stop)
    if (flag(given, 'json')) io.print(JSON.stringify({ resumed: idsAndNames(shares, tree) }))
    else if (shares.length === 0) io.print('nothing was paused')
    else io.print(`shared again: ${namesHere(shares, tree)}`)
    return EXIT.done
  })
}

function idsAndNames(
  ids: readonly string[],
  { bridges }: StateTree
): readonly { readonly id: string; readonly name: string }[] {
  return ids.map((id) => ({ id, name: bridges[id]?.name ?? id }))
}

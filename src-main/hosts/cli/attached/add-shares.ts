/** `farport share` where a Farport runs: it shares from now on, and whoever asked is told where. */
import type { RotatorSpec, ShareSpec } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import type { Added } from '../../../contract/service-commands.ts'
import type { BridgeState, StateTree } from '../../../contract/state.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliIo } from '../cli-io.ts'
import { failureOf } from './failure.ts'
import { checkHere, rotatorMeantHere, shareMeantHere } from './meant-here.ts'
import { snapshot } from './snapshot.ts'
import { allOrNothing } from './taken-back.ts'
import { shortText } from './words.ts'

/** Names in one line. */
const MAX_NAMES = 8

/**
 * Adds all of them, or none. Prints what a command that shares by itself prints, `shared NAME` for one that only paired computers reach,
 * and how to end it. Rejects with the Fault of the first that cannot be.
 */
export async function addShares(
  client: RpcClient,
  specs: readonly ShareSpec[],
  rotator: Omit<RotatorSpec, 'shares'> | undefined,
  io: CliIo,
  json: boolean
): Promise<void> {
  const before = await snapshot(client, io.stop)
  for (const { port, name, wait = false } of specs) {
    checkName(before, 'share', name)
    await checkHere(port, wait)
  }
  const { tree, shares, pool } = await allOrNothing(client, io, async (keep) => {
    const shares: Added[] = []
    for (const spec of specs) {
      shares.push(keep(await client.call('share.add', shareMeantHere(spec))))
      io.stop.throwIfAborted()
    }
    const ids = shares.map(({ id }) => id)
    const pool = rotator && keep(await client.call('rotator.add', rotatorMeantHere(rotator, ids)))
    const tree = await snapshot(client, io.stop)
    specs.forEach((spec, index) => checkRuns(tree.bridges[shares[index]?.id ?? ''], spec))
    const fault = failureOf(pool && tree.rotators[pool.id])
    if (fault) throw fault
    return { tree, shares, pool }
  })
  for (const { id } of shares) tellShare(tree.bridges[id], io, json)
  for (const url of tree.rotators[pool?.id ?? '']?.addresses ?? [])
    io.print(json ? JSON.stringify({ listening: url, rotator: shares.length }) : `listening ${url}`)
  io.say(howToEnd(tree, [...(pool ? [pool] : []), ...shares], 'Shared'))
}

/** Throws why it does not; an address that this computer does not have is waited for only where that was asked for. */
function checkRuns(bridge: BridgeState | undefined, { wait = false }: ShareSpec): void {
  const fault = failureOf(bridge)
  if (fault) throw fault
  const [missing] = bridge?.awaited ?? []
  if (missing !== undefined && !wait)
    throw new Fault(
      'address-not-permitted',
      `This computer has no such address as in ${shortText(missing, 200)}: use one of its own, or add --wait where it comes later.`
    )
}

/** Throws where one of that kind has the name already. */
export function checkName(tree: StateTree, kind: BridgeState['kind'], name: string | undefined): void {
  if (
    name === undefined ||
    !Object.values(tree.bridges).some((each) => each.kind === kind && each.name === name)
  )
    return
  throw new Fault(
    'usage',
    `The running Farport has a ${kind} ${quoted(name)} already. Choose another --name, or remove that one: farport remove ${quoted(name)}`
  )
}

function tellShare(bridge: BridgeState | undefined, io: CliIo, json: boolean): void {
  if (!bridge) return
  const { name, enabled, addresses, awaited = [], dials } = bridge
  const print = (word: string, what: string): void =>
    io.print(
      json ? JSON.stringify({ [word]: what, ...(what !== name && { share: name }) }) : `${word} ${what}`
    )
  if (!enabled) print('disabled', name)
  else if (addresses.length + dials.length === 0) print('shared', name)
  for (const url of addresses)
    if (awaited.includes(url)) io.say(`${shortText(name)}: waits for its address ${shortText(url, 200)}`)
    else print('listening', url)
  for (const url of dials) print('dialling', url)
}

/** `Shared by the running Farport (process 4711) … farport remove desk`. */
export function howToEnd({ self }: StateTree, added: readonly Added[], done: string): string {
  const who = self?.pid === undefined ? '' : ` (process ${self.pid})`
  const names = added.slice(0, MAX_NAMES).map(({ name }) => quoted(name))
  const more = added.length > MAX_NAMES ? ' …' : ''
  const which = added.length > 1 ? `NAME, for each of ${names.join(', ')}${more}` : names.join('')
  return `${done} by the running Farport${who}, which remembers it. To end it: farport remove ${which}`
}

/** As a shell takes it. */
function quoted(name: string): string {
  const text = shortText(name, 255)
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** `farport connect` where a Farport runs: it stays connected from now on. */
import type { LinkSpec } from '../../../contract/commands.ts'
import { faultOf } from '../../../contract/faults.ts'
import type { BridgeState, StateTree } from '../../../contract/state.ts'
import { readVirtual } from '../../../contract/virtual.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliIo } from '../cli-io.ts'
import { checkName, howToEnd } from './add-shares.ts'
import { failureOf } from './failure.ts'
import { checkHere, linkMeantHere } from './meant-here.ts'
import { snapshot, stateWhen } from './snapshot.ts'
import { allOrNothing } from './taken-back.ts'

/**
 * Adds it, and calls `ready` when programs may open it; with `hold` and without `wait` the first try has to succeed, as in a command
 * that connects by itself. Rejects with the Fault where it cannot be; then it is not there.
 */
export async function addLink(
  client: RpcClient,
  spec: LinkSpec,
  io: CliIo,
  ready: (state: BridgeState) => void
): Promise<void> {
  const { hold = false, wait = false } = spec
  checkName(await snapshot(client, io.stop), 'link', spec.name)
  await checkHere(spec.port, wait)
  if (!readVirtual(spec.to)) await checkHere({ ...spec.port, target: spec.to }, wait)
  await allOrNothing(client, io, async (keep) => {
    const added = keep(await client.call('link.add', linkMeantHere(spec)))
    const stateOf = (tree: StateTree): BridgeState | undefined => tree.bridges[added.id]
    const made = await stateWhen(client, (tree) => isMade(stateOf(tree)), io.stop)
    const state = stateOf(made)
    if (state) ready(state)
    if (hold && !wait) await stateWhen(client, (tree) => isOpen(stateOf(tree)), io.stop)
    io.say(howToEnd(made, [added], 'Connected'))
  })
}

/** Throws why it cannot be. */
function isMade(state: BridgeState | undefined): boolean {
  const fault = failureOf(state)
  if (fault) throw fault
  return state !== undefined
}

/** Throws the Fault of the first try. */
function isOpen(state: BridgeState | undefined): boolean {
  if (state?.state.type === 'waiting') throw faultOf(state.state.fault)
  return state?.state.type === 'open'
}

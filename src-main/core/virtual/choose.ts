/**
 * Which way a virtual port is made where the user leaves that to us, and the sentence that says why. Pure: the ways of this
 * computer in, one of them out.
 */
import { Fault } from '../../contract/faults.ts'
import { bestFirst, type Carried, type VirtualWay, type VirtualWayName } from '../../contract/virtual.ts'

/** What goes without a virtual port: programs that take an address, and our own terminal. */
export const INSTEAD_OF_PORT =
  'Or give your program an address (`farport share URL --listen rfc2217://127.0.0.1:7000`), or use `farport terminal URL`.'

export interface Choice {
  readonly way: VirtualWayName
  readonly why: string
  readonly carries: readonly Carried[]
}

/** Throws the Fault `unsupported` where none is ready; it names what would help. */
export function chooseWay(ways: readonly VirtualWay[]): Choice {
  const known = bestFirst(ways)
  const best = known.find(({ state }) => state === 'ready')
  if (!best) throw noWay(known)
  const better = known.find(({ state, carries }) => state !== 'ready' && carries.length > best.carries.length)
  const { way, carries } = best
  return { way, carries, why: better ? `${best.why} ${better.why}${fixOf(better)}` : best.why }
}

function noWay(ways: readonly VirtualWay[]): Fault {
  const [first] = ways
  const fix = first ? `${first.why}${fixOf(first)}` : 'Nothing for it is known on this system.'
  return new Fault('unsupported', `No virtual port can be made here. ${fix} ${INSTEAD_OF_PORT}`)
}

/** ` ` and what to do, where something helps. */
export function fixOf({ fix }: Pick<VirtualWay, 'fix'>): string {
  return fix === undefined ? '' : ` ${fix}`
}

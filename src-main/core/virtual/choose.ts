/**
 * Which way a virtual port is made where the user leaves that to us, and the sentence that says why. Pure: the ways of this
 * computer in, one of them out.
 */
import { Fault } from '../../contract/faults.ts'
import { CARRIED, type Carried, type VirtualWay, type VirtualWayName } from '../../contract/virtual.ts'

export interface Choice {
  readonly way: VirtualWayName
  readonly why: string
}

/** The first that is ready is taken: those that carry more come first, and hub4com, another program, comes last. */
const BEST_FIRST: readonly VirtualWayName[] = ['com0com', 'usbip', 'pty', 'hub4com']

/** Throws the Fault `unsupported` where none is ready; it names what would help. */
export function chooseWay(ways: readonly VirtualWay[]): Choice {
  const known = BEST_FIRST.flatMap((name) =>
    ways.filter(({ way, state }) => way === name && state !== 'never')
  )
  const best = known.find(({ state }) => state === 'ready')
  if (!best) throw noWay(known)
  const better = known.find(({ state, carries }) => state !== 'ready' && carries.length > best.carries.length)
  return { way: best.way, why: better ? `${best.why} ${better.why}${fixOf(better)}` : best.why }
}

function noWay(ways: readonly VirtualWay[]): Fault {
  const [first] = ways
  const fix = first ? `${first.why}${fixOf(first)}` : 'Nothing for it is known on this system.'
  return new Fault(
    'unsupported',
    `No virtual port can be made here. ${fix} Or use a local address (\`farport connect … tcp://127.0.0.1:7000\`), or \`farport terminal\`.`
  )
}

function fixOf({ fix }: VirtualWay): string {
  return fix === undefined ? '' : ` ${fix}`
}

/** What it does not carry, in the order of CARRIED. */
export function missingIn({ carries }: Pick<VirtualWay, 'carries'>): Carried[] {
  return CARRIED.filter((each) => !carries.includes(each))
}

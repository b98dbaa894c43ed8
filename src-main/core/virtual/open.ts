/** From what was asked for (`pty:…`, `usb:…`, `com:…`, `auto:…`) to a virtual port that stands. Called by links.ts. */
import { Fault } from '../../contract/faults.ts'
import type { VirtualKind, VirtualPlace, VirtualState, VirtualWayName } from '../../contract/virtual.ts'
import { WAY_CARRIES } from '../../contract/virtual.ts'
import type { SessionSource } from '../../sessions/session.ts'
import type { Context } from '../context.ts'
import { chooseWay } from './choose.ts'
import type { VirtualWish } from './maker.ts'
import { makerOf, virtualWays } from './makers.ts'

/** What may be behind each kind, the first where nothing else was said. */
const WAYS_OF: Readonly<Record<Exclude<VirtualKind, 'auto'>, readonly VirtualWayName[]>> = {
  pty: ['pty'],
  usb: ['usbip'],
  com: ['com0com', 'usbip', 'hub4com']
}

export interface OpenedVirtual {
  readonly source: SessionSource
  readonly state: VirtualState
}

/** `via`: what shall make a COM port, where more than one can. Rejects with a Fault; then nothing is left behind. */
export async function openVirtual(
  { kind }: VirtualPlace,
  wish: VirtualWish,
  via: VirtualWayName | undefined,
  context: Context
): Promise<OpenedVirtual> {
  const choice = await pick(kind, via)
  const maker = await makerOf(choice.way)
  return {
    source: await maker.make(wish, context),
    state: { ...choice, carries: WAY_CARRIES[choice.way] }
  }
}

async function pick(
  kind: VirtualKind,
  via: VirtualWayName | undefined
): Promise<{ readonly way: VirtualWayName; readonly why?: string }> {
  if (kind === 'auto') {
    if (via) return { way: via }
    return chooseWay(await virtualWays())
  }
  const ways = WAYS_OF[kind]
  if (via) {
    if (ways.includes(via)) return { way: via }
    throw new Fault(
      'usage',
      `${kind}: cannot be made by ${via}. Leave out --via, or use one of: ${ways.join(', ')}.`
    )
  }
  const [only] = ways
  if (ways.length === 1 && only) return { way: only }
  return chooseWay((await virtualWays()).filter(({ way }) => ways.includes(way)))
}

/** From what was asked for (`pty:…`, `usb:…`, `com:…`, `auto:…`) to a virtual port that stands. Called by links.ts. */
import { Fault } from '../../contract/faults.ts'
import {
  WAY_TITLES,
  type VirtualKind,
  type VirtualPlace,
  type VirtualState,
  type VirtualWay,
  type VirtualWayName
} from '../../contract/virtual.ts'
import type { SessionSource } from '../../sessions/session.ts'
import type { Context } from '../context.ts'
import { chooseWay, fixOf } from './choose.ts'
import type { VirtualMaker, VirtualWish } from './maker.ts'
import { makerOf } from './makers.ts'

/** What may be behind each kind, the first where nothing else was said. */
const WAYS_OF: Readonly<Record<VirtualKind, readonly VirtualWayName[]>> = {
  pty: ['pty'],
  usb: ['usbip'],
  com: ['com0com', 'usbip', 'hub4com'],
  auto: ['com0com', 'usbip', 'pty', 'hub4com']
}

export interface OpenedVirtual {
  readonly source: SessionSource
  readonly state: VirtualState
}

/** What there is of them, and on which system. Absent: this computer's own. */
export interface Makers {
  readonly makerOf: (way: VirtualWayName) => Promise<VirtualMaker>
  readonly platform: NodeJS.Platform
}

/** `via`: what shall make a COM port, where more than one can. Rejects with a Fault; then nothing is left behind. */
export async function openVirtual(
  place: VirtualPlace,
  wish: VirtualWish,
  via: VirtualWayName | undefined,
  context: Context,
  makers: Makers = { makerOf, platform: process.platform }
): Promise<OpenedVirtual> {
  const state = await pick(place.kind, via, makers)
  const maker = await makers.makerOf(state.way)
  const source = await maker.make(placed(place, wish), context)
  return { source, state: source.carries ? { ...state, carries: source.carries } : state }
}

/** What is left to us has no place, but a name perhaps. */
function placed({ kind, at }: VirtualPlace, wish: VirtualWish): VirtualWish {
  if (kind === 'auto') return { ...wish, name: at === '' ? wish.name : at, at: '' }
  return { ...wish, at: kind === 'com' ? at.toUpperCase() : at }
}

async function pick(
  kind: VirtualKind,
  via: VirtualWayName | undefined,
  { makerOf: load, platform }: Makers
): Promise<VirtualState> {
  if (kind === 'com' && platform !== 'win32')
    throw new Fault(
      'unsupported',
      'COM ports are of Windows. Here it is --usb NAME, --pty LINK or --as auto.'
    )
  const ways = WAYS_OF[kind]
  const look = async (way: VirtualWayName): Promise<VirtualWay> => (await load(way)).look()
  if (via && !ways.includes(via))
    throw new Fault(
      'usage',
      `${kind}: cannot be made by ${via}. Leave out --via, or use one of: ${ways.join(', ')}.`
    )
  const [first] = ways
  const only = via ?? (ways.length === 1 ? first : undefined)
  return only ? asked(await look(only)) : chooseWay(await Promise.all(ways.map(look)))
}

/** It may be that rights are given while it is made; what is not installed is not. Throws `unsupported`. */
function asked(found: VirtualWay): VirtualState {
  const { way, state, why, carries } = found
  if (state === 'install' || state === 'never')
    throw new Fault(
      'unsupported',
      `No virtual port by ${WAY_TITLES[way]} can be made here. ${why}${fixOf(found)} What can: farport connect --ways`
    )
  return { way, carries }
}

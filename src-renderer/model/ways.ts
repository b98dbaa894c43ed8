/** Which kinds of virtual port there are to choose from, and what each carries, in words. Pure. */
import type { LinkSpec } from '../../src-main/contract/commands.ts'
import {
  bestFirst,
  CARRIED,
  missingIn,
  type Carried,
  type VirtualState,
  type VirtualWay,
  type VirtualWayName
} from '../../src-main/contract/virtual.ts'
import { words } from '../words/words.ts'

export interface PlaceChoice {
  readonly id: 'auto' | VirtualWayName
  readonly title: string
  /** What it carries. */
  readonly carries: string
  /** It can be asked for now; with `rights` that may ask for somebody's password. */
  readonly canBe: boolean
  /** Why it cannot be, or what it asks for. */
  readonly why?: string
  readonly fix?: string
}

/** Of those that this system could have, the best first, and before them the best that is ready. */
export function placeChoices(
  ways: readonly VirtualWay[],
  platform: string | undefined
): readonly PlaceChoice[] {
  const known = bestFirst(ways).map((way): PlaceChoice => {
    const { state, why, fix } = way
    return {
      id: way.way,
      title: titleOf(way.way, platform),
      carries: carriedText(way),
      canBe: state === 'ready' || state === 'rights',
      ...(state !== 'ready' && { why, ...(fix !== undefined && { fix }) })
    }
  })
  const best = bestFirst(ways).find(({ state }) => state === 'ready')
  if (!best || known.length < 2) return known
  const title = words.ways.best(titleOf(best.way, platform))
  // What it carries stands beside its own name.
  return [{ id: 'auto', title, carries: '', canBe: true }, ...known]
}

/** What `to` and `via` of a link are for a choice. `at`: a path, or a COM port; empty: anywhere. */
export function placeOf(
  id: PlaceChoice['id'],
  at: string,
  platform: string | undefined
): Pick<LinkSpec, 'to' | 'via'> {
  if (id === 'auto' || id === 'pty') return { to: `${id}:${id === 'pty' ? at : ''}` }
  if (id === 'usbip' && platform !== 'win32') return { to: 'usb:' }
  return { to: `com:${at.toUpperCase()}`, via: id }
}

export function titleOf(way: VirtualWayName, platform: string | undefined): string {
  return way === 'usbip' && platform === 'win32' ? words.ways.comByUsb : words.ways.titles[way]
}

export function carriedText(way: Pick<VirtualWay, 'carries'>): string {
  const say = words.ways
  const missing = missingIn(way)
  if (missing.length === 0) return say.carriesAll
  if (missing.length < CARRIED.length / 2) return say.carriesBut(listed(missing, say.and))
  const rest = missing.includes('parity') ? ` ${say.setHere}` : ''
  return `${say.carriesOnly(listed(way.carries, say.and), listed(missing, say.or))}${rest}`
}

/** Of a link's own port: `USB serial adapter: carries no CTS`. */
export function kindText(
  { way, carries }: Pick<VirtualState, 'way' | 'carries'>,
  platform: string | undefined
): string {
  const missing = missingIn({ carries })
  const kind = titleOf(way, platform)
  return missing.length === 0
    ? words.ways.missesNothing(kind)
    : words.ways.misses(kind, listed(missing, words.ways.or))
}

const LINES: readonly Carried[] = ['dtr', 'rts', 'cts', 'dsr', 'dcd', 'ri']

/** `data bits, parity, control lines and break`: where no line is left they are one word. */
function listed(all: readonly Carried[], joined: (list: string, last: string) => string): string {
  const { carried, controlLines } = words.ways
  const hasAll = LINES.every((each) => all.includes(each))
  const named = all.flatMap((each) =>
    hasAll && LINES.includes(each) ? (each === LINES[0] ? [controlLines] : []) : [carried[each]]
  )
  const last = named.at(-1) ?? ''
  return named.length < 2 ? last : joined(named.slice(0, -1).join(', '), last)
}

/** COM1 to COM4096, or nothing. */
export function isComPort(text: string): boolean {
  const [, digits = ''] = /^(?:com([1-9]\d{0,3}))?$/i.exec(text) ?? [undefined, '9999']
  return Number(digits) <= 4096
}

/** What a person does with a link, as commands to the core. Each rejects with the core's Fault. */
import { sleep, type Clock } from '../../src-main/base/clock.ts'
import type { Core } from '../core.svelte.ts'
import type { Capabilities, ControlLines, LineSettings, LineWish } from '../../src-main/contract/line.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import type { LinkSpec } from '../../src-main/contract/commands.ts'
import type { LineDesk } from '../parts/line-desk.ts'
import { freePort } from './listeners.ts'
import { originWords, settingsOf } from './links.ts'

/** Of the button, in ms. */
const BREAK_MS = 250

/** The best that is ready on this computer. */
const BEST = 'auto:'

/** An address for programs of this computer alone. */
const LOCAL = '127.0.0.1'

type Asks = Pick<Core, 'call'>

export interface NewLink {
  readonly target: string
  /** Absent: named by the core. */
  readonly name?: string
  /** Where programs find it (`pty:/tmp/gps`, `usb:`, `com:COM7`); absent: at the best that is ready here. */
  readonly to?: string
  readonly via?: LinkSpec['via']
  /** Stay connected while no program uses it. */
  readonly hold?: boolean
  /** Only watch; a paired computer can be asked for control later. */
  readonly observe?: boolean
}

/** Answers its id. It is there at once, and connects when a program opens it, or at once where it holds. */
export async function connect(
  core: Asks,
  { target, name, to = BEST, via, hold = false, observe = false }: NewLink
): Promise<string> {
  const wish = { port: { target }, to, hold, wait: true, ...(via && { via }), ...(observe && { observe }) }
  const { id } = await core.call('link.add', name === undefined ? wish : { ...wish, name })
  return id
}

/** For the terminal of the page and for who only watches: the port is for no program, so it needs no more than the least one. */
export function onlySeen(platform: string | undefined): Pick<NewLink, 'to'> {
  return { to: platform === 'win32' ? BEST : 'pty:' }
}

/**
 * Without any virtual port: the far port is one of this computer's own, for its terminal, and with `isAddressed` for programs that take an
 * address of this computer. Answers its id.
 */
export async function bringHere(
  core: Asks,
  { target, name }: Pick<NewLink, 'target'> & { readonly name: string },
  isAddressed: boolean
): Promise<string> {
  const settings = await core.call('settings.read', {})
  const listen = isAddressed ? [`rfc2217://${LOCAL}:${freePort(settings)}`] : []
  const { id } = await core.call('share.add', { port: { target }, name, listen, announce: false, wait: true })
  return id
}

/** For the chip of its settings, and the editor. */
export function lineDesk(core: Asks, link: BridgeState): LineDesk {
  const { id, name, state, carried } = link
  const capabilities: Capabilities | undefined = carried && {
    settings: new Set(carried.settings),
    control: new Set(carried.control),
    modem: new Set(carried.modem)
  }
  return {
    name,
    settings: settingsOf(link),
    setBy: originWords(link.setBy),
    capabilities,
    lines: state.type === 'open' ? state.lines : undefined,
    onapply: async (wish: LineWish): Promise<LineSettings> => {
      const { settings } = await core.call('line.apply', { id, wish })
      return { ...DEFAULT_SETTINGS, ...settings }
    },
    oncontrol: (wish: Partial<Pick<ControlLines, 'dtr' | 'rts'>>) =>
      core.call('line.control', { id, ...wish }),
    onbreak: () => core.call('line.break', { id, ms: BREAK_MS })
  }
}

const LOOK_MS = 100

/** Resolves when the far side told how the link stands there with the control; rejects with the signal's reason. */
export async function whenKnown(
  core: Pick<Core, 'tree'>,
  id: string,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  while (core.tree.bridges[id]?.far?.type !== 'known') await sleep(clock, LOOK_MS, signal)
}

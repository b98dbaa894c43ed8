/** What a person does with a link, as commands to the core. Each rejects with the core's Fault. */
import { sleep, type Clock } from '../../src-main/base/clock.ts'
import type { Core } from '../core.svelte.ts'
import type { Capabilities, ControlLines, LineSettings, LineWish } from '../../src-main/contract/line.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import type { LineDesk } from '../parts/line-desk.ts'
import { originWords, settingsOf } from './links.ts'

/** Of the button, in ms. */
const BREAK_MS = 250

/** A virtual port of Farport's own folder; with a path behind it, there. */
const PTY = 'pty:'

type Asks = Pick<Core, 'call'>

export interface NewLink {
  readonly target: string
  /** Absent: named by the core. */
  readonly name?: string
  /** Where programs find it: a full path; empty: in a folder of Farport's own. */
  readonly path?: string
  /** Stay connected while no program uses it. */
  readonly hold?: boolean
  /** Only watch; a paired computer can be asked for control later. */
  readonly observe?: boolean
}

/** Answers its id. It is there at once, and connects when a program opens it, or at once where it holds. */
export async function connect(
  core: Asks,
  { target, name, path = '', hold = false, observe = false }: NewLink
): Promise<string> {
  const wish = { port: { target }, to: `${PTY}${path}`, hold, wait: true, ...(observe && { observe }) }
  const { id } = await core.call('link.add', name === undefined ? wish : { ...wish, name })
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

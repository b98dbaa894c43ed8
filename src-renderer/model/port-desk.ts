/**
 * What a person does with a row of "This computer", as commands to the core. A port that was never shared gets an entry in the settings,
 * switched off, with the first thing that is to be remembered about it. Everything rejects with the core's Fault.
 */
import type { Core } from '../core.svelte.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import {
  DEFAULT_SETTINGS,
  type ControlLines,
  type LineSettings,
  type LineWish
} from '../../src-main/contract/line.ts'
import { profileOf, type ResetName } from '../../src-main/contract/reset.ts'
import { shareCalled, type Settings, type ShareEntry } from '../../src-main/contract/settings.ts'
import { words } from '../words/words.ts'
import type { Row } from './rows.ts'

/** A break of the button, in ms: SysRq, monitors of boards and routers take it for one. */
const BREAK_MS = 250

/** What there is to say of a row to act on it. */
type Acted = Pick<Row, 'name' | 'target' | 'share'>

type Wish = Partial<Pick<ControlLines, 'dtr' | 'rts'>>

export class PortDesk {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Switched off, its settings stay. */
  async share({ share, name, target }: Acted, on: boolean): Promise<void> {
    if (share) await this.#core.call('entry.enable', { id: share.id, enabled: on })
    else if (on) await this.#core.call('share.add', { name, port: { target } })
  }

  async rename(row: Acted, name: string): Promise<void> {
    if (!row.share) await this.#core.call('share.add', { name, enabled: false, port: { target: row.target } })
    else await this.change(row.share.id, (entry) => ({ ...entry, name }))
  }

  /** Answers what is in force then, or will be. */
  async apply(row: Acted, wish: LineWish): Promise<LineSettings> {
    const id = await this.entryOf(row)
    const { settings } = await this.#core.call('line.apply', { id, wish })
    return { ...DEFAULT_SETTINGS, ...settings }
  }

  async control(id: string, wish: Wish): Promise<void> {
    await this.#core.call('line.control', { id, ...wish })
  }

  async sendBreak(id: string): Promise<void> {
    await this.#core.call('line.break', { id, ms: BREAK_MS })
  }

  /** A port that is open is reset where it is, whoever uses it; another one is opened for it. */
  async reset({ share, target }: Acted, name: ResetName): Promise<void> {
    if (share?.state.type !== 'open') await this.#core.call('reset', { port: { target }, sequence: name })
    else
      for (const { dtr, rts, break: isBreak, waitMs = 0 } of profileOf(name).steps) {
        const wish = { ...(dtr !== undefined && { dtr }), ...(rts !== undefined && { rts }) }
        if (isBreak === true) await this.#core.call('line.break', { id: share.id, ms: waitMs || BREAK_MS })
        else if (Object.keys(wish).length > 0) await this.control(share.id, wish)
        if (waitMs > 0 && isBreak !== true) await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
  }

  /** Out of the settings, with everything that was said about it. */
  async remove(id: string): Promise<void> {
    await this.#core.call('entry.remove', { id })
  }

  /** The settings as they are now, with the share changed in them. */
  async change(id: string, how: (entry: ShareEntry, settings: Settings) => ShareEntry): Promise<void> {
    const settings = await this.#core.call('settings.read', {})
    const entry = shareCalled(settings, id)
    if (!entry) throw new Fault('usage', words.drawer.gone)
    await this.#core.call('share.change', how(entry, settings))
  }

  /** The id of the share; where there is none, one is made that is switched off. */
  async entryOf({ share, name, target }: Acted): Promise<string> {
    if (share) return share.id
    const { id } = await this.#core.call('share.add', { name, enabled: false, port: { target } })
    return id
  }
}

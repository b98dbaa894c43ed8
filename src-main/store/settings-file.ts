/**
 * The settings file: what is in force, on the disk and in memory. Called by core, which acts on the changes; never acts on any
 * itself. One process has it at a time; people may edit it meanwhile.
 */
import { dirname } from 'node:path'
import { systemClock, type Clock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { Settings } from '../contract/settings.ts'
import { broken } from './file-faults.ts'
import { firstReading, keepCopy } from './first-reading.ts'
import { FolderWatch } from './folder-watch.ts'
import {
  privateFolder,
  putAside,
  readPrivate,
  realPath,
  removeLeftovers,
  writePrivate
} from './private-file.ts'
import type { SettingsPlace } from './settings-place.ts'
import { checkSettings, formatSettings, readSettings } from './settings-text.ts'

export type Change = (settings: Settings) => Settings

export interface SettingsFileOptions {
  readonly place: SettingsPlace
  /** Gets what went wrong and was lived with: a broken file, a copy that could not be kept. One line each. */
  readonly report: (fault: Fault) => void
  readonly clock?: Clock
}

interface Waiting {
  readonly change: Change
  readonly resolve: (settings: Settings) => void
  readonly reject: (fault: unknown) => void
}

export class SettingsFile {
  readonly #path: string
  readonly #ownFolder: boolean
  readonly #report: (fault: Fault) => void
  readonly #watch: FolderWatch
  readonly #changes = new Emitter<Settings>()
  readonly #mendings = new Emitter<void>()
  #settings: Settings
  /** What was last read or written as good; undefined: what is on the disk is not. */
  #text: string | undefined
  /** What was last found broken, so that each mistake is told once. */
  #told: string | undefined
  #waiting: Waiting[] = []
  /** Reading and writing, one after the other. Never rejects. */
  #turn: Promise<void> = Promise.resolve()
  #closed = false

  /** Somebody changed the file: what is in force from now on. Not for `update`, whose caller knows. */
  readonly onChange = this.#changes.event
  /** What was told to be wrong with the file is not so any more. */
  readonly onMended = this.#mendings.event

  private constructor(options: SettingsFileOptions, settings: Settings, text: string | undefined) {
    this.#path = options.place.path
    this.#ownFolder = options.place.ownFolder
    this.#report = options.report
    this.#settings = settings
    this.#text = text
    this.#watch = new FolderWatch({
      clock: options.clock ?? systemClock,
      onChange: () => void this.#inTurn(() => this.#refresh()),
      onFailure: (error) =>
        this.#report(
          new Fault(
            'settings-access',
            `Changes of ${this.#path} are not noticed by themselves (the system cannot watch it). Send SIGHUP after a change.`,
            error
          )
        )
    })
  }

  /**
   * Reads the file; there is none: the defaults; it is broken: the last good one, and `report` is told. Rejects with
   * `settings-access` (open to others, or theirs) and `settings-newer`.
   */
  static async open(options: SettingsFileOptions): Promise<SettingsFile> {
    const { place, report } = options
    const real = await realPath(place.path)
    await checkFolders(place.path, real, place.ownFolder).catch((error: unknown) => {
      const fault = toFault(error)
      if (fault.code !== 'settings-unwritable') throw fault
      report(fault)
    })
    await removeLeftovers(real)
    const { settings, text } = await firstReading(real, report)
    const file = new SettingsFile(options, settings, text)
    file.#watch.watch([place.path, real])
    // What was written before there was a watch.
    if (text !== undefined) await file.#inTurn(() => file.#refresh())
    return file
  }

  get path(): string {
    return this.#path
  }

  get settings(): Settings {
    return this.#settings
  }

  /**
   * Changes the settings, on the disk first. `change` gets a copy of what is in force, with anything that was edited meanwhile,
   * and answers what shall be. Several that come at once are written once. Rejects with what `change` throws, with `usage` where
   * the result fits no schema, and with `settings-unwritable`, `settings-access` or `settings-newer`: then all is as it was.
   */
  update(change: Change): Promise<Settings> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Fault('bug', 'The settings file is closed. Please report it.'))
        return
      }
      this.#waiting.push({ change, resolve, reject })
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#write())
    })
  }

  /** Reads the file again, as at SIGHUP. A broken one is told to `report`, and changes nothing. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      this.#told = undefined
      await this.#refresh()
    })
  }

  /** Updates that wait are still written. Safe to call again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#watch.dispose()
    await this.#inTurn(() => Promise.resolve())
    this.#changes.dispose()
    this.#mendings.dispose()
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => this.#report(toFault(error)))
    return this.#turn
  }

  /** What somebody changed is in force; what cannot be is told once, and stays on the disk for them to mend. */
  async #refresh(): Promise<void> {
    const had = this.#text !== undefined
    const real = await this.#place()
    const found = await this.#adopt(real)
    if (found === 'good' || (found === 'gone' && !had)) return
    const trouble =
      found === 'gone' ? broken(real, 'it is gone; the next change of settings writes it anew') : found
    if (trouble.message === this.#told) return
    this.#told = trouble.message
    this.#report(new Fault(trouble.code, `${trouble.message} What was in force stays.`, trouble))
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      const real = await this.#place()
      await checkFolders(this.#path, real, this.#ownFolder)
      const found = await this.#adopt(real)
      const { settings, done } = applied(this.#settings, waiting)
      const text = formatSettings(settings)
      if (done.length > 0 && text !== this.#text) {
        if (found instanceof Fault) await this.#makeWay(real, found)
        await writePrivate(real, text)
        this.#text = text
        this.#settings = settings
        await keepCopy(real, text, this.#report)
      }
      for (const { resolve } of done) resolve(this.#settings)
    } catch (error) {
      for (const { reject } of waiting) reject(toFault(error))
    }
  }

  /** Where links lead by now; watched from before it is read, so that nothing is missed in between. */
  async #place(): Promise<string> {
    const real = await realPath(this.#path)
    this.#watch.watch([this.#path, real])
    return real
  }

  /** Takes over what is on the disk, or answers why it cannot be taken. */
  async #adopt(real: string): Promise<'good' | 'gone' | Fault> {
    try {
      const text = await readPrivate(real)
      if (text === undefined) {
        this.#text = undefined
        return 'gone'
      }
      if (text !== this.#text) {
        const { settings } = readSettings(text, real)
        const changed = formatSettings(settings) !== formatSettings(this.#settings)
        this.#text = text
        this.#settings = settings
        await keepCopy(real, text, this.#report)
        if (changed) this.#changes.fire(settings)
      }
      if (this.#told !== undefined) this.#mendings.fire()
      this.#told = undefined
      return 'good'
    } catch (error) {
      return toFault(error)
    }
  }

  /** What somebody is in the middle of editing is never written over. */
  async #makeWay(real: string, trouble: Fault): Promise<void> {
    if (trouble.code !== 'settings-broken') throw trouble
    const aside = await putAside(real)
    const fate = `It was put aside as ${aside}, since the settings changed meanwhile.`
    this.#report(new Fault(trouble.code, `${trouble.message} ${fate}`, trouble))
  }
}

/** Folders that are missing are made. A link may lead to where others look, but not where they write. */
async function checkFolders(path: string, real: string, ownFolder: boolean): Promise<void> {
  await privateFolder(dirname(path), ownFolder)
  if (dirname(real) !== dirname(path)) await privateFolder(dirname(real), false)
}

/** All changes, one on the other; one that fails is left out, and its caller told. */
function applied(settings: Settings, waiting: readonly Waiting[]): { settings: Settings; done: Waiting[] } {
  const done: Waiting[] = []
  let result = settings
  for (const each of waiting) {
    try {
      result = checkSettings(each.change(structuredClone(result)))
      done.push(each)
    } catch (error) {
      each.reject(error)
    }
  }
  return { settings: result, done }
}

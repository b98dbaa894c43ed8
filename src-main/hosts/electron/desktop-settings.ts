/**
 * What the app remembers for itself beside Farport's settings: `window.json` in the folder of the installation. What cannot be read is as
 * good as new, and what cannot be written is told: nothing here is worth a window that does not open.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { toFault } from '../../contract/faults.ts'
import { readPrivate, writePrivate } from '../../store/private-file.ts'

const whole = v.pipe(v.number(), v.safeInteger())

const place = v.object({ x: whole, y: whole, width: whole, height: whole, isMaximized: v.boolean() })

const schema = v.object({
  place: v.exactOptional(place),
  /** Of the monitor in a window of its own that was closed last. */
  monitorPlace: v.exactOptional(place),
  /** The computer does not fall asleep while a port is in use. */
  keepAwake: v.optional(v.boolean(), true)
})
export type DesktopSettings = v.InferOutput<typeof schema>
export type WindowPlace = NonNullable<DesktopSettings['place']>

const FRESH: DesktopSettings = v.parse(schema, {})

export class DesktopFile {
  readonly #path: string
  readonly #report: (text: string) => void
  #settings: DesktopSettings
  #row: Promise<void> = Promise.resolve()

  private constructor(path: string, report: (text: string) => void, settings: DesktopSettings) {
    this.#path = path
    this.#report = report
    this.#settings = settings
  }

  /** `folder`: there, and the owner's alone. Never rejects. */
  static async open(folder: string, report: (text: string) => void): Promise<DesktopFile> {
    const path = join(folder, 'window.json')
    try {
      const text = await readPrivate(path)
      const settings = text === undefined ? FRESH : v.parse(schema, JSON.parse(text))
      return new DesktopFile(path, report, settings)
    } catch (error) {
      report(`${path} begins anew: ${toFault(error).message}`)
      return new DesktopFile(path, report, FRESH)
    }
  }

  get settings(): DesktopSettings {
    return this.#settings
  }

  /** Resolves when all that was changed is on the disk, or cannot be. Never rejects. */
  get saved(): Promise<void> {
    return this.#row
  }

  /** In force at once; resolves when it is on the disk, or cannot be. Never rejects. */
  change(change: Partial<DesktopSettings>): Promise<void> {
    const before = JSON.stringify(this.#settings)
    this.#settings = { ...this.#settings, ...change }
    const text = JSON.stringify(this.#settings)
    if (text === before) return this.#row
    this.#row = this.#row.then(() =>
      writePrivate(this.#path, `${text}\n`).catch((error: unknown) => this.#report(toFault(error).message))
    )
    return this.#row
  }
}

/**
 * The folder of captures: files by their names alone, so that nobody who may name one reaches anything else. What lies over a serial line
 * may be a password: the folder is for its owner alone, and so is each file. Called by captures.ts and by the page's host.
 */
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, readdir, unlink, type FileHandle } from 'node:fs/promises'
import { extname, join } from 'node:path'
import * as v from 'valibot'
import { READABLE_ENDINGS } from '../../capture/files/file-reader.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import {
  CAPTURE_EXTENSIONS,
  CAPTURE_FORMATS,
  captureNameSchema,
  MAX_CAPTURE_FILES,
  MAX_CAPTURE_NAME,
  type CaptureFileState,
  type CaptureFormatName
} from '../../contract/recording.ts'
import { byName } from '../../base/natural-order.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Names of one form: NAME.csv, NAME-2.csv, … */
const MAX_TRIES = 1000

/** Read through links it would not be a file of this folder. */
const NO_LINKS = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW

const READABLE: ReadonlySet<string> = new Set(READABLE_ENDINGS)

export interface NewFile {
  readonly name: string
  readonly handle: FileHandle
}

export class CapturesFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Where a file of that name is. Throws `usage` for what is no name. */
  place(name: string): string {
    const checked = v.safeParse(captureNameSchema, name)
    if (checked.success) return join(this.path, checked.output)
    throw new Fault('usage', `${JSON.stringify(name)}: ${checked.issues[0].message}.`)
  }

  /** The newest first; empty where there is no folder yet. */
  async list(): Promise<readonly CaptureFileState[]> {
    const names = await readdir(this.path).catch(() => [])
    const files = await Promise.all(names.map((name) => this.#look(name)))
    return files
      .filter((each) => each !== undefined)
      .sort((a, b) => b.time - a.time || byName(a, b))
      .slice(0, MAX_CAPTURE_FILES)
  }

  /**
   * Makes a file that is not there yet: of that name, or where `isOurs` and it is taken, with a number behind it. Rejects with `path-taken`, or
   * `file-unusable` and the system's word.
   */
  async create(name: string, isOurs: boolean): Promise<NewFile> {
    await mkdir(this.path, { recursive: true, mode: FOLDER_MODE }).catch((error: unknown) =>
      this.#fail(error, this.path)
    )
    for (let number = 1; number <= (isOurs ? MAX_TRIES : 1); number++) {
      const tried = numbered(name, number)
      const path = this.place(tried)
      try {
        return { name: tried, handle: await open(path, 'wx', FILE_MODE) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') this.#fail(error, path)
      }
    }
    throw taken(name)
  }

  /** To be read; the caller closes it. Rejects with `usage` where there is none. */
  async open(name: string): Promise<FileHandle> {
    const path = this.place(name)
    let handle: FileHandle | undefined
    try {
      handle = await open(path, constants.O_RDONLY | NO_LINKS)
      if ((await handle.stat()).isFile()) return handle
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ELOOP') this.#fail(error, path)
    }
    await handle?.close()
    throw missing(name)
  }

  /** Never over another one. */
  async rename(name: string, to: string): Promise<void> {
    const [from, target] = [this.place(name), this.place(to)]
    await this.#isFile(name)
    try {
      // Unlike a rename, it fails where the new name is taken.
      await link(from, target)
      await unlink(from)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(to)
      this.#fail(error, from)
    }
  }

  async remove(name: string): Promise<void> {
    const path = this.place(name)
    await this.#isFile(name)
    await unlink(path).catch((error: unknown) => this.#fail(error, path))
  }

  async #isFile(name: string): Promise<void> {
    if (!(await this.#look(name))) throw missing(name)
  }

  async #look(name: string): Promise<CaptureFileState | undefined> {
    if (!v.is(captureNameSchema, name)) return undefined
    try {
      const stats = await lstat(join(this.path, name))
      if (!stats.isFile()) return undefined
      const readable = READABLE.has(extname(name).toLowerCase())
      return { name, bytes: stats.size, time: stats.mtimeMs, format: formatOf(name), readable }
    } catch {
      // It went away meanwhile.
      return undefined
    }
  }

  #fail(error: unknown, path: string): never {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw toFault(error)
    throw new Fault(
      'file-unusable',
      `${path} cannot be used (${message}). See the rights of the folder, and whether the disk is full.`,
      error
    )
  }
}

/** As its ending says. */
export function formatOf(name: string): CaptureFormatName | 'unknown' {
  const ending = extname(name).toLowerCase()
  return CAPTURE_FORMATS.find((format) => CAPTURE_EXTENSIONS[format] === ending) ?? 'unknown'
}

/** Made of what a person called it: `GPS 2026-11-21 14.02.37.pcapng`. */
export function captureName(of: string, format: CaptureFormatName, time: Date, direction?: string): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join('.')
  const plain = of.replaceAll(/[\p{Cc}/\\:*?"<>|]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
  const way = direction === undefined ? '' : ` ${direction}`
  return `${plain.slice(0, 100) || 'capture'} ${date} ${clock}${way}${CAPTURE_EXTENSIONS[format]}`
}

/** `NAME.csv` of `NAME.pcapng`. */
export function exportedName(of: string, format: CaptureFormatName, direction?: string): string {
  const ending = CAPTURE_EXTENSIONS[format]
  const way = direction === undefined ? '' : ` ${direction}`
  return `${of.slice(0, of.length - extname(of).length).slice(0, MAX_CAPTURE_NAME - 40)}${way}${ending}`
}

/** `NAME.csv`, `NAME-2.csv`, … */
export function numbered(name: string, number: number): string {
  if (number === 1) return name
  const ending = extname(name)
  const suffix = `-${number}`
  return `${name.slice(0, name.length - ending.length).slice(0, MAX_CAPTURE_NAME - 20)}${suffix}${ending}`
}

function taken(name: string): Fault {
  return new Fault('path-taken', `There is a capture called ${name} already: choose another name.`)
}

function missing(name: string): Fault {
  return new Fault('usage', `There is no capture called ${name}. See the list of captures.`)
}

/**
 * The name under which programs find a PTY: a symbolic link to `/dev/pts/N`, and a note of ours that we made it. Called by
 * pty-source.ts. Never replaces a file, a device or a link that is not ours.
 *
 * The number N says nothing about whose PTY it is: after a crash the kernel gives it to the next terminal window. So each
 * link is noted in a private directory, with its target and the process that made it. A link that exists already gives way
 * only where
 * - a note names just this link and this target, and the process that made it is gone; or
 * - it points to a /dev/pts/N that does not exist, and no live process noted it: nobody can use it, whoever made it.
 */
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from '../os/libc.ts'
import { isAlive, processIdentity } from '../os/process-identity.ts'

const noteSchema = v.object({
  link: v.string(),
  target: v.string(),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  started: v.string()
})
type Note = v.InferOutput<typeof noteSchema>

/** One link in use; `remove` ends it. */
export class PtyLink {
  readonly #link: string
  readonly #notes: string
  #target: string
  #note: string

  private constructor(link: string, target: string, notes: string, note: string) {
    this.#link = link
    this.#target = target
    this.#notes = notes
    this.#note = note
  }

  /**
   * Makes the link, at once and never over another file. `notes`: the private directory for our notes, made when absent.
   * Throws `usage` (no such directory), `path-taken`, `device-permission`.
   */
  static place(link: string, target: string, notes: string): PtyLink {
    const path = join(realDirectory(dirname(resolve(link))), basename(link))
    mkdirSync(notes, { recursive: true, mode: 0o700 })
    removeStaleLinks(notes)
    makeRoom(path, notes)
    const note = writeNote(path, target, notes)
    try {
      symlinkSync(target, path)
    } catch (error) {
      rmSync(note, { force: true })
      if (isSystemError(error, 'EEXIST')) throw taken(path, 'another program just took it')
      throw refused(path, error)
    }
    return new PtyLink(path, target, notes, note)
  }

  /** Lets it point to another PTY, without a moment in which it is not there. Nothing where it is no longer ours. */
  pointTo(target: string): void {
    if (!pointsTo(this.#link, this.#target)) return
    // A crash before the rename leaves a link to a PTY that went with us: stale by the second rule.
    this.#note = writeNote(this.#link, target, this.#notes)
    const beside = `${this.#link}.${process.pid}`
    symlinkSync(target, beside)
    renameSync(beside, this.#link)
    this.#target = target
  }

  /** Removes it, unless somebody put another thing in its place. Idempotent; never throws. */
  remove(): void {
    try {
      unlinkIfPointingTo(this.#link, this.#target)
      rmSync(this.#note, { force: true })
    } catch {
      // The directory was made read-only meanwhile: the note stays too, so the next start tries again.
    }
  }
}

/** Removes the links that processes of ours left behind when they died. Links that cannot be removed keep their note. */
export function removeStaleLinks(notes: string): void {
  const all = readNotes(notes)
  const alive = all.filter(({ note }) => isAlive(note))
  for (const { file, note } of all) {
    if (alive.some((each) => each.file === file)) continue
    try {
      // A successor may have made the same link, even to the same number.
      if (!alive.some((each) => each.note.link === note.link)) unlinkIfPointingTo(note.link, note.target)
      rmSync(file, { force: true })
    } catch (error) {
      if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw error
    }
  }
}

function makeRoom(path: string, notes: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isSymbolicLink()) throw taken(path, 'it is no link of ours')
  const owner = readNotes(notes).find(({ note }) => note.link === path)
  if (owner) throw taken(path, `Farport, process ${owner.note.pid}, uses it`)
  const target = readlinkSync(path)
  const dangling = /^\/dev\/pts\/\d+$/.test(target) && !statSync(target, { throwIfNoEntry: false })
  if (!dangling) throw taken(path, `it is a link to ${target}`)
  try {
    unlinkIfPointingTo(path, target)
  } catch (error) {
    throw refused(path, error)
  }
}

function unlinkIfPointingTo(link: string, target: string): void {
  if (pointsTo(link, target)) unlinkSync(link)
}

function pointsTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target
  } catch (error) {
    // Gone, or no link any more: nothing of ours is left there.
    if (isSystemError(error, 'ENOENT', 'EINVAL', 'ENOTDIR')) return false
    throw error
  }
}

function writeNote(link: string, target: string, notes: string): string {
  const { pid, started } = processIdentity(process.pid) ?? { pid: process.pid, started: '' }
  const note: Note = { link, target, pid, started }
  // The process in the name: of two that want the same link, the loser takes back only its own note.
  const key = createHash('sha256').update(link).digest('hex').slice(0, 16)
  const file = join(notes, `${key}-${pid}.json`)
  writeFileSync(`${file}.new`, JSON.stringify(note), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return file
}

function readNotes(notes: string): { readonly file: string; readonly note: Note }[] {
  return readdirSync(notes)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = join(notes, name)
      const note = readNote(file)
      return note ? [{ file, note }] : []
    })
}

function readNote(file: string): Note | undefined {
  try {
    const { success, output } = v.safeParse(noteSchema, JSON.parse(readFileSync(file, 'utf8')))
    return success ? output : undefined
  } catch (error) {
    // Removed by its process meanwhile, or no JSON: then it speaks for no link.
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

function realDirectory(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) throw error
    throw new Fault('usage', `There is no directory ${path}. Make it with: mkdir -p ${path}`, error)
  }
}

function taken(path: string, why: string): Fault {
  return new Fault('path-taken', `${path} is taken: ${why}. Choose another name, or remove it first.`)
}

function refused(path: string, error: unknown): unknown {
  if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return error
  const where = dirname(path)
  return new Fault(
    'device-permission',
    `You may not make links in ${where}. Choose a directory of yours, or run as root.`,
    error
  )
}

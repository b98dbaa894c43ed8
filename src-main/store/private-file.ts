/**
 * Files that are for their owner alone, read and written so that a crash, a full disk or another user never leave half of one.
 * Modes and owners are checked where the system has them.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  type FileHandle
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from '../os/libc.ts'
import { broken, foreign, mended, unreadable, unwritable } from './file-faults.ts'
import { untilFree } from './held-file.ts'

/** Settings of a thousand shares are one megabyte; what is larger is something else. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024

/** As the kernel: more links in a row are a circle. */
const MAX_LINKS = 40

/** Something that a crash left; younger ones may be another process's, being written. */
const LEFTOVER_MS = 10 * 60_000

const OTHERS = 0o077
const OTHERS_WRITE = 0o022
const STICKY = 0o1000

/** Where symbolic links lead, whether or not a file is there: who keeps settings elsewhere wants them written there. */
export async function realPath(path: string): Promise<string> {
  let real = path
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      real = resolve(dirname(real), await readlink(real))
    } catch (error) {
      if (isSystemError(error, 'EINVAL', 'ENOENT')) return real // no link; not there
      if (isSystemError(error, 'EACCES')) throw unreadable(path, error)
      return real // what is wrong with it, reading tells
    }
  }
  throw mended(`${path} is a link that leads in a circle`, 'rm', path)
}

/**
 * Makes the folder with mode 0700 where it is missing, and checks that nobody else can write to it, nor look into one of our `own`.
 * `settings-access` names the command that mends it; `settings-unwritable`: it cannot be made.
 */
export async function privateFolder(path: string, own: boolean): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unwritable(path, error)
  }
  const { mode, uid } = await stat(path)
  if (!process.getuid) return
  if (own && uid !== process.getuid()) throw foreign(path, uid)
  if (own && mode & OTHERS) throw mended(`${path} is open to other users`, 'chmod 700', path)
  if (mode & OTHERS_WRITE && !(mode & STICKY))
    throw mended(`Other users may write to ${path}`, 'chmod go-w', path)
}

/**
 * The text of a file; undefined: there is none. `settings-access`: its mode or owner, with the command that mends it;
 * `settings-broken`: it is no text, or cannot be read.
 */
export async function readPrivate(path: string): Promise<string | undefined> {
  let handle: FileHandle
  try {
    // Non-blocking: a pipe would wait for a writer. (Windows has no such flag, and takes undefined for none.)
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw unreadable(path, error)
  }
  try {
    const stats = await handle.stat()
    const { mode, uid, size } = stats
    if (!stats.isFile()) throw new Fault('settings-access', `${path} is no file. Move it away.`)
    if (process.getuid) {
      if (uid !== process.getuid()) throw foreign(path, uid)
      if (mode & OTHERS) throw mended(`${path} is open to other users`, 'chmod 600', path)
    }
    if (size > MAX_FILE_BYTES) throw broken(path, `it is larger than settings ever are (${size} bytes)`)
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile())
  } catch (error) {
    if (error instanceof Fault) throw error
    if (error instanceof TypeError) throw broken(path, 'it is no UTF-8 text', error)
    throw unreadable(path, error)
  } finally {
    await handle.close()
  }
}

/**
 * Either the whole text is there afterwards, on the disk itself, or the file is as it was and `settings-unwritable` says why. Its
 * mode is 0600.
 */
export async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp-${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await untilFree(() => rename(temporary, path))
    await syncFolder(dirname(path))
  } catch (error) {
    // It may never have been made. What cannot be removed now is removed at a start.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw unwritable(path, error)
  }
}

/** Gives a file a second name beside it, that nothing has; answers that. `settings-unwritable`. */
export async function putAside(path: string, now = new Date()): Promise<string> {
  const stem = `${path}.broken-${now.toISOString().slice(0, 19).replaceAll(':', '-')}`
  for (let number = 1; ; number++) {
    const aside = number === 1 ? stem : `${stem}-${number}`
    try {
      await link(path, aside).catch((error: unknown) => {
        // FAT, and some network file systems, have no second names.
        if (isSystemError(error, 'EPERM', 'ENOTSUP', 'ENOSYS'))
          return copyFile(path, aside, constants.COPYFILE_EXCL)
        throw error
      })
      await syncFolder(dirname(path))
      return aside
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw unwritable(aside, error)
    }
  }
}

/** Removes what a crash left of `writePrivate`. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix) || !/\.tmp-[0-9a-f]{12}$/.test(name)) continue
    const leftover = join(folder, name)
    // Litter that cannot be removed does no harm.
    const { mtimeMs } = await stat(leftover).catch(() => ({ mtimeMs: Infinity }))
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(leftover, { force: true }).catch(() => undefined)
  }
}

/** A rename is on the disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // has no such thing
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network and FUSE file systems cannot.
    if (!isSystemError(error, 'EINVAL', 'ENOTSUP')) throw error
  } finally {
    await handle.close()
  }
}

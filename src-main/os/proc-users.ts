/**
 * Who has a device open, asked from /proc. Called by ports/list-ports, and by whoever finds a port busy. Processes of other
 * users are invisible to an ordinary user and left out; nothing here throws or opens the device.
 */
import { readlinkSync } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { PortUser } from '../contract/state.ts'
import { cleanText, namesIn, readAttribute, realPath } from './sysfs-tree.ts'

/** Processes looked at side by side: enough to keep the four threads of libuv's pool busy. */
const AT_ONCE = 16

/** Descriptors looked at per process: a server with 100,000 sockets must not hold up the list. */
const MAX_DESCRIPTORS = 4096

/** Descriptors read before the event loop gets its turn, about 0.2 ms. */
const BATCH = 64

/** Kernel device majors of PTY slaves (UNIX98): their numbers are unique only within one mount of devpts. */
const isPtyMajor = (rdev: number): boolean => {
  const major = (rdev >>> 8) & 0xfff
  return major >= 136 && major <= 143
}

/** What runs a script names little by itself. */
const INTERPRETER = /^(python[\d.]*|node|perl|ruby|bash|sh|dash)$/

interface Wanted {
  readonly path: string
  readonly real: string
  /** 0 where it is no device: then only the path can be compared. */
  readonly rdev: number
  readonly dev: number
}

/** Answers who has each of these paths open, by ascending pid; a path without users is not in the map. */
export async function portUsers(
  paths: readonly string[],
  procRoot = '/proc'
): Promise<ReadonlyMap<string, readonly PortUser[]>> {
  const wanted = (await Promise.all(paths.map(toWanted))).filter((each) => each !== undefined)
  const users = new Map<string, PortUser[]>()
  if (wanted.length === 0) return users
  const pids = (await namesIn(procRoot)).filter((name) => /^\d+$/.test(name)).sort((a, b) => +a - +b)
  const held = new Map<string, ReadonlySet<string>>()
  const queue = pids.values()
  const look = async (): Promise<void> => {
    for (const pid of queue) {
      const open = await heldBy(join(procRoot, pid, 'fd'), wanted)
      if (open.size > 0) held.set(pid, open)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, look))
  for (const pid of pids) {
    const open = held.get(pid)
    if (open === undefined) continue
    const user = { pid: Number(pid), command: await commandOf(join(procRoot, pid)) }
    for (const path of open) users.set(path, [...(users.get(path) ?? []), user])
  }
  return users
}

async function toWanted(path: string): Promise<Wanted | undefined> {
  const real = await realPath(path)
  if (real === undefined) return undefined
  try {
    const { rdev, dev } = await stat(real)
    return { path, real, rdev, dev }
  } catch {
    return undefined // unplugged since: nobody can be shown
  }
}

/** Which of the wanted paths one process has open. */
async function heldBy(directory: string, wanted: readonly Wanted[]): Promise<ReadonlySet<string>> {
  const open = new Set<string>()
  try {
    const names = (await readdir(directory)).slice(0, MAX_DESCRIPTORS)
    for (const [index, name] of names.entries()) {
      if (index % BATCH === BATCH - 1) await setImmediate()
      const link = join(directory, name)
      // Answered from memory in 2 µs; a trip through the thread pool costs ten times that, for 30,000 descriptors.
      const target = readlinkSync(link)
      // Most are sockets, pipes and files: told by their text, without asking their file system, which may hang.
      if (!target.startsWith('/')) continue
      const byPath = wanted.filter(({ real }) => target === real)
      for (const each of byPath) open.add(each.path)
      if (byPath.length === 0 && target.startsWith('/dev/')) {
        const { rdev, dev } = await stat(link)
        for (const each of wanted) if (sameDevice(each, rdev, dev)) open.add(each.path)
      }
    }
  } catch {
    // Not ours to look into (EACCES), or it ended or closed meanwhile (ENOENT): what was seen until then counts.
  }
  return open
}

/** The same device by number: also after a rename, and under another name in a container. */
function sameDevice(wanted: Wanted, rdev: number, dev: number): boolean {
  return wanted.rdev !== 0 && wanted.rdev === rdev && (!isPtyMajor(rdev) || wanted.dev === dev)
}

/** Node names its first thread so since version 24, and with it the process: its program says more. */
const NODES_THREAD = 'MainThread'

async function nameOf(directory: string): Promise<string> {
  const name = (await readAttribute(directory, 'comm')) ?? 'unknown'
  if (name !== NODES_THREAD) return name
  return basename(await readlink(join(directory, 'exe')).catch(() => name))
}

/**
 * The program's name, `minicom`; with the script behind it where an interpreter runs one, `python3 miniterm.py`. Never
 * the whole command line: passwords stand there, and other computers may see this.
 */
async function commandOf(directory: string): Promise<string> {
  const name = await nameOf(directory)
  let words: string[]
  try {
    words = (await readFile(join(directory, 'cmdline'), 'utf8')).split('\0')
  } catch {
    return name // it ended meanwhile
  }
  const program = basename(words[0] ?? '')
  // The kernel cuts `comm` at 15 characters; programs that rewrite their title leave no file name in the first word.
  const full = /^[\w.+-]+$/.test(program) && program.startsWith(name) ? program : name
  if (!INTERPRETER.test(full)) return full
  const module = words[1] === '-m' ? words[2] : undefined
  const script = module ?? (words[1]?.startsWith('-') === false ? basename(words[1]) : '')
  return cleanText(`${full} ${script}`) ?? full
}

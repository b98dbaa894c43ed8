/**
 * Tells that serial ports may have come, gone or got other rights. Called by ports/hardware-source, and by hosts that show
 * a list. It never says what changed: who listens looks again. Linux: inotify on /dev; elsewhere, or where that fails, a
 * look each second. Keeps no process alive.
 *
 * udev makes the node first, then its rights (an IN_ATTRIB, which fs.watch reports too), then the by-id and by-path links.
 */
import { watch as fsWatch, type FSWatcher } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { type Disposable, Emitter, type Event } from '../base/event.ts'
import { namesIn } from './sysfs-tree.ts'

export interface PortWatch extends Disposable {
  /** Something changed; several changes within 50 ms are told once. */
  readonly onChange: Event<void>
  readonly mode: 'inotify' | 'polling'
}

export interface WatchOptions {
  /** `/dev` when absent. */
  readonly devRoot?: string
  /** More paths to keep an eye on, such as the link that another program makes in a directory of its own. */
  readonly also?: readonly string[]
  readonly clock?: Clock
  /** `polling` to do without inotify. */
  readonly mode?: 'inotify' | 'polling'
}

/** Long enough for one plug-in's nodes, rights and links, short against the second in which a port must be back. */
const SETTLE_MS = 50
const POLL_MS = 1000

/** Kernels before 6.10 report each write to a device in the directory: so many in a second cost more than polling does. */
const FLOOD_EVENTS = 2000

/** Names in /dev that say nothing about ports, however often they are touched. */
const NOISE =
  /^(null|zero|full|u?random|tty\d*|console|ptmx|pts|shm|mqueue|kmsg|vcs.*|loop.*|sd.*|nvme.*|input)$/

/** The kernel driver makes them without udev: their changes come through the master, and each write would be an event. */
const isPts = (path: string): boolean => /^\/dev\/pts(\/|$)/.test(path)

export function watchPorts(options: WatchOptions = {}): PortWatch {
  return process.platform === 'win32' ? new DeferredWatch(options.clock) : new DeviceWatch(options)
}

/** What watches on Windows, loaded there alone. */
class DeferredWatch implements PortWatch {
  readonly mode = 'polling'
  readonly #changed = new Emitter<void>()
  #watch: PortWatch | undefined
  #ended = false

  readonly onChange = this.#changed.event

  constructor(clock: Clock | undefined) {
    void this.#start(clock)
  }

  dispose(): void {
    this.#ended = true
    this.#watch?.dispose()
    this.#changed.dispose()
  }

  async #start(clock: Clock | undefined): Promise<void> {
    const [{ RegistryWatch }, { windowsRegistry }] = await Promise.all([
      import('./win32/registry-watch.ts'),
      import('./win32/registry.ts')
    ])
    if (this.#ended) return
    this.#watch = new RegistryWatch(windowsRegistry(), clock)
    this.#watch.onChange(() => this.#changed.fire())
  }
}

class DeviceWatch implements PortWatch {
  readonly #devRoot: string
  readonly #also: readonly string[]
  readonly #clock: Clock
  readonly #changed = new Emitter<void>()
  readonly #watchers = new Map<string, FSWatcher>()
  #mode: 'inotify' | 'polling'
  #settling: Disposable | undefined
  #polling: Disposable | undefined
  #ended = false
  /** Entries made, removed or renamed since the last settling … */
  #moved = false
  /** … and those that were written to or got other rights: inotify does not tell which. */
  readonly #touched = new Set<string>()
  readonly #known = new Map<string, string>()
  #events = 0
  #countedSinceMs = 0

  readonly onChange = this.#changed.event

  constructor(options: WatchOptions) {
    this.#devRoot = options.devRoot ?? '/dev'
    this.#also = (options.also ?? []).filter((path) => !isPts(path))
    this.#clock = options.clock ?? systemClock
    this.#mode = options.mode ?? (process.platform === 'linux' ? 'inotify' : 'polling')
    if (this.#mode === 'inotify') this.#watchAll()
    else this.#poll()
  }

  get mode(): 'inotify' | 'polling' {
    return this.#mode
  }

  dispose(): void {
    this.#ended = true
    this.#settling?.dispose()
    this.#polling?.dispose()
    this.#closeWatchers()
    this.#changed.dispose()
  }

  #watchAll(): void {
    this.#watch(this.#devRoot, (name) => !NOISE.test(name))
    this.#watchLinks()
    for (const path of this.#also) {
      const directory = dirname(path)
      const names = new Set(
        this.#also.filter((each) => dirname(each) === directory).map((each) => basename(each))
      )
      this.#watch(directory, (name) => names.has(name))
    }
  }

  /** udev makes these directories with the first port and removes them with the last. */
  #watchLinks(): void {
    for (const name of ['serial', 'serial/by-id', 'serial/by-path']) {
      this.#watch(join(this.#devRoot, name), () => true, 'optional')
    }
  }

  #watch(directory: string, matters: (name: string) => boolean, optional?: 'optional'): void {
    if (this.#mode === 'polling' || this.#watchers.has(directory)) return
    try {
      const watcher = fsWatch(directory, { persistent: false }, (type, name) => {
        // The directory itself went: a watch on it is dead, and the next one of that name needs its own.
        if (type === 'rename' && name === basename(directory)) this.#unwatch(directory)
        this.#countEvent()
        if (name === null || matters(name)) this.#note(type, join(directory, name ?? ''))
      })
      watcher.on('error', () => {
        this.#poll()
      })
      this.#watchers.set(directory, watcher)
    } catch {
      // Out of watches (ENOSPC), out of instances (EMFILE), no such directory: look by ourselves.
      if (!optional) this.#poll()
    }
  }

  #unwatch(directory: string): void {
    this.#watchers.get(directory)?.close()
    this.#watchers.delete(directory)
  }

  #closeWatchers(): void {
    for (const directory of [...this.#watchers.keys()]) this.#unwatch(directory)
  }

  #note(type: 'rename' | 'change', path: string): void {
    if (this.#ended) return
    if (type === 'change') this.#touched.add(path)
    else this.#moved = true
    this.#settling ??= this.#clock.after(SETTLE_MS, () => void this.#settle(), 'idle')
  }

  async #settle(): Promise<void> {
    this.#settling = undefined
    const moved = this.#moved
    const touched = [...this.#touched]
    this.#moved = false
    this.#touched.clear()
    this.#watchLinks()
    const altered = await this.#altered(touched)
    if (moved || altered) this.#changed.fire()
  }

  /** Whether one of these got other rights: traffic on a port alone (older kernels report it) is no change. */
  async #altered(paths: readonly string[]): Promise<boolean> {
    let altered = false
    for (const path of paths) {
      const now = await fingerprint(path)
      if (this.#known.get(path) !== now) altered = true
      this.#known.set(path, now)
    }
    return altered
  }

  #countEvent(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#countedSinceMs > 1000) {
      this.#countedSinceMs = nowMs
      this.#events = 0
    }
    if (++this.#events > FLOOD_EVENTS) this.#poll()
  }

  /** From here on: look each second. */
  #poll(): void {
    this.#closeWatchers()
    this.#mode = 'polling'
    if (this.#polling || this.#ended) return
    let before: string | undefined
    let looking = false
    const look = async (): Promise<void> => {
      if (looking) return
      looking = true
      const now = await this.#snapshot()
      looking = false
      // The first one too: what changed before it would be told by nobody.
      if (before !== now) this.#note('rename', this.#devRoot)
      before = now
    }
    this.#polling = this.#clock.every(POLL_MS, () => void look(), 'idle')
    void look()
  }

  /** Everything that could matter as one text: names, and the inode, rights and time of change of each. */
  async #snapshot(): Promise<string> {
    const paths = [...this.#also]
    for (const name of ['', 'serial/by-id', 'serial/by-path']) {
      const directory = join(this.#devRoot, name)
      const names = (await namesIn(directory)).filter((each) => !NOISE.test(each)).sort()
      paths.push(...names.map((each) => join(directory, each)))
    }
    return (await Promise.all(paths.map(fingerprint))).join('\n')
  }
}

/** Changes whenever the node at this path, or the one its link leads to, is another one or got other rights. */
export async function fingerprint(path: string): Promise<string> {
  try {
    const link = await lstat(path)
    const node = link.isSymbolicLink() ? await stat(path) : link
    return `${path} ${link.ino} ${node.ino} ${node.rdev} ${node.mode} ${node.uid}:${node.gid} ${node.ctimeMs}`
  } catch {
    return `${path} -` // not there, or its link leads nowhere
  }
}

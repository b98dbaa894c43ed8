/** `app` of the double: ready, one instance for each folder of user data, and the order of a quit. */
import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

export interface Preventable {
  readonly defaultPrevented: boolean
  preventDefault(): void
}

export function preventable(): Preventable {
  const event = {
    defaultPrevented: false,
    preventDefault: () => void (event.defaultPrevented = true)
  }
  return event
}

/** What `quit` closes first: true where a window stays. */
type Closer = () => boolean

export class DoubleApp extends EventEmitter {
  readonly #paths = new Map<string, string>()
  #ready: () => void = () => undefined
  readonly #becameReady = new Promise<void>((resolve) => (this.#ready = resolve))
  readonly #closers = new Set<Closer>()
  /** A second start is still telling the first one. */
  #telling: Promise<void> = Promise.resolve()
  #isReady = false
  readonly isPackaged = false
  name = 'Electron'

  isReady(): boolean {
    return this.#isReady
  }

  whenReady(): Promise<void> {
    return this.#becameReady
  }

  setName(name: string): void {
    this.name = name
  }

  getAppPath(): string {
    return process.cwd()
  }

  setPath(name: string, path: string): void {
    if (this.#isReady) throw new Error(`the path ${name} has to be set before the app is ready`)
    this.#paths.set(name, path)
  }

  getPath(name: string): string {
    const path = this.#paths.get(name)
    if (path === undefined) throw new Error(`the double has no path ${name}`)
    return path
  }

  /** By a socket in the user data; the first one hears with which arguments others were started. */
  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData')
    mkdirSync(folder, { recursive: true })
    const [lock, socket] = [join(folder, 'double.lock'), join(folder, 'double.sock')]
    if (isHeld(lock)) {
      const words = JSON.stringify(process.argv)
      this.#telling = new Promise((resolve) => {
        const first = connect(socket, () => first.end(words, resolve))
        first.on('error', () => resolve())
      })
      return false
    }
    writeFileSync(lock, String(process.pid))
    rmSync(socket, { force: true })
    createServer((from) => {
      let words = ''
      from.on('data', (bytes) => (words += String(bytes)))
      from.on('end', () => this.emit('second-instance', {}, JSON.parse(words), folder))
    })
      .listen(socket)
      .unref()
    return true
  }

  /** `before-quit`, the windows, `will-quit`, the end; each may say no. */
  quit(): void {
    const before = preventable()
    this.emit('before-quit', before)
    if (before.defaultPrevented) return
    for (const close of [...this.#closers]) if (close()) return
    const will = preventable()
    this.emit('will-quit', will)
    if (!will.defaultPrevented) this.exit(0)
  }

  exit(code = 0): void {
    this.emit('quit', {}, code)
    void this.#telling.then(() => process.exit(code))
  }

  /** Of the double: when the main file has run, as in Electron. */
  becomeReady(): void {
    this.#isReady = true
    this.emit('ready')
    this.#ready()
  }

  /** Of the double: a window. */
  addCloser(closer: Closer): () => void {
    this.#closers.add(closer)
    return () => {
      this.#closers.delete(closer)
      if (this.#closers.size === 0 && !this.emit('window-all-closed')) this.quit()
    }
  }
}

function isHeld(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return true
  } catch {
    return false
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atTestEnd } from './at-test-end.ts'

export const TOP = join(import.meta.dirname, '../..')
export const FARPORT = join(TOP, 'dist/main/farport.js')

/** A Farport that runs on this computer is not the tests' to command: theirs are named by instance.ts. */
const ALONE = { FARPORT_SOCKET: '/dev/null/none' }

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that a test started: its output as it comes, its end. It is ended with the test, by its pid. */
export class Program {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  #stdout = ''
  #stderr = ''
  readonly #waiting = new Set<() => void>()

  constructor(
    command: string,
    args: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}
  ) {
    this.process = spawn(command, args, {
      cwd: options.cwd ?? TOP,
      env: { ...process.env, ...(args[0] === FARPORT && ALONE), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe']
    })
    const take = (add: (text: string) => void) => (bytes: Buffer) => {
      add(bytes.toString('latin1'))
      this.#wake()
    }
    this.process.stdout?.on(
      'data',
      take((text) => (this.#stdout += text))
    )
    this.process.stderr?.on(
      'data',
      take((text) => (this.#stderr += text))
    )
    // A program that ends before it read its input is a result like any other.
    this.process.stdin?.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => {
        resolve({ code: null, signal: null, stdout: this.#stdout, stderr: error.message })
      })
      this.process.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })
        this.#wake()
      })
    })
    atTestEnd(() => this.stop())
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The first match in what the program printed so far or prints from now on; rejects when it ends without. */
  async printed(
    pattern: RegExp,
    where: 'stdout' | 'stderr' = 'stdout',
    timeoutMs = 15_000
  ): Promise<RegExpExecArray> {
    const end = Date.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this[where])
      if (match) return match
      const gone = this.process.exitCode !== null || this.process.signalCode !== null
      if (gone || Date.now() > end)
        throw new Error(`no ${String(pattern)}; stdout: ${this.#stdout}; stderr: ${this.#stderr}`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          this.#waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, 200)
        this.#waiting.add(wake)
      })
    }
  }

  /** Ends it, and waits until it has. Its own children may hold its output open: that is not waited for. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const exited = once(this.process, 'exit')
    this.process.kill(signal)
    const hard = setTimeout(() => this.process.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(hard)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

export function farport(...args: string[]): Program {
  return new Program(process.execPath, [FARPORT, ...args])
}

/** `farport share …`; resolves with the URLs once all accept. */
export async function shared(
  args: readonly string[],
  count = 1,
  env: NodeJS.ProcessEnv = {}
): Promise<{ program: Program; urls: string[] }> {
  const program = new Program(process.execPath, [FARPORT, 'share', ...args], { env })
  await program.printed(new RegExp(`(listening \\S+\\s+){${count}}`))
  return { program, urls: [...program.stdout.matchAll(/listening (\S+)/g)].map((match) => match[1]!) }
}

export function portOf(url: string): number {
  return Number(/:(\d+)$/.exec(url)?.[1])
}

/** A TCP client that keeps what it got. */
export class Client {
  readonly socket: Socket
  #got = Buffer.alloc(0)

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (bytes) => (this.#got = Buffer.concat([this.#got, bytes])))
    this.socket.on('error', () => undefined)
    atTestEnd(() => void this.socket.destroy())
  }

  get got(): Buffer {
    return this.#got
  }
}

/** An empty folder of the test's own, removed with it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'farport-test-'))
  atTestEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

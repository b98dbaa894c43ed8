/**
 * A program that runs as long as its port is open. Called by ports/program. It knows how to start one and how to signal it with
 * all its children, and nothing of ports.
 *
 * - It leads a session and a process group of its own: a Ctrl+C for us does not reach it, and a signal for it reaches its children.
 * - On a terminal it must also get a *controlling* terminal, or it would not learn of a hang-up and could not open /dev/tty. Only a
 *   session's leader gets one, by opening a terminal without O_NOCTTY; Node opens nothing in a child. So /bin/sh, which leads the
 *   session that `detached` makes, opens it and becomes the program by `exec`. That is POSIX, where `setsid --ctty` is util-linux.
 * - Nothing stays behind: when this process ends, by whatever way but SIGKILL, what still runs is killed. After a SIGKILL its
 *   input ends and its terminal hangs up; what heeds neither is ended by program-guard.ts.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Disposable } from '../base/event.ts'
import { guardGroup } from './program-guard.ts'
import { ProgramPipes } from './program-pipes.ts'
import type { ProgramStream } from './program-stream.ts'
import { ProgramTerminal } from './program-terminal.ts'
import { isSystemError } from './libc.ts'

export interface ProgramLaunch {
  /** The executable's path, with a slash in it. */
  readonly path: string
  readonly args: readonly string[]
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** A terminal for all of input, output and errors, instead of a pipe for each. */
  readonly terminal: boolean
}

export interface ProgramEnd {
  /** Exit code; null: `signal` ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export type EndSignal = 'SIGHUP' | 'SIGTERM' | 'SIGKILL'

/** `$0` is the terminal, the rest the program and its arguments: no text of theirs is read as shell. */
const ON_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'

const running = new Set<Program>()
let watching = false

export class Program {
  readonly stream: ProgramStream
  /** Resolves when the program itself ended; its children may live on, and its output may not be read yet. */
  readonly ended: Promise<ProgramEnd>
  /** Resolves when nothing more can come by `onErrors`: it and whoever it gave its standard error to have closed that. */
  readonly silent: Promise<void>
  /** Errors as it says them, in pieces; empty on a terminal. Set before the first turn of the event loop. */
  onErrors: ((piece: Buffer) => void) | undefined
  readonly #child: ChildProcess
  readonly #group: number
  readonly #guard: Disposable

  private constructor(child: ChildProcess, pid: number, stream: ProgramStream) {
    this.#child = child
    this.#group = pid
    this.#guard = guardGroup(pid)
    this.stream = stream
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal })
      })
    })
    child.on('error', () => undefined) // a signal that could not be sent: `signal` answers for that
    this.silent = new Promise((resolve) => {
      if (!child.stderr) resolve()
      child.stderr
        ?.on('data', (piece: Buffer) => this.onErrors?.(piece))
        .on('close', resolve)
        .on('error', () => undefined) // 'close' follows
    })
    running.add(this)
    if (!watching) process.on('exit', killAll)
    watching = true
  }

  get pid(): number {
    return this.#group
  }

  /** Rejects with the system's error (ENOENT, EACCES, ENOEXEC, E2BIG, EAGAIN …), or as ProgramTerminal.open. */
  static start(launch: ProgramLaunch): Promise<Program> {
    return launch.terminal ? onTerminal(launch) : onPipes(launch)
  }

  /** @internal Resolves once the system has started it. */
  static of(child: ChildProcess, stream: ProgramStream): Promise<Program> {
    return new Promise((resolve, reject) => {
      child.once('error', (error) => {
        stream.stop()
        reject(error)
      })
      const { pid } = child
      if (pid !== undefined) resolve(new Program(child, pid, stream))
    })
  }

  /** To it and its children, as many as kept to its group. False: none is left. */
  signal(name: EndSignal): boolean {
    return this.#kill(name)
  }

  /** It or a child of its group is alive. */
  get alive(): boolean {
    return this.#kill(0)
  }

  /** Nothing of its group is left, or is to be waited for: lets go of what was kept for it. Idempotent. */
  release(): void {
    running.delete(this)
    this.#guard.dispose()
    this.stream.stop()
    this.#child.stderr?.destroy()
    // Out of our reach (sudo), it may live longer than we do.
    this.#child.unref()
  }

  #kill(signal: EndSignal | 0): boolean {
    try {
      process.kill(-this.#group, signal)
      return true
    } catch (error) {
      // EPERM: it changed its user (sudo). It is there, and out of our reach.
      return isSystemError(error, 'EPERM')
    }
  }
}

async function onPipes({ path, args, env }: ProgramLaunch): Promise<Program> {
  const { stream, ends } = ProgramPipes.open()
  try {
    const child = spawn(path, args, { env, detached: true, stdio: [ends.stdin, ends.stdout, 'pipe'] })
    return await Program.of(child, stream)
  } catch (error) {
    stream.stop()
    throw error
  } finally {
    // The program has its own by now; ours would keep the pipes open.
    closeSync(ends.stdin)
    closeSync(ends.stdout)
  }
}

async function onTerminal({ path, args, env }: ProgramLaunch): Promise<Program> {
  const stream = ProgramTerminal.open()
  try {
    const command = ['-c', ON_TERMINAL, stream.path, path, ...args]
    return await Program.of(spawn('/bin/sh', command, { env, detached: true, stdio: 'ignore' }), stream)
  } catch (error) {
    stream.stop()
    throw error
  }
}

function killAll(): void {
  for (const program of [...running]) {
    program.signal('SIGKILL')
    program.release()
  }
}

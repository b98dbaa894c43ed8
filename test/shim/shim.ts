/**
 * A pair of pseudo-terminals that look like two serial ports joined by a cable. Tests of this process and the programs that
 * they start see modem lines, parity, data bits, break and error counters on both ends (serial-shim.c).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import type { TtySettings } from '../../src-main/os/termios-format.ts'
import { readSettings } from '../../src-main/os/termios.ts'
import { lacks } from '../peers/need.ts'
import { buildShim } from './build-shim.ts'
import { ShimState } from './state.ts'

const library = lacks.linux('modem lines that a library gives to pseudo-terminals') ? undefined : buildShim()

/** `describe` for tests that need the shim: skipped, by name, where it cannot be built or its terminals not be made. */
export function describeWithShim(name: string, body: () => void): void {
  const missing = library === undefined
  describe.skipIf(lacks('socat', 'setpriv', ...(missing ? ['cc'] : [])) || missing)(name, body)
}

/** One call that a program made on an end: `value` is the argument, bits or flags. */
export interface ShimCall {
  readonly pid: number
  readonly end: 'a' | 'b'
  readonly call: string
  readonly value: number
}

/** One end: `path` is its name for programs (a symbolic link), `device` the terminal itself. */
export interface ShimmedEnd {
  readonly path: string
  readonly device: string
  readonly state: ShimState
  /** Open while the pair lives: for looking at a terminal that its user marked as exclusive. */
  readonly fd: number
  /** What the system, and so every program, sees of it now. */
  readonly settings: TtySettings
}

export interface ShimmedPair {
  readonly a: ShimmedEnd
  readonly b: ShimmedEnd
  /** For programs that the test starts: the environment with the shim. */
  readonly env: NodeJS.ProcessEnv
  /** What programs did to the ends since the pair was made, in order. TIOCMGET and TIOCGICOUNT are left out. */
  log(): ShimCall[]
  /** Stops carrying bytes, so that a writer comes to a stand; `thaw` goes on. */
  freeze(): void
  thaw(): void
  /** Pulls the cable out: both ends hang up. */
  unplug(): Promise<void>
  dispose(): Promise<void>
}

export interface PairOptions {
  /** Joins DTR to the far DSR and DCD, RTS to the far CTS, and counts a break at the far end. Default: tests drive the inputs. */
  readonly nullModem?: boolean
}

export async function makeShimmedPair({ nullModem = false }: PairOptions = {}): Promise<ShimmedPair> {
  if (library === undefined)
    throw new Error('The serial shim needs Linux and a C compiler: apt install gcc libc6-dev')
  const directory = process.env.SERIAL_SHIM
  if (directory === undefined) throw new Error('test/shim/global-setup.ts did not run')
  const links = mkdtempSync(join(tmpdir(), 'serial-pair-'))
  // Tests also run as another user.
  chmodSync(links, 0o755)
  const log = join(directory, 'log')
  const logStart = readFileSync(log).length

  // Ends with us, however we end.
  const socat = spawn('setpriv', [
    '--pdeathsig=KILL',
    'socat',
    '-d',
    '-d',
    `PTY,link=${join(links, 'a')},rawer,b9600`,
    `PTY,link=${join(links, 'b')},rawer,b9600`
  ])
  const exited = once(socat, 'exit')
  await transferring(socat.stderr)
  const ends = (['a', 'b'] as const).map((name) => openEnd(directory, join(links, name)))
  const [a, b] = ends as [OpenEnd, OpenEnd]
  if (nullModem) {
    a.state.wireTo(b.minor)
    b.state.wireTo(a.minor)
  }

  async function unplug(): Promise<void> {
    socat.kill('SIGKILL')
    await exited
  }

  return {
    a,
    b,
    env: process.env,
    log: () =>
      readFileSync(log, 'utf8')
        .slice(logStart)
        .split('\n')
        .flatMap((line) => {
          const [pid, minor, call, value] = line.split(' ')
          const end = Number(minor) === a.minor ? 'a' : 'b'
          if (call === undefined || (end === 'b' && Number(minor) !== b.minor)) return []
          return [{ pid: Number(pid), end, call, value: Number(value) } as const]
        }),
    freeze: () => void socat.kill('SIGSTOP'),
    thaw: () => void socat.kill('SIGCONT'),
    unplug,
    async dispose() {
      for (const end of [a, b]) end.close()
      await unplug()
      rmSync(links, { recursive: true, force: true })
    }
  }
}

interface OpenEnd extends ShimmedEnd {
  readonly minor: number
  close(): void
}

/** The end is kept open by us, else socat would leave when a program closes it. */
function openEnd(directory: string, path: string): OpenEnd {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  const { rdev } = fstatSync(fd)
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)
  const state = new ShimState(directory, minor)
  return {
    path,
    device: `/dev/pts/${minor}`,
    minor,
    state,
    fd,
    get settings() {
      return readSettings(fd)
    },
    close() {
      state.dispose()
      closeSync(fd)
    }
  }
}

/** socat says on stderr when both terminals are there. */
function transferring(stderr: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('starting data transfer loop')) resolve()
    })
    stderr.on('end', () => reject(new Error(`socat left: ${said}`)))
  })
}

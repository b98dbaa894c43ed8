/**
 * Programs as ports: `exec:ipmitool … sol activate`, `exec+pty:docker attach x`. core makes a source per share or link; each
 * opening starts the program, each closing ends it. Never two at once: the far end of the old one may still be taken.
 */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { systemClock, type Clock } from '../../base/clock.ts'
import type { EscapeName, ProgramVariable } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import type { LineWish } from '../../contract/line.ts'
import { isSystemError } from '../../os/libc.ts'
import type { Program } from '../../os/program.ts'
import type { PortSource } from '../port.ts'
import { parseCommandLine, type CommandLine } from './command-line.ts'
import { readEnvironment, withoutSecrets, type ProgramEnvironment } from './environment.ts'
import { profileOf } from './profiles.ts'
import { ProgramErrors } from './program-errors.ts'
import type { ProgramPort } from './program-port.ts'
import { secretWarning, shownTarget } from './secrets.ts'

export interface ProgramSourceOptions {
  /** `exec:…` or `exec+pty:…`. */
  readonly target: string
  readonly env?: readonly ProgramVariable[]
  /** Whose escapes the program heeds; absent: told by its name and arguments. */
  readonly escapes?: EscapeName
  /** Dropping DTR ends the program. */
  readonly hangUp?: boolean
  readonly clock?: Clock
  /** What people should know, in one line. */
  readonly warn: (text: string) => void
}

/** Programs that draw on a terminal draw what every one understands. */
const TERMINAL_TYPE = 'vt100'

export class ProgramSource implements PortSource {
  /** As it was given, without the secrets in it. */
  readonly label: string
  readonly #options: ProgramSourceOptions
  readonly #command: CommandLine
  #last: ProgramPort | undefined
  #told = new Set<string>()

  /** Throws Fault `usage` for a command line that cannot be read, `unsupported` where there are no such programs. */
  constructor(options: ProgramSourceOptions) {
    if (process.platform === 'win32')
      throw new Fault(
        'unsupported',
        'exec: needs Linux or macOS so far. Share a COM port or connect to an address instead.'
      )
    this.#options = options
    this.#command = parseCommandLine(options.target)
    this.label = shownTarget(options.target)
  }

  /** Rejects with a Fault when the program or its secrets are plainly not there; starts nothing. */
  async check(): Promise<void> {
    const warning = secretWarning(this.#options.target)
    if (warning !== undefined) this.#warnOnce(warning)
    const { env } = await this.#environment()
    await findProgram(this.#command.words[0], env.PATH)
  }

  async open(settings: LineWish, signal: AbortSignal): Promise<ProgramPort> {
    await this.#last?.gone
    await this.check()
    const { env, secrets } = await this.#environment()
    const [named, ...args] = this.#command.words
    const path = await findProgram(named, env.PATH)
    const { terminal } = this.#command
    const { hangUp = false, escapes, clock = systemClock, warn } = this.#options
    // Before there is a program whose first words would be missed.
    const { ProgramPort } = await import('./program-port.ts')
    signal.throwIfAborted()
    const program = await start(named, { path, args, env: terminal ? this.#onTerminal(env) : env, terminal })
    const name = basename(named)
    const redact = (text: string): string => withoutSecrets(text, secrets)
    const profile = profileOf(this.#command, escapes)
    const { noise } = profile
    const tell = (line: string): void => warn(`${name}: ${line}`)
    const errors = new ProgramErrors({ clock, redact, tell, ...(noise && { noise }) })
    const port = new ProgramPort({ program, name, clock, settings, profile, terminal, hangUp, errors, warn })
    this.#last = port
    return port
  }

  /** Ours may run on a terminal of another kind, or on none. */
  #onTerminal(env: ProgramEnvironment['env']): ProgramEnvironment['env'] {
    const given = this.#options.env?.some(({ name }) => name === 'TERM')
    return given ? env : { ...env, TERM: TERMINAL_TYPE }
  }

  #environment(): Promise<ProgramEnvironment> {
    return readEnvironment(this.#options.env ?? [], (text) => this.#warnOnce(text))
  }

  #warnOnce(text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#options.warn(text)
  }
}

async function start(named: string, launch: Parameters<typeof Program.start>[0]): Promise<Program> {
  try {
    const { Program } = await import('../../os/program.ts')
    return await Program.start(launch)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw notStarted(named, launch.path, error)
  }
}

function notStarted(named: string, path: string, error: unknown): Fault {
  if (isSystemError(error, 'ENOENT'))
    return new Fault(
      'device-missing',
      `${path} names an interpreter that is not there. See its first line.`,
      error
    )
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return new Fault('device-permission', `You may not run ${path}. Become a user who may.`, error)
  const why = error instanceof Error ? error.message : String(error)
  return new Fault(
    'device-io',
    `${named} could not be started (${why}). Close what is not needed and try again.`,
    error
  )
}

/** The executable's path. Rejects with `device-missing` or `device-permission`. */
async function findProgram(named: string, path = ''): Promise<string> {
  const direct = named.includes('/')
  let refused: string | undefined
  for (const candidate of direct
    ? [named]
    : path.split(delimiter).map((folder) => join(folder || '.', named))) {
    const verdict = await look(candidate)
    // With a slash, so that nobody looks it up again.
    if (verdict === 'program') return candidate.includes('/') ? candidate : `./${candidate}`
    if (verdict === 'refused') refused ??= candidate
  }
  if (refused !== undefined)
    throw new Fault(
      'device-permission',
      `You may not run ${refused}. Make it executable: chmod +x ${refused}`
    )
  if (direct) throw new Fault('device-missing', `There is no program ${named}. Check its path.`)
  throw new Fault(
    'device-missing',
    `There is no program "${named}" in PATH. Install it, or give its full path.`
  )
}

async function look(path: string): Promise<'program' | 'refused' | 'missing'> {
  try {
    const found = await stat(path)
    if (!found.isFile()) return 'missing'
    await access(path, constants.X_OK)
    return 'program'
  } catch (error) {
    return isSystemError(error, 'EACCES', 'EPERM') ? 'refused' : 'missing'
  }
}

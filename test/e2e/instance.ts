/**
 * A running Farport of a test's own: `farport serve` with its settings, identity and socket in a temporary folder, and commands that
 * find it and no other. Called by the tests of what acts on a running instance; ended with the test.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Settings, settingsSchema } from '../../src-main/contract/settings.ts'
import type { InferInput } from 'valibot'
import { FARPORT, Program, temporaryFolder } from './cli.ts'

/** As in the file, where fields that are absent have their defaults. */
export type GivenSettings = Partial<InferInput<typeof settingsSchema>>

const LINUX = process.platform === 'linux'
const MAC = process.platform === 'darwin'
const WINDOWS = process.platform === 'win32'

function configIn(folder: string): string {
  return join(folder, MAC ? 'Library/Application Support' : 'config')
}

/** Where an instance keeps what is its own, and the environment in which it, and commands for it, run. */
export class InstanceHome {
  readonly folder = temporaryFolder()
  /** What holds an installation's folder, by the system's custom. */
  readonly config = configIn(this.folder)
  readonly runtime = join(this.folder, 'run')
  /** The installation's own: settings, identity, lock. */
  readonly installation = join(this.config, LINUX ? 'farport' : 'Farport')
  readonly settings = join(this.installation, 'settings.json')
  readonly socket = WINDOWS
    ? String.raw`\\.\pipe\test-${basename(this.folder)}`
    : join(this.runtime, 'farport.sock')
  readonly env: NodeJS.ProcessEnv

  /** `env`: beside what leads into the folder. */
  constructor(env: NodeJS.ProcessEnv = {}) {
    for (const each of [this.config, this.runtime]) mkdirSync(each, { recursive: true, mode: 0o700 })
    // The socket by its name: one that this computer has for all its users is not found then.
    this.env = {
      XDG_CONFIG_HOME: this.config,
      XDG_DATA_HOME: join(this.folder, 'data'),
      // Where the other systems are told it.
      ...(WINDOWS && { APPDATA: this.config, LOCALAPPDATA: join(this.folder, 'data') }),
      ...(MAC && { HOME: this.folder }),
      XDG_RUNTIME_DIR: this.runtime,
      FARPORT_SOCKET: this.socket,
      ...env
    }
  }

  /** A command that finds this instance, or none where it does not run. */
  farport(...args: string[]): Program {
    return this.in(undefined, ...args)
  }

  /** The same in another folder. */
  in(cwd: string | undefined, ...args: string[]): Program {
    return new Program(process.execPath, [FARPORT, ...args], { env: this.env, ...(cwd && { cwd }) })
  }

  /** What the file says, as it is. */
  read(): Settings {
    return JSON.parse(readFileSync(this.settings, 'utf8')) as Settings
  }

  /**
   * Replaces the file. Several run at a time on this computer: other computers do not reach one that does not say so, and it neither
   * announces itself nor listens to others.
   */
  write({ preferences = { listen: { enabled: false } }, ...settings }: GivenSettings): void {
    mkdirSync(this.installation, { recursive: true, mode: 0o700 })
    const quiet = { discovery: { announce: false, browse: false }, ...preferences }
    const text = JSON.stringify({ version: 1, preferences: quiet, ...settings })
    writeFileSync(this.settings, text, { mode: 0o600 })
  }

  /** `farport serve`; resolves when it takes commands. After its end it can be started again. */
  async serve(...args: string[]): Promise<Program> {
    const program = this.farport('serve', ...args)
    await program.printed(/ready/)
    return program
  }
}

export interface RunningInstance {
  readonly home: InstanceHome
  readonly program: Program
}

/** One that runs, with these settings. */
export async function instance(
  settings: GivenSettings = {},
  env: NodeJS.ProcessEnv = {}
): Promise<RunningInstance> {
  const home = new InstanceHome(env)
  home.write(settings)
  return { home, program: await home.serve() }
}

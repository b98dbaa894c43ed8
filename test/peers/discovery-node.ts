/** Runs discovery-program.ts on a computer of a test. */
import { join } from 'node:path'
import { build } from 'vite'
import type { Announcement, Heard } from '../../src-main/peers/discovery/discovery.ts'
import { temporaryFolder, type Program } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import type { Run } from './avahi.ts'
import type { Command } from './discovery-program.ts'

/** Bundles it; Node 20 runs no TypeScript. Resolves with the file's path, which the test's end removes. */
export async function bundled(): Promise<string> {
  const folder = temporaryFolder()
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, 'discovery-program.ts'),
      target: 'node20',
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: 'discovery.mjs' } }
    }
  })
  return join(folder, 'discovery.mjs')
}

interface State {
  readonly names: Readonly<Record<string, string>>
  readonly heard: readonly Heard[]
}

export interface Usage {
  readonly memory: number
  readonly entries: number
  readonly cpu: { readonly user: number; readonly system: number }
}

export class DiscoveryNode {
  readonly program: Program

  private constructor(program: Program) {
    this.program = program
  }

  static async start(
    run: Run,
    file: string,
    hostname: string,
    ...interfaces: string[]
  ): Promise<DiscoveryNode> {
    const program = run(process.execPath, '--expose-gc', file, hostname, ...interfaces)
    await program.printed(/ready/)
    return new DiscoveryNode(program)
  }

  tell(command: Command): void {
    this.program.process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  announce(...announce: Announcement[]): void {
    this.tell({ announce })
  }

  /** As last told. */
  get state(): State {
    return (this.#lines('names').at(-1) as State | undefined) ?? { names: {}, heard: [] }
  }

  get troubles(): string[] {
    return this.#lines('trouble').map((each) => (each as { trouble: string }).trouble)
  }

  async usage(): Promise<Usage> {
    const before = this.#lines('memory').length
    this.tell({ memory: true })
    return eventually(() => {
      const now = this.#lines('memory')
      if (now.length === before) throw new Error('no answer')
      return now.at(-1) as Usage
    })
  }

  /** Waits until the state fits. */
  async until(fits: (state: State) => boolean, timeoutMs = 10_000): Promise<State> {
    return eventually(() => {
      if (!fits(this.state)) throw new Error(`it is ${JSON.stringify(this.state)}`)
      return this.state
    }, timeoutMs)
  }

  /** Until a service of that name is there, or, not present, greyed out. */
  hears(name: string, present = true, timeoutMs = 10_000): Promise<State> {
    return this.until(
      ({ heard }) => heard.some((each) => each.name === name && each.present === present),
      timeoutMs
    )
  }

  #lines(key: string): unknown[] {
    const text = Buffer.from(this.program.stdout, 'latin1').toString()
    const whole = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
    return whole.map((line) => JSON.parse(line) as object).filter((each) => key in each)
  }
}

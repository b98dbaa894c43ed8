import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CommandInput, CommandName, CommandResult } from '../../src-main/contract/commands.ts'
import type { Ask, Measured, Told } from './host.ts'

type Question = Ask extends infer Each ? (Each extends Ask ? Omit<Each, 'id'> : never) : never

/** The process that is soaked, seen from here. */
export class Farport {
  /** One line for people, of a share or link by its name. */
  onNotice: (subject: string, text: string) => void = () => undefined
  /** It ended by itself: a crash. */
  onEnd: (how: string) => void = () => undefined
  readonly #process: ChildProcess
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >()
  #lastId = 0

  constructor() {
    this.#process = fork(fileURLToPath(new URL('host.mjs', import.meta.url)), {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.#process.on('message', (told: Told) => {
      if ('notice' in told) this.onNotice(told.notice.subject, told.notice.text)
      else if (told.error === undefined) this.#waiting.get(told.id)?.resolve(told.result)
      else this.#waiting.get(told.id)?.reject(new Error(told.error))
    })
    this.#process.on('exit', (code, signal) => this.onEnd(signal ?? `exit ${code}`))
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandResult<Name>> {
    return this.#ask({ what: 'call', name, input }) as Promise<CommandResult<Name>>
  }

  measure(): Promise<Measured> {
    return this.#ask({ what: 'measure' }) as Promise<Measured>
  }

  /** Resolves with the bytes that it could not deliver. */
  async close(): Promise<number> {
    const lost = (await this.#ask({ what: 'close' })) as number
    this.onEnd = () => undefined
    this.#process.disconnect()
    return lost
  }

  kill(): void {
    this.onEnd = () => undefined
    this.#process.kill('SIGKILL')
  }

  #ask(question: Question): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ ...question, id })
    })
  }
}

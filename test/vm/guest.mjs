/** The guest's end of the virtual machine: its agent (guest-agent.mjs), and the programs that it runs. Called by machine.mjs. */
import { appendFileSync } from 'node:fs'
import { eachLine, open, until } from './wait.mjs'

/** The agent in the guest. */
export class Agent {
  nodes = []
  nodesAtMs = 0
  #socket
  #programs = new Map()
  #id = 0

  static async to(port) {
    const agent = new Agent(await open({ port, host: '127.0.0.1', noDelay: true }))
    await until('the agent', () => agent.nodesAtMs)
    return agent
  }

  constructor(socket) {
    this.#socket = socket
    eachLine(socket, (line) => {
      const message = JSON.parse(line)
      if (message.nodes) {
        this.nodes = message.nodes
        this.nodesAtMs = message.atMs
      } else this.#programs.get(message.id)?.take(message)
    })
  }

  start(command, as) {
    const id = ++this.#id
    const say = (message) => this.#socket.write(`${JSON.stringify({ id, ...message })}\n`)
    const program = new GuestProgram(command, say)
    this.#programs.set(id, program)
    say({ start: command, ...as })
    return program
  }

  end() {
    this.#socket.destroy()
  }
}

class GuestProgram {
  stdout = ''
  stderr = ''
  pid
  exit
  #name
  #say
  /** {text, atMs} of each piece of output. */
  #said = []

  constructor(command, say) {
    this.#name = command.slice(1).join(' ')
    this.#say = say
  }

  take({ out = '', err = '', atMs, pid, exit }) {
    this.stdout += out
    this.stderr += err
    if (out || err) {
      this.#said.push({ text: out + err, atMs })
      if (process.env.FARPORT_VM_LOG) appendFileSync(process.env.FARPORT_VM_LOG, out + err)
    }
    this.pid ??= pid
    this.exit ??= exit
  }

  /** Waits for output that matches; answers {match, atMs} of the first such piece from `from` on. */
  async printed(pattern, { from = 0, limitMs = 10_000 } = {}) {
    const find = () => {
      for (const { text, atMs } of this.#said.slice(from)) {
        const match = pattern.exec(text)
        if (match) return { match, atMs }
      }
      if (this.exit !== undefined) throw new Error(`${this.#name} ended (${this.exit}): ${this.stderr}`)
      return undefined
    }
    try {
      return await until(`${pattern}`, find, limitMs)
    } catch (error) {
      throw new Error(`${error.message}; ${this.#name} said: ${this.stdout}${this.stderr}`, { cause: error })
    }
  }

  /** How many pieces it said so far: for `from`. */
  get said() {
    return this.#said.length
  }

  /** The exit code, or the signal. */
  async ended(limitMs = 20_000) {
    await until(`the end of ${this.#name}`, () => this.exit !== undefined, limitMs)
    return this.exit
  }

  async stop(signal = 'SIGTERM') {
    if (this.exit === undefined) this.#say({ kill: signal })
    return this.ended()
  }
}

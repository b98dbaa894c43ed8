/** The driver of probe.c and crowd.c: one process that is devices and clients of one contender. Called by seats.mjs. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** The longest answer: a measure's own limit of time, and the 3 s after which the probe calls it stalled. */
const ANSWER_MS = 15_000

export class Probe {
  #child
  #lines
  /** The slaves of its PTYs: what the contender shares. */
  ptys

  static async start(program, args = []) {
    const probe = new Probe()
    probe.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    probe.#lines = createInterface({ input: probe.#child.stdout })[Symbol.asyncIterator]()
    probe.ptys = (await probe.#answer()).ptys
    return probe
  }

  get pid() {
    return this.#child.pid
  }

  /** Sends a command and answers its JSON; throws with its error. */
  async ask(...command) {
    this.#child.stdin.write(`${command.join(' ')}\n`)
    const answer = await this.#answer()
    if (answer.error) throw new Error(answer.error)
    return answer
  }

  async #answer() {
    let timer
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('the probe does not answer')), ANSWER_MS)
    })
    try {
      const { value, done } = await Promise.race([this.#lines.next(), timeout])
      if (done) throw new Error('the probe ended')
      return JSON.parse(value)
    } finally {
      clearTimeout(timer)
    }
  }

  stop() {
    return stop(this.#child)
  }
}

const STOP_MS = 3000

/** Ends one process that we started: asked first, then not asked. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(timer)
}

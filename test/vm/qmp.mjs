import { eachLine, open, until } from './wait.mjs'

/** QEMU's commands and events. */
export class Qmp {
  #socket
  #id = 0
  #answers = new Map()
  #listeners = new Set()

  static async to(path) {
    const qmp = new Qmp(await open(path))
    await qmp.command('qmp_capabilities')
    return qmp
  }

  constructor(socket) {
    this.#socket = socket
    eachLine(socket, (line) => {
      const message = JSON.parse(line)
      this.#answers.get(message.id)?.(message)
      if (message.event) for (const listener of this.#listeners) listener(message)
    })
  }

  async command(execute, args) {
    const id = ++this.#id
    let answer
    this.#answers.set(id, (message) => (answer = message))
    this.#socket.write(`${JSON.stringify({ execute, arguments: args, id })}\n`)
    await until(`QEMU's answer to ${execute}`, () => answer)
    if (answer.error) throw new Error(`QEMU refuses ${execute}: ${answer.error.desc}`)
    return answer.return
  }

  async event(name, matches) {
    let seen = false
    const listener = ({ event, data }) => (seen ||= event === name && matches(data))
    this.#listeners.add(listener)
    await until(name, () => seen)
    this.#listeners.delete(listener)
  }

  end() {
    this.#socket.destroy()
  }
}

/**
 * A small RFC 2217 client, which shares no code with Farport: so that both cannot be wrong in the same way. Called by run.mjs.
 * Every request waits for its answer.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from './wait.mjs'

const IAC = 255
const [SE, SB, WILL, WONT, DO, DONT] = [240, 250, 251, 252, 253, 254]
const BINARY = 0
const COM_PORT = 44
const LINE_STATE = 106
const MODEM_STATE = 107
/** A server answers with the request's code and this. */
const ANSWER = 100

export const PARITY = { N: 1, O: 2, E: 3 }

export class Rfc2217Client {
  /** Data that came, without telnet's parts. */
  #data = []
  /** {code, bytes} of each subnegotiation. */
  #answers = []
  #agreed = false
  #pending = Buffer.alloc(0)
  #socket
  closed = false

  /** Connects and agrees on the option; resolves when the first modem state came, by which time the device is open. */
  static async to(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const client = new Rfc2217Client(socket)
    await until('the server to agree on RFC 2217', () => client.#agreed)
    return client
  }

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => (this.closed = true))
    socket.write(Buffer.from([WILL, DO].flatMap((word) => [IAC, word, BINARY]).concat(IAC, WILL, COM_PORT)))
  }

  get data() {
    return Buffer.concat(this.#data)
  }

  forget() {
    this.#data = []
  }

  write(bytes) {
    this.#socket.write(doubled(Buffer.from(bytes)))
  }

  /** The bytes of the answer. */
  async ask(code, ...bytes) {
    const from = this.#answers.length
    const request = doubled(Buffer.from([COM_PORT, code, ...bytes]))
    this.#socket.write(Buffer.concat([Buffer.from([IAC, SB]), request, Buffer.from([IAC, SE])]))
    const find = () => this.#answers.slice(from).find((answer) => answer.code === code + ANSWER)
    return [...(await until(`the answer to ${code}`, find, 5000)).bytes]
  }

  /** In bit/s; 0 asks. */
  async baud(rate) {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(rate)
    return Buffer.from(await this.ask(1, ...bytes)).readUInt32BE()
  }

  /** `8N1`; answers what is in force. */
  async line(text) {
    const [size] = await this.ask(2, Number(text[0]))
    const [parity] = await this.ask(3, PARITY[text[1]])
    const [stop] = await this.ask(4, Number(text[2]))
    return `${size}${Object.keys(PARITY).find((key) => PARITY[key] === parity)}${stop}`
  }

  /** The last modem state that the server told: the high half of the byte. */
  get modemState() {
    const byte = this.#answers.findLast(({ code }) => code === MODEM_STATE)?.bytes[0]
    return byte === undefined
      ? undefined
      : { dcd: !!(byte & 0x80), ri: !!(byte & 0x40), dsr: !!(byte & 0x20), cts: !!(byte & 0x10) }
  }

  /** The line states that the server told, the oldest first. */
  get lineStates() {
    return this.#answers.filter(({ code }) => code === LINE_STATE).map(({ bytes }) => bytes[0])
  }

  end() {
    this.#socket.destroy()
  }

  #take(chunk) {
    let bytes = Buffer.concat([this.#pending, chunk])
    while (bytes.length > 0) {
      const used = this.#takeOne(bytes)
      if (used === 0) break
      bytes = bytes.subarray(used)
    }
    this.#pending = bytes
  }

  /** Takes one run of data or one command; answers its length, 0 while it is not whole. */
  #takeOne(bytes) {
    const at = bytes.indexOf(IAC)
    if (at !== 0) {
      const run = at < 0 ? bytes : bytes.subarray(0, at)
      this.#data.push(run)
      return run.length
    }
    if (bytes.length < 2) return 0
    if (bytes[1] === IAC) {
      this.#data.push(bytes.subarray(0, 1))
      return 2
    }
    if (bytes[1] === SB) return this.#takeSubnegotiation(bytes)
    if (![WILL, WONT, DO, DONT].includes(bytes[1])) return 2
    if (bytes.length < 3) return 0
    if (bytes[1] === DO && bytes[2] === COM_PORT) this.#agreed = true
    return 3
  }

  #takeSubnegotiation(bytes) {
    const content = []
    for (let i = 2; i + 1 < bytes.length; i++) {
      if (bytes[i] === IAC && bytes[i + 1] === SE) {
        const [, code, ...rest] = content
        this.#answers.push({ code, bytes: rest })
        return i + 2
      }
      if (bytes[i] === IAC) i++
      content.push(bytes[i])
    }
    return 0
  }
}

function doubled(bytes) {
  return Buffer.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])))
}

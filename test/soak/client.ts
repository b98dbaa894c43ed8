import { connect, type Socket } from 'node:net'
import { Follower } from './follower.ts'
import { bytesOf, type Stream } from './stream.ts'

export type Protocol = 'raw' | 'telnet' | 'rfc2217'

const IAC = 0xff
const SB = 0xfa
const SE = 0xf0
const WILL = 0xfb
const WONT = 0xfc
const DO = 0xfd
const DONT = 0xfe
const COM_PORT = 44
/** Binary, echo, suppress go-ahead, serial port. */
const AGREEABLE = [0, 1, 3, COM_PORT]

/**
 * Where clients come from, one after the other: below the ports that the system gives by itself, which it gives again so soon that
 * nobody could tell whose `127.0.0.1:40000` is meant.
 */
const FIRST_PORT = 10_000
const PORTS = 20_000

let used = 0

/** More than this waits here: it sends no more for now. */
const ENOUGH = 64 * 1024

/** A client on the network: what it sent and what it got, byte by byte. Its telnet is its own, not Farport's. */
export class NetworkClient {
  readonly stream: Stream
  readonly heard: Follower
  /** By which Farport names it. */
  readonly port = FIRST_PORT + (used++ % PORTS)
  connected = false
  /** Farport's number for it, as soon as it was told. */
  session: number | undefined
  /** It is over, and both sides know of everything that was sent. */
  closedInOrder = false
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #protocol: Protocol
  #ending = false
  #broken = false
  #state: 'data' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation-command' = 'data'
  #verb = 0
  readonly #onward: (bytes: Buffer) => void

  /** `streams`: what it may hear. `onward`: gets what it hears, for whoever follows that for others. */
  constructor(
    port: number,
    protocol: Protocol,
    id: number,
    streams: () => Iterable<Stream>,
    onward: (bytes: Buffer) => void = () => undefined
  ) {
    this.stream = { id, sent: 0 }
    this.heard = new Follower(streams)
    this.#protocol = protocol
    this.#onward = onward
    const socket = connect({
      port,
      host: '127.0.0.1',
      localPort: this.port,
      noDelay: true,
      allowHalfOpen: true
    })
    this.#socket = socket
    socket.on('connect', () => {
      this.connected = true
    })
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', () => {
      this.#broken = true
    })
    // Who hears its end without having ended was thrown out.
    socket.on('end', () => {
      if (!this.#ending) this.#broken = true
      socket.end()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.heard.end()
        this.closedInOrder = this.#ending && !this.#broken
        resolve()
      })
    })
  }

  get over(): boolean {
    return this.#ending || this.#socket.destroyed
  }

  send(size: number): void {
    if (this.over || this.#socket.connecting || this.#socket.writableLength > ENOUGH) return
    const bytes = bytesOf(this.stream.id, this.stream.sent, size)
    this.stream.sent += size
    this.#socket.write(this.#protocol === 'raw' ? bytes : doubled(bytes))
  }

  /** A new speed, where its protocol has that. */
  setBaudRate(baudRate: number): void {
    if (this.#protocol !== 'rfc2217' || this.over) return
    const value = Buffer.alloc(4)
    value.writeUInt32BE(baudRate)
    this.#socket.write(Buffer.concat([Buffer.of(IAC, SB, COM_PORT, 1), doubled(value), Buffer.of(IAC, SE)]))
  }

  stall(on: boolean): void {
    if (on) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Sends what it has, says that this is the end, and goes on listening until the other end comes. */
  end(): void {
    if (this.over) return
    this.#ending = true
    this.#socket.resume()
    this.#socket.end()
  }

  /** Breaks off. */
  kill(): void {
    this.#broken = true
    this.#socket.resetAndDestroy()
  }

  #receive(bytes: Buffer): void {
    const data = this.#protocol === 'raw' ? bytes : this.#decode(bytes)
    if (data.length === 0) return
    this.heard.receive(data)
    this.#onward(data)
  }

  #decode(bytes: Buffer): Buffer {
    const data = Buffer.allocUnsafe(bytes.length)
    let size = 0
    for (const byte of bytes) if (this.#isData(byte)) data[size++] = byte
    return data.subarray(0, size)
  }

  #isData(byte: number): boolean {
    switch (this.#state) {
      case 'data':
        if (byte !== IAC) return true
        this.#state = 'command'
        return false
      case 'command':
        this.#verb = byte
        this.#state = byte === SB ? 'subnegotiation' : byte >= WILL && byte <= DONT ? 'option' : 'data'
        return byte === IAC
      case 'option':
        this.#state = 'data'
        this.#negotiate(byte)
        return false
      case 'subnegotiation':
        if (byte === IAC) this.#state = 'subnegotiation-command'
        return false
      case 'subnegotiation-command':
        this.#state = byte === SE ? 'data' : 'subnegotiation'
        return false
    }
  }

  #negotiate(option: number): void {
    const agreed = AGREEABLE.includes(option) && (option !== COM_PORT || this.#protocol === 'rfc2217')
    if (this.over) return
    if (this.#verb === WILL) this.#socket.write(Buffer.of(IAC, agreed ? DO : DONT, option))
    if (this.#verb === DO) this.#socket.write(Buffer.of(IAC, agreed && option !== 1 ? WILL : WONT, option))
  }
}

function doubled(bytes: Buffer): Buffer {
  if (!bytes.includes(IAC)) return bytes
  return Buffer.from(bytes.toString('latin1').replaceAll('\xff', '\xff\xff'), 'latin1')
}

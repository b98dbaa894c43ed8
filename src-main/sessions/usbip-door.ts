/**
 * Where a USB/IP driver of this computer fetches one adapter, by TCP on 127.0.0.1: the way of drivers that connect by themselves (usbip-win2).
 * Called by core, which tells the driver the port and the bus id and hands the connection to a UsbipSource.
 *
 * Every user of this computer can connect to 127.0.0.1, so the bus id is a secret: 95 random bits. A list shows nothing, a wrong bus id gets what a
 * device that is not there gets, and with the first right one nobody can come in any more.
 */
import { randomInt, timingSafeEqual } from 'node:crypto'
import { type Clock, systemClock } from '../base/clock.ts'
import { DONE } from '../contract/close.ts'
import { AfterFirstWords } from '../net/after-first-words.ts'
import type { Connection, Listener } from '../net/connection.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import { EndedEarly, readUntil } from '../net/read-until.ts'
import { listenTcp } from '../net/tcp.ts'
import { encodeUsbip } from '../protocol/usbip-encode.ts'
import { UsbipReader } from '../protocol/usbip-reader.ts'
import { SIZES, type UsbipEvent } from '../protocol/usbip.ts'

/** For what a driver says first: 40 bytes. */
const FIRST_WORDS_MS = 5000

/** Of those that have not said yet what they want: one is enough for a driver. */
const MAX_PENDING = 8

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** One byte of the 32 ends the text. */
const BUS_ID_LENGTH = SIZES.busId - 1
const RANDOM_LETTERS = 16
const OURS = /^farport-([0-9a-z]{1,6})-[0-9A-Za-z]{16,}$/

/** Nobody guesses it, and `busIdOwner` tells whose it is. */
export function makeBusId(pid = process.pid): string {
  const letters = Array.from({ length: RANDOM_LETTERS }, () => LETTERS.charAt(randomInt(LETTERS.length)))
  return `farport-${pid.toString(36)}-${letters.join('')}`.slice(0, BUS_ID_LENGTH)
}

/** The process that made this bus id; undefined: it is not Farport's. */
export function busIdOwner(busId: string): number | undefined {
  const owner = OURS.exec(busId)?.[1]
  return owner === undefined ? undefined : parseInt(owner, 36)
}

export class UsbipDoor {
  readonly busId: string
  /** Of 127.0.0.1. */
  readonly port: number
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #pending = new Set<Connection>()
  #imported: ((connection: Connection) => void) | undefined
  #closed: Promise<void> | undefined

  /** The connection of the driver, paused, with its import still to be read: never rejects, and stays open when the door closes. */
  readonly imported: Promise<Connection>

  private constructor(listener: Listener, busId: string, clock: Clock) {
    this.busId = busId
    this.port = parseEndpoint(listener.url).port
    this.#listener = listener
    this.#clock = clock
    this.imported = new Promise((resolve) => (this.#imported = resolve))
    listener.onConnection((connection) => void this.#meet(connection))
  }

  /** Rejects with a Fault where this computer has no port left. */
  static async open(busId = makeBusId(), clock = systemClock): Promise<UsbipDoor> {
    // A driver waits for the device as long as that takes: who takes nothing is not gone.
    const options = { clock, stallTimeoutMs: 0, httpGuard: false }
    return new UsbipDoor(await listenTcp(parseEndpoint('raw://127.0.0.1:0', 'listen'), options), busId, clock)
  }

  /** Nobody comes in any more. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#listener.close(DONE)
    for (const connection of this.#pending) connection.abort(DONE)
    return this.#closed
  }

  async #meet(connection: Connection): Promise<void> {
    if (this.#closed || this.#pending.size >= MAX_PENDING) {
      void connection.close({ code: 'refused', message: 'too many are coming in at once' }, 1000)
      return
    }
    this.#pending.add(connection)
    const late = this.#clock.after(FIRST_WORDS_MS, () =>
      connection.abort({ code: 'refused', message: 'it did not say what it wants' })
    )
    try {
      const { event, words } = await readUntil(connection, firstWords())
      this.#pending.delete(connection)
      if (event.type === 'import' && isSame(event.busId, this.busId) && this.#imported) {
        const imported = this.#imported
        this.#imported = undefined
        void this.close()
        imported(new AfterFirstWords(connection, words))
      } else this.#refuse(connection, event)
    } catch (error) {
      // It left, or was too late; nothing was taken from it.
      if (!(error instanceof EndedEarly)) throw error
    } finally {
      late.dispose()
      this.#pending.delete(connection)
    }
  }

  #refuse(connection: Connection, { type }: UsbipEvent): void {
    if (type === 'list') connection.write(encodeUsbip({ type: 'listed', devices: [] }))
    if (type === 'import') connection.write(encodeUsbip({ type: 'imported' }))
    void connection.close(DONE, 1000)
  }
}

/** The first operation, and all bytes that came with it: whoever goes on reads them again. */
function firstWords(): (chunk: Uint8Array) => { event: UsbipEvent; words: Uint8Array } | undefined {
  const reader = new UsbipReader('device')
  const chunks: Uint8Array[] = []
  return (chunk) => {
    chunks.push(chunk)
    reader.push(chunk)
    const event = reader.next()
    return event && { event, words: new Uint8Array(Buffer.concat(chunks)) }
  }
}

function isSame(asked: string, own: string): boolean {
  const [left, right] = [Buffer.from(asked), Buffer.from(own)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Connections that have not asked for anything yet: so many from one address, so many in all, so long. Where there are too many the
 * oldest gives way: a browser asks at once, and a crowd that only holds connections open keeps nobody out. Called by page-server.ts.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { addressGroup } from '../../net/address-group.ts'
import { plainAddress } from '../../net/allow-list.ts'

/** Of one address (of IPv6: one /64). */
export const MAX_PENDING_PER_ADDRESS = 8
/** Of all together. */
export const MAX_PENDING = 128
/** From the connection to the end of the first request's head, the handshake of TLS included, in ms. */
export const PENDING_MS = 5000

interface Pending {
  readonly socket: Socket
  readonly group: string
  readonly end: () => void
}

export class PendingSockets {
  readonly #clock: Clock
  readonly #gaveWay: (address: string, why: string) => void
  /** By their far ends, the oldest first: what asks over TLS is another object than what came. */
  readonly #pending = new Map<string, Pending>()

  /** `gaveWay`: one was ended. */
  constructor(clock: Clock, gaveWay: (address: string, why: string) => void) {
    this.#clock = clock
    this.#gaveWay = gaveWay
  }

  add(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '')
    const group = addressGroup(address)
    const key = keyOf(socket)
    const late = this.#clock.after(
      PENDING_MS,
      () => this.#drop(socket, `it asked for nothing within ${PENDING_MS / 1000} s`),
      'idle'
    )
    const end = (): void => {
      late.dispose()
      if (this.#pending.get(key)?.socket === socket) this.#pending.delete(key)
    }
    this.#pending.set(key, { socket, group, end })
    socket.once('close', end)
    this.#makeRoom(group)
  }

  /** It has asked. */
  settle(socket: Socket): void {
    this.#pending.get(keyOf(socket))?.end()
  }

  /** Ends all of them. */
  dispose(): void {
    for (const { socket, end } of [...this.#pending.values()]) {
      end()
      socket.destroy()
    }
  }

  #makeRoom(group: string): void {
    const all = [...this.#pending.values()]
    const here = all.filter((each) => each.group === group)
    const [oldest] = here.length > MAX_PENDING_PER_ADDRESS ? here : all.length > MAX_PENDING ? all : []
    if (oldest) this.#drop(oldest.socket, 'too many connections that ask for nothing')
  }

  #drop(socket: Socket, why: string): void {
    const address = plainAddress(socket.remoteAddress ?? '')
    this.settle(socket)
    socket.destroy()
    this.#gaveWay(address, why)
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

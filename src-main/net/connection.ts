/**
 * Connections: bytes between two programs, whatever carries them. Called by ports and sessions; a carrier (tcp, memory)
 * is one file that makes Connections and Listeners. Knows no protocol above it.
 */
import type { Event } from '../base/event.ts'
import type { Duplex } from '../base/duplex.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ProvenKey } from './tls-trust.ts'

export interface Connection extends Duplex {
  /** For people: `192.0.2.7:50112`, `[2001:db8::1]:7000`, `memory:1`. */
  readonly remote: string
  /** The far address alone, IPv4-mapped addresses as IPv4; undefined where there is none. */
  readonly remoteAddress: string | undefined
  /** Of an accepted connection: whose key its far side has proved to have. Absent where nothing was proved. */
  readonly far?: ProvenKey | undefined
  /** The far side sends no more, all that it sent was handed on, and it may still read. Absent where nobody can tell. */
  readonly onInputEnd?: Event<void> | undefined
  /** Asks the far side for a sign of life: a dead peer's connection then closes within about 4 s. */
  probe(): void
}

export interface Listener {
  /** The URL with the real port, as another program would dial it. */
  readonly url: string
  /** Each Connection once, paused. */
  readonly onConnection: Event<Connection>
  /** True while it waits for its address (awaited-listener.ts); `onAccepting` fires when it has it. Absent where it never did. */
  readonly awaited?: boolean
  readonly onAccepting?: Event<void>
  /** Takes no more Connections; those that live go on. Resolves when the address is free again. */
  close(reason: CloseReason): Promise<void>
}

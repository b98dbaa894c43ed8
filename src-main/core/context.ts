/** What everything that opens a port is given. Made by Core, from what its host handed it. */
import type { Event } from '../base/event.ts'
import type { Recorder } from '../capture/recorder.ts'
import type { Fault } from '../contract/faults.ts'
import type { Connection } from '../net/connection.ts'
import type { DialOptions } from '../net/carrier.ts'
import type { Endpoint } from '../net/endpoint.ts'
import type { DialTrust, ListenTrust } from '../net/tls-trust.ts'
import type { Report } from './notice.ts'

export interface Context extends Ways {
  /** What a port or a listener could not do, and who was turned away, in one line each. */
  readonly report: Report
  /** The same fault, or one that names whoever in here has the address. Absent: nobody else is in here. */
  readonly whose?: (fault: Fault, url: string) => Promise<Fault>
  /** What it is opened for, where that is the same when it is opened again by another process (`useOf`). */
  readonly use?: string
  /** What keeps its traffic: made, or found again, and switched. Absent: nothing does. */
  readonly record?: (on: boolean) => Recorder
  /** It is only watched: nothing is written or set through it, or not before the far side allows it. */
  readonly observe?: boolean
}

/** How a process gets to others, as its host knows it. */
export interface Ways {
  /** The way to paired computers; absent where this process knows none. */
  readonly farports?: Farports
  /** Keys and trust for TLS with programs that are no Farports; absent where this process has none. */
  readonly tls?: TlsRights
  /** Ports that announce themselves; absent where nobody listens to them. */
  readonly announced?: AnnouncedPorts
}

/** Nothing is loaded before it is asked for. Each rejects with `identity-broken`, or where the settings cannot be read. */
export interface TlsRights {
  dialling(): Promise<DialTrust>
  /** `shares`: what a client gets there, of a rotator one of them; `name`: what people here call that. */
  listening(shares: readonly NamedShare[], name: string): Promise<ListenTrust>
}

/** A share, by what it goes by in this process. */
export interface NamedShare {
  readonly id: string
  readonly name: string
}

/** A share of a paired computer, as it is asked for. */
export interface ShareWish {
  /** As people write it: a name, the first digits of an id, a host or address with or without a port. */
  readonly peer: string
  /** Its name or id there. */
  readonly share: string
  /** What it is wanted for; opaque. The same use that comes again replaces its own dead session there. */
  readonly use: string
  /** Writes at once, whoever did. */
  readonly takeOver?: boolean
  /** Only watches, until it asks for the control. */
  readonly observe?: boolean
}

export interface Farports {
  /**
   * A connection that carries the share's bytes, as RFC 2217; paused. Rejects with a Fault of the kind `peer`, with `usage` for a name that
   * is not clear, or with the signal's reason.
   */
  dialShare(wish: ShareWish, options: DialOptions): Promise<Connection>
  /** That computer is heard in the network again, or somewhere else: a hint. Absent: nobody listens. */
  onArrival?(peer: string): Event<void>
}

/** Ports by the names that they announce themselves under. */
export interface AnnouncedPorts {
  /** Where it is now, the likeliest first. Rejects as `findAnnounced`. */
  find(name: string, signal: AbortSignal): Promise<readonly Endpoint[]>
  /** It is heard again, or somewhere else. */
  onArrival?(name: string): Event<void>
}

/**
 * A Session: someone who commands us. A network client, a local program on a PTY, a terminal. The same arrows as Port,
 * reversed. Called by bridge; knows nothing of the device. A SessionSource is where Sessions come from: a network
 * listener, a PTY that programs open and close.
 */
import type { Event } from '../base/event.ts'
import type { Duplex } from '../base/duplex.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import type { PortState } from '../contract/state.ts'

export interface SessionIdentity {
  readonly kind: 'peer' | 'address' | 'program'
  /** For people: `192.0.2.7:50112`, `a local program`. Sanitised. */
  readonly label: string
  /** The address alone, for rules by address. */
  readonly address?: string
  /** The id of a paired Farport, only where its key has proved it. */
  readonly peer?: string
  /**
   * Where its key decides what it may: whether it may only watch. The terms that it comes with are then those of the place where it came
   * in, and hold beside that: whoever may control watches at a listener for watchers.
   */
  readonly observe?: boolean
  /**
   * Which of that peer's uses of this port this is (one link, one terminal); opaque, at most 64 characters. A session that comes
   * with the peer and the use of one that is here takes its place.
   */
  readonly use?: string
}

/** Answered exactly once, with the actual values; the asker gets its answers in the order of its requests. */
export interface Request<Wish, Actual> {
  readonly wish: Wish
  answer(actual: Actual): void
}

/** What a session is told. Absent parts did not change. */
export interface Notice {
  readonly modem?: ModemState
  readonly line?: LineState
  readonly settings?: LineSettings
  /** Set where the port comes or goes, or when its powers differ from what the session was told before. */
  readonly capabilities?: Capabilities
}

export interface Session extends Duplex {
  readonly who: SessionIdentity
  /** An empty wish is a query. */
  readonly onApply: Event<Request<LineWish, LineSettings>>
  /** An empty wish is a query. */
  readonly onControl: Event<Request<ControlWish, ControlLines>>
  /** Asks for a break of its own length, in ms (telnet's IAC BRK, a terminal's key). */
  readonly onBreak: Event<number>
  readonly onPurge: Event<Purge>
  notify(notice: Notice): void
  /** It sends no more, all that it sent was handed on, and it still listens for the answer. Absent where nobody can tell. */
  readonly onInputEnd?: Event<void> | undefined
  /** It has got all that it shall get: whoever serves it closes it. Never fires within a call. */
  readonly onEnough?: Event<CloseReason>
  /** Asks the far side for a sign of life, so that a dead peer closes within about 4 s. Absent where there is none. */
  probe?(): void
}

/** What holds for those who come in here, beside what holds for everybody. */
export interface Terms {
  /** Laid over the bridge's own settings; those who come in elsewhere with other ones take turns with them. */
  readonly settings?: LineWish
  /** They watch, and never write or set anything. */
  readonly observe?: boolean
  /** They only watch until they ask for control, or are given it, also where nobody else has it. */
  readonly watch?: boolean
  /** Where one alone may write, they do from the moment they come, whoever did. Of no effect where one comes again (see `use`). */
  readonly takeOver?: boolean
}

/** Listens to the device for a source whose Session is not there yet. */
export interface Ear {
  /** The device said this; it is kept for the Session that it brings. Of no effect while that is there. */
  hear(chunk: Uint8Array): void
  /** What was kept, in order; nothing is kept of it afterwards. */
  take(): Uint8Array[]
  /** There was no room for so many bytes. */
  readonly onLost: Event<number>
}

export interface SessionSource {
  /** How it is reached: the URL with the real port, the symlink of the PTY. */
  readonly address: string
  /** Each Session once, paused; without a listener Sessions are closed with `refused`. */
  readonly onSession: Event<Session>
  /** Takes no more Sessions; those that live go on. Resolves when the address is free again. */
  close(reason: CloseReason): Promise<void>
  readonly terms?: Terms
  /** True while its address is waited for, and nobody can come; then `onAccepting` fires. Absent where that never is. */
  readonly awaited?: boolean | undefined
  readonly onAccepting?: Event<void> | undefined
  /** It connects to others by itself: its address is where it connects to, and nobody can reach us there. */
  readonly outward?: boolean
  /** No Session can be had; once per cause. It is tried again meanwhile. */
  readonly onFault?: Event<Fault>
  /** What it waits for to try again it tries now. Absent where it waits for nothing. */
  retry?(): void
  /** Where Sessions come because the device says something. */
  readonly ear?: Ear | undefined
  /** Where Sessions come from a port that has to be opened first (the far end of a cable): how that goes. */
  readonly port?: {
    readonly state: PortState
    readonly onState: Event<PortState>
    /** It cannot be opened, or broke; once per cause. It is tried again meanwhile. */
    readonly onFault: Event<Fault>
  }
}

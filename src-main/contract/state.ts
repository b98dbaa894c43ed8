/** What a running Farport is, as one plain tree: what the UI shows and `--json` prints. */
import type { FaultRecord } from './faults.ts'
import type { PortFinding } from './findings.ts'
import type { HostState } from './host.ts'
import type { ControlLines, LineSettings, LineWish, ModemState } from './line.ts'
import type { CapturesState } from './recording.ts'
import type { PeerEntry, Permission } from './settings.ts'
import type { VirtualState } from './virtual.ts'

/** `waiting`: the last try failed; the next one is at `retryAt` (wall clock, ms since 1970), or when its settings change where that is absent. */
export type PortState =
  | { readonly type: 'idle' }
  | { readonly type: 'opening' }
  | {
      readonly type: 'open'
      readonly settings: LineSettings
      readonly lines: ControlLines
      readonly modem: ModemState
    }
  | { readonly type: 'waiting'; readonly fault: FaultRecord; readonly retryAt?: number }
  | { readonly type: 'closing' }

export interface SessionState {
  /** Its number in the share or link, from 1. */
  readonly id: number
  readonly label: string
  /** The id of the paired Farport it came from; absent where no key has proved one. */
  readonly peer?: string
  /** Which of that peer's uses of the port it is, in words of the peer's own. */
  readonly use?: string
  /** What it sends goes to the device. */
  readonly writer: boolean
  /** It only watches, and cannot be given control. */
  readonly observes: boolean
  /** It came to watch: it has no control because it wants none, and may ask for it. */
  readonly watches?: true
  /** Where one alone may write, and this is the one: since when. Wall clock, ms since 1970. */
  readonly holdsSince?: number
  /** It asked for control, and was neither given it nor turned down: since when. Wall clock, ms since 1970. */
  readonly asksSince?: number
  /** Wall clock, ms since 1970. */
  readonly since: number
  readonly bytesToDevice: number
  readonly bytesFromDevice: number
  /** Read and dropped because it may not write, or because nobody was there to take it; and dropped because it was slow. */
  readonly lostToDevice: number
  readonly lostFromDevice: number
  /** What it sent and waits for the device, in bytes, as far as Farport holds it; absent: nothing. */
  readonly waiting?: number
}

/** Bytes for the device wait, and it has taken nothing for about 1 s or longer. */
export interface BlockedState {
  /** Wall clock, ms since 1970. */
  readonly since: number
  /**
   * `cts`: the device holds CTS off. `peer`: the far computer asked us to hold our data. `flow-control`: the settings have flow
   * control, and nobody shows more than that nothing moves.
   */
  readonly by: 'cts' | 'flow-control' | 'peer'
  /** How many wait. */
  readonly bytes: number
}

/** One who uses the far share that a link uses. */
export interface FarUser {
  /** The number of its session there. */
  readonly session: number
  /** As that computer shows it: a name, or `another client`; another use of our own is `this computer`. */
  readonly label: string
  /** Since when it has, or asks for, the control: wall clock of that computer, ms since 1970. */
  readonly since: number
}

/**
 * Where a link is connected to a share of another Farport: how it stands there with the control. `unknown`: not told yet, or not any more;
 * `fault`: it cannot be asked.
 */
export type FarState =
  | { readonly type: 'unknown'; readonly peer: string; readonly fault?: FaultRecord }
  | {
      readonly type: 'known'
      /** What we call that computer. */
      readonly peer: string
      /** The name of the share there. */
      readonly share: string
      /** Ours: what these say is the same as in a SessionState. */
      readonly session: number
      readonly writer: boolean
      readonly observes: boolean
      readonly watches?: true
      readonly holdsSince?: number
      readonly asksSince?: number
      /** What we may do with it. */
      readonly may?: Permission
      /** Another one that has the control. */
      readonly holder?: FarUser
      /** Others that ask for it, who asked first first; no more than a few. */
      readonly asks: readonly FarUser[]
    }

/**
 * Who made the settings in force what they are. `own`: they are the share's or link's own; `owner`: set from this computer (`line.apply`);
 * `elsewhere`: another user of the far port. A session may have left since.
 */
export type SettingsOrigin =
  | { readonly type: 'own' | 'owner' | 'elsewhere' }
  | { readonly type: 'session'; readonly session: number; readonly label: string }

/** What an open port can really carry; what is in none of the lists is only remembered, and its level unknown. */
export interface CarriedState {
  readonly settings: readonly (keyof LineSettings)[]
  readonly control: readonly (keyof ControlLines)[]
  readonly modem: readonly (keyof ModemState)[]
}

/** What a share or link keeps of its traffic in memory. */
export interface RecordingState {
  readonly on: boolean
  /** The time of the oldest record: wall clock, ms since 1970. Absent: there is none. */
  readonly since?: number
  /** Of the line, in its records. */
  readonly bytes: number
  readonly records: number
  /** Bytes of memory that it takes. */
  readonly size: number
  /** What passed on the line since it was made, also where no session took it, and while it was off. */
  readonly bytesToDevice: number
  readonly bytesFromDevice: number
}

/** A share or a link: one port, the addresses under which it is reached, and who uses it now. */
export interface BridgeState {
  readonly id: string
  readonly kind: 'share' | 'link'
  readonly name: string
  /** False: a share that is switched off. */
  readonly enabled: boolean
  /** Not of the settings: a terminal's port, which ends with it. */
  readonly passing?: true
  /** A link that is kept from here to watching: nothing is written or set at its other side, whoever wants to. */
  readonly onlyWatches?: true
  /** In a peer's view: what it may do with it. */
  readonly may?: Permission
  readonly port: string
  /** Which of `ports` that is; absent: none that is plugged in, or nobody looked. */
  readonly portId?: string
  /** The adapter, also while it is unplugged, where it was seen before. */
  readonly usb?: AnnouncedUsb
  readonly addresses: readonly string[]
  /** Those of them that it cannot listen at yet: nobody can come there. Absent where it can at all. */
  readonly awaited?: readonly string[]
  /** Where it connects to by itself. */
  readonly dials: readonly string[]
  readonly state: PortState
  /** What the port is opened with where no user asks for anything else; absent fields are as the device has them. */
  readonly own?: LineWish
  /** While it is open. */
  readonly setBy?: SettingsOrigin
  readonly carried?: CarriedState
  /** Absent where nothing waits, or what waits moves. */
  readonly blocked?: BlockedState
  readonly sessions: readonly SessionState[]
  /**
   * Of a link: the programs of this computer that have its virtual port open, as far as the system shows them. Looked at while an owner
   * watches, when the port is opened or closed; absent where none is known.
   */
  readonly programs?: readonly PortUser[]
  /** Of a link with a virtual port: what that is. */
  readonly virtual?: VirtualState
  /** Of a link that is connected to a share of another Farport. */
  readonly far?: FarState
  /** Told as often as the byte counts. Absent: in a peer's view, and as long as it never ran. */
  readonly recording?: RecordingState
  /** Totals since the start, sessions that left included. */
  readonly bytesToDevice: number
  readonly bytesFromDevice: number
  readonly lostToDevice: number
  readonly lostFromDevice: number
}

/** One address for a pool of shares. */
export interface RotatorState {
  readonly id: string
  readonly kind: 'rotator'
  readonly name: string
  /** False: one that is switched off. */
  readonly enabled: boolean
  /** Why nobody can come there; absent: they can, or it is off. */
  readonly fault?: FaultRecord
  readonly addresses: readonly string[]
  /** The ids of the shares of its pool. */
  readonly shares: readonly string[]
}

/** The running instance itself. What a peer may not know of it is absent there. */
export interface SelfState {
  /** SHA-256 of its public key, 64 hex digits. */
  readonly id: string
  readonly name: string
  readonly version: string
  readonly pid?: number
  /** `system`: the service of the whole computer. */
  readonly kind?: 'user' | 'system'
  /** Wall clock, ms since 1970. */
  readonly since?: number
  readonly settingsPath?: string
  /** Somebody went through the first steps of the page, or past them. */
  readonly introduced?: true
  /** Where peers reach it; empty where it does not listen. */
  readonly listening?: readonly string[]
  /** Why it does not, or why its settings file is not what is in force. */
  readonly faults?: readonly FaultRecord[]
}

export interface PeerState extends PeerEntry {
  /** Connections that it has here, or we have there. */
  readonly connections: number
  /** Accepted once: it is known until this Farport ends, or the peer has been away for a while, and is in no file. */
  readonly once?: true
}

/** Somebody asks to pair, or is asked by us. */
export interface PairingState {
  readonly peerId: string
  readonly direction: 'incoming' | 'outgoing'
  readonly remote: string
  /** What the peer calls itself; empty until it said so. */
  readonly name: string
  /** Six digits, once both sides have them. */
  readonly code?: string
  /** A person here accepted: it is the other side's turn. */
  readonly accepted?: true
  /** … for this time. */
  readonly once?: true
}

/** Identity of a USB adapter, as it is announced. */
export interface AnnouncedUsb {
  /** Four hex digits, lower case. */
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
  readonly manufacturer?: string
  readonly product?: string
  /** From 0; tells the ports of one adapter apart. */
  readonly interfaceNumber?: number
  /** What the interface calls itself. */
  readonly interfaceName?: string
}

/**
 * What announces itself in the network, or stands at an address that a person gave. A hint: anybody can announce anything, and who
 * it is shows only when it is connected to.
 */
export interface NearbyState {
  readonly id: string
  /** `farport`: a whole computer with its shares; `port`: one serial port of whatever program. */
  readonly kind: 'farport' | 'port'
  readonly name: string
  /** `box.local`, or what a person gave. */
  readonly host: string
  readonly addresses: readonly string[]
  readonly port: number
  /** What to connect to: `rfc2217://192.0.2.7:7000`, `farport://192.0.2.7:22217`. Absent: it speaks what is not spoken here. */
  readonly url?: string
  /** Who it says it is: the id of a Farport. */
  readonly claims?: string
  /** The name here of the paired computer that has this id. */
  readonly peer?: string
  /** Which program announces it: `ser2net`. */
  readonly provider?: string
  /** As gensio writes it: `telnet(rfc2217),tcp`. */
  readonly stack?: string
  readonly usb?: AnnouncedUsb
  /** `low`: it need not be a serial port at all. */
  readonly confidence: 'high' | 'low'
  /** `manual`: a person gave its address. */
  readonly origin: 'mdns' | 'manual'
  /** False: gone, or silent. */
  readonly present: boolean
  /** `manual`: why nobody answers there. */
  readonly fault?: FaultRecord
  /** First and last heard: wall clock, ms since 1970. `manual`: the first try, and the last answer; 0: there was none. */
  readonly since: number
  readonly seen: number
}

/** "Pause all sharing" is on. */
export interface PauseState {
  /** Wall clock, ms since 1970. */
  readonly since: number
  /** The ids of the shares that come back with its end: those that it switched off, and nobody switched on or removed since. */
  readonly shares: readonly string[]
}

/** All but `bridges` and `rotators`: of a running instance alone; a peer sees `self`, and the bridges that it may observe. */
export interface StateTree {
  readonly bridges: Readonly<Record<string, BridgeState>>
  readonly rotators: Readonly<Record<string, RotatorState>>
  readonly self?: SelfState
  /** By their ids. */
  readonly peers?: Readonly<Record<string, PeerState>>
  readonly pairings?: Readonly<Record<string, PairingState>>
  readonly nearby?: Readonly<Record<string, NearbyState>>
  readonly host?: HostState
  /** Absent: sharing is not paused. */
  readonly paused?: PauseState
  /** The serial ports of this computer, by their ids. Looked at while an owner watches, so at first they are absent. */
  readonly ports?: Readonly<Record<string, LocalPortState>>
  /** What stands in the way of adapters that have no port. With `ports`. */
  readonly adapters?: readonly PortFinding[]
  /** Captures that run, and files of before. At first they are absent, as `ports` are. */
  readonly captures?: CapturesState
}

/** What a peer offers us. */
export interface Offer {
  readonly self: SelfState
  readonly bridges: readonly BridgeState[]
}

/** One serial port of this computer. Ids are four hex digits, lower case; absent: the system does not say. */
export interface PortInfo {
  readonly path: string
  readonly byId: readonly string[]
  readonly byPath: readonly string[]
  readonly manufacturer?: string
  readonly product?: string
  readonly serialNumber?: string
  readonly vendorId?: string
  readonly productId?: string
  /** USB interface number, from 0; tells the ports of one multi-port adapter apart. */
  readonly interfaceNumber?: number
  /** What the USB interface calls itself; most do not. */
  readonly interfaceName?: string
  readonly driver?: string
  /** Where it is plugged in, stable while it stays there: `usb-1-1.2:1.0`. */
  readonly physicalPath?: string
  /** Who has it open; empty: nobody that the system shows. */
  readonly users: readonly PortUser[]
}

/** A port in the state of the instance that runs beside it. */
export interface LocalPortState extends PortInfo {
  /** The adapter's own where it has a serial number, else its socket's: the same as long as it is the same port to people. */
  readonly id: string
  /** What stands in its way; empty: nothing. What this Farport itself does with it is not there. */
  readonly findings: readonly PortFinding[]
}

export interface PortUser {
  readonly pid: number
  readonly command: string
}

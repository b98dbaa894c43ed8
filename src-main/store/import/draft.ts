/**
 * One connection of ser2net's, on its way to a share: what was read of it so far, with ser2net's own defaults where nothing was said.
 * Filled by options.ts, serial.ts, accepter.ts and connector.ts; made into a share by shares-of.ts.
 */
import type { DialSpec } from '../../contract/commands.ts'
import type { DataBits, Parity, StopBits } from '../../contract/line.ts'
import type { Place, Remark } from './found.ts'

/** A serial line as ser2net sets it. */
export interface SerialDraft {
  baudRate: number
  dataBits: DataBits
  parity: Parity
  stopBits: StopBits
  xonxoff: boolean
  rtscts: boolean
  /** Modem control lines are ignored. */
  local: boolean
  hangUp: boolean
  dtr?: boolean
  rts?: boolean
  rs485: boolean
  writeOnly: boolean
}

export interface TraceDraft {
  file?: string
  hexdump: boolean
  timestamp: boolean
}

export const TRACES = ['read', 'write', 'both'] as const
export type TraceKind = (typeof TRACES)[number]

export class Draft {
  readonly place: Place
  readonly name: string
  /** The line, or what names it, for remarks about all of it. */
  readonly text: string
  readonly #remarks: Remark[] = []

  enabled = true
  /** Endpoint URLs. */
  listen: string[] = []
  /** Computers other than this one reach one of them. */
  isOpen = false
  /** Who may log in is said of it alone: rights are a share's, so it is one by itself. */
  hasOwnUsers = false
  /** What `listen` speaks, for those who connect back. */
  target = ''
  serial: SerialDraft | undefined
  timeoutSeconds = 0
  banner: string | undefined
  signature: string | undefined
  closeOn: string | undefined
  openString: string | undefined
  closeString: string | undefined
  maxClients = 1
  kickOld = false
  oneWay: 'to-device' | 'from-device' | undefined
  /** Undefined: nothing was said. */
  announce: boolean | undefined
  /** Both directions are off: nothing is left to share. */
  allow: string[] = []
  dial: DialSpec[] = []
  readonly traces: Record<TraceKind, TraceDraft> = {
    read: { hexdump: false, timestamp: false },
    write: { hexdump: false, timestamp: false },
    both: { hexdump: false, timestamp: false }
  }

  constructor(place: Place, name: string, text: string) {
    this.place = place
    this.name = name
    this.text = text
  }

  /** What was left out. `place`: where that stands, if elsewhere. */
  get remarks(): readonly Remark[] {
    return this.#remarks
  }

  note(text: string, reason: string, place: Place = this.place): void {
    this.#remarks.push({ ...place, text, reason })
  }
}

/** gensio's own: 9600N81, and the modem control lines are heeded. */
export function freshSerial(): SerialDraft {
  return {
    baudRate: 9600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    xonxoff: false,
    rtscts: false,
    local: false,
    hangUp: false,
    rs485: false,
    writeOnly: false
  }
}

/**
 * The command table: what can be asked of a running Farport, by whom, with which arguments. Types derive from it; the
 * same table serves the command line, and every window and peer.
 */
import * as v from 'valibot'
import { command, count, flag, text } from './command.ts'
import type { Finding } from './findings.ts'
import { DATA_BITS, FLOW_CONTROLS, MAX_BAUD_RATE, PARITIES, STOP_BITS } from './line.ts'
import { MAX_RESET_STEPS, MAX_RESET_WAIT_MS, RESET_NAMES, STAYING_RESET_NAMES } from './reset.ts'
import type { BridgeState, PortInfo, RotatorState } from './state.ts'
import { VIA_WAYS, type VirtualWay } from './virtual.ts'

export const lineWishSchema = v.strictObject({
  baudRate: v.exactOptional(v.pipe(count(1), v.maxValue(MAX_BAUD_RATE))),
  dataBits: v.exactOptional(v.picklist(DATA_BITS)),
  parity: v.exactOptional(v.picklist(PARITIES)),
  stopBits: v.exactOptional(v.picklist(STOP_BITS)),
  flowControl: v.exactOptional(v.picklist(FLOW_CONTROLS))
})

/** Programs whose escapes (`~B` for a break) are known; `none`: every byte is data. */
export const ESCAPE_NAMES = ['none', 'ipmitool', 'ssh'] as const
export type EscapeName = (typeof ESCAPE_NAMES)[number]

/** A variable of a program's environment. Never its value: that would be seen in command lines, states and logs. */
const variableSchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/)),
  /** The file that holds its value; absent: Farport's own environment does. */
  file: v.exactOptional(text)
})
export type ProgramVariable = v.InferOutput<typeof variableSchema>

/** How a port is opened, whatever it is: a device path, `sim:…`, or an endpoint URL. */
export const portSchema = v.strictObject({
  target: text,
  settings: v.optional(lineWishSchema, {}),
  /** Drop DTR when the port is closed; a program is ended when DTR drops. */
  hangUp: flag,
  /** Heed the carrier: opening and reading end without DCD. Default: it is ignored (LOCAL). */
  carrier: flag,
  /** Levels right after opening; absent: as the system leaves them. */
  dtr: v.optional(v.boolean()),
  rts: v.optional(v.boolean()),
  lowLatency: flag,
  rs485: flag,
  /** Breaks that clients send never reach the device. */
  noBreak: flag,
  /** Run at each opening, before anybody has the port; `dtr` and `rts` come after it. */
  resetOnOpen: v.exactOptional(v.picklist(STAYING_RESET_NAMES)),
  /** DTR and RTS stay as they are after opening; wishes of clients are only answered. */
  neverReset: flag,
  /** For a program (`exec:`): what its environment has beside ours. */
  env: v.exactOptional(v.array(variableSchema)),
  /** For a program: whose escapes it heeds; absent: told by its name. */
  escapes: v.exactOptional(v.picklist(ESCAPE_NAMES))
})
export type PortSpec = v.InferOutput<typeof portSchema>

/** Clients of one share: a process has some thousand descriptors for all of them. */
export const MAX_CLIENTS = 1000

/** What a client of a listener is greeted and answered with. Escapes as in ser2net: `\d`, `\p`, `\I`, `\r\n`, … */
const textFields = {
  /** Sent to each client that comes, before anything of the device. */
  banner: v.exactOptional(text),
  /** What RFC 2217 clients that ask for it are told; 24 characters at the most are sent. */
  signature: v.exactOptional(v.string()),
  /** A client is closed when the device says this. */
  closeOn: v.exactOptional(text)
}

/** Where clients are accepted; fields that are absent are as the share has them. */
const listenerSchema = v.strictObject({
  /** An endpoint URL. */
  url: text,
  /** Laid over the share's own. Clients of listeners with other settings take turns. */
  settings: v.exactOptional(lineWishSchema),
  /** Its clients watch, and never write or set anything. */
  observe: flag,
  allow: v.exactOptional(v.array(text)),
  ...textFields
})
export type ListenerSpec = v.InferInput<typeof listenerSchema>

/** Where the share connects to by itself; what answers there is a client like any other. */
const dialSchema = v.strictObject({
  /** An endpoint URL. */
  url: text,
  /** `always`: kept connected, again and again. `data`: connected when the device says something and nobody is there. */
  when: v.picklist(['always', 'data'])
})
export type DialSpec = v.InferInput<typeof dialSchema>

/** A file that is written as the bytes pass. Its name may hold escapes as in ser2net (`\d`, `\p`, dates). */
const traceSchema = v.strictObject({
  /** `read`: from the device; `write`: to the device. */
  what: v.picklist(['read', 'write', 'both']),
  file: text,
  hexdump: flag,
  timestamp: flag,
  /** A file that grew beyond so many bytes is put aside as FILE.1 and a new one begun; absent: never. */
  rotateBytes: v.exactOptional(count(1024))
})
export type TraceSpec = v.InferInput<typeof traceSchema>

export const WRITERS = ['one', 'all', 'none'] as const
export const NEWCOMERS = ['watch', 'take-over', 'kick-old'] as const
export const ONE_WAYS = ['to-device', 'from-device'] as const

export const shareSchema = v.strictObject({
  name: v.optional(text),
  port: portSchema,
  listen: v.optional(v.array(v.union([text, listenerSchema])), []),
  dial: v.optional(v.array(dialSchema), []),
  allow: v.optional(v.array(text), []),
  maxClients: v.optional(v.pipe(count(1), v.maxValue(MAX_CLIENTS)), 8),
  /** `none`: everybody watches. */
  writers: v.optional(v.picklist(WRITERS), 'one'),
  /**
   * What becomes of a newcomer where another one writes, or the share is full. `watch`: it waits its turn, or is refused;
   * `take-over`: it writes, and the others watch; `kick-old`: it takes the place of whoever is here longest.
   */
  newcomer: v.optional(v.picklist(NEWCOMERS), 'watch'),
  /** Bytes go this way alone. */
  oneWay: v.exactOptional(v.picklist(ONE_WAYS)),
  /** Close a client that neither sends nor gets anything for so long, in ms; absent: never. */
  inactivityMs: v.exactOptional(count(1)),
  /** Open the port at once and keep it open, instead of with the first client. */
  openAtStart: flag,
  /** Keep the port open so long after the last client, in ms. */
  keepOpenMs: v.exactOptional(count(0)),
  keepSettings: flag,
  /** Start even where the device is missing, and wait for it. */
  wait: flag,
  /** Close a client that takes nothing for so long, in ms; 0: never. */
  stallTimeoutMs: v.optional(count(0)),
  /** Reached through a rotator: it needs no listener of its own. */
  pooled: flag,
  /** Known and named, but neither listening nor open until it is enabled. */
  disabled: flag,
  /** False: it is not announced in the network (mDNS), whoever can reach it. */
  announce: flag,
  /** False: what passes is not kept in memory. */
  record: flag,
  ...textFields,
  /** Sent to the device when it was opened, and before it is closed; escapes as in a banner. */
  openString: v.exactOptional(text),
  closeString: v.exactOptional(text),
  trace: v.optional(v.array(traceSchema), [])
})
export type ShareSpec = v.InferInput<typeof shareSchema>

export const linkSchema = v.strictObject({
  name: v.optional(text),
  port: portSchema,
  /** A virtual port (`pty:PATH`, `usb:NAME`, `com:COM7`, `auto:NAME`), or another port: then the two are one long cable. */
  to: text,
  /** What shall make a COM port, where more than one can. */
  via: v.exactOptional(v.picklist(VIA_WAYS)),
  pty: v.optional(
    v.strictObject({ mode: v.optional(count(0)), user: v.optional(text), group: v.optional(text) }),
    {}
  ),
  /**
   * The port is only watched. A paired computer is asked for no more until somebody asks for control; of any other port nothing is ever
   * written or set here, and of another program's (rfc2217, raw) not even as it is opened.
   */
  observe: flag,
  /** Stay connected while no program uses it. */
  hold: flag,
  /** Start even where a device is missing, and wait for it; with `hold`, nobody asks for `link.opened`. */
  wait: flag,
  /** False: what passes is not kept in memory. */
  record: flag
})
export type LinkSpec = v.InferInput<typeof linkSchema>

const sendSchema = v.strictObject({
  port: portSchema,
  bytes: v.instance(Uint8Array),
  /** Send a break of so many ms, before the bytes. */
  breakMs: v.optional(count(1))
})

const resetSchema = v.strictObject({
  port: portSchema,
  /** A profile, or steps of one's own. */
  sequence: v.union([
    v.picklist(RESET_NAMES),
    v.pipe(
      v.array(
        v.strictObject({
          baudRate: lineWishSchema.entries.baudRate,
          dtr: v.exactOptional(v.boolean()),
          rts: v.exactOptional(v.boolean()),
          break: v.exactOptional(v.boolean()),
          waitMs: v.exactOptional(v.pipe(count(0), v.maxValue(MAX_RESET_WAIT_MS)))
        })
      ),
      v.minLength(1),
      v.maxLength(MAX_RESET_STEPS)
    )
  ]),
  /** How long a board that leaves may take to come back, in ms. */
  followMs: v.optional(count(1), 10_000)
})

export const rotatorSchema = v.strictObject({
  name: v.optional(text),
  listen: v.pipe(v.array(v.union([text, listenerSchema])), v.minLength(1)),
  allow: v.optional(v.array(text), []),
  /** Ids of shares; a newcomer gets the next one that nobody uses. */
  shares: v.pipe(v.array(text), v.minLength(1)),
  stallTimeoutMs: v.optional(count(0)),
  ...textFields
})
export type RotatorSpec = v.InferInput<typeof rotatorSchema>

const started = v.strictObject({ id: text })

export const COMMANDS = {
  'ports.list': command<readonly PortInfo[]>()('owner', v.strictObject({})),
  'share.start': command<BridgeState>()('owner', shareSchema),
  /** Switches a share off or on; its Fault when it cannot be on. */
  'share.enable': command<BridgeState>()('owner', v.strictObject({ id: text, enabled: v.boolean() })),
  'rotator.start': command<RotatorState>()('owner', rotatorSchema),
  'link.start': command<BridgeState>()('owner', linkSchema),
  /** How a virtual port can be made on this computer, and how it cannot. */
  'link.ways': command<readonly VirtualWay[]>()('owner', v.strictObject({})),
  /** Waits for the first opening of a link that holds its port; its Fault is the caller's. */
  'link.opened': command<BridgeState>()('owner', started),
  'bridge.stop': command<{ lost: number }>()('owner', started),
  send: command<{ sent: number }>()('owner', sendSchema),
  /** `path`: where a board that left came back. */
  reset: command<{ path?: string }>()('owner', resetSchema),
  doctor: command<readonly Finding[]>()('owner', v.strictObject({}))
} as const

export type CommandName = keyof typeof COMMANDS
export type CommandInput<Name extends CommandName> = v.InferInput<(typeof COMMANDS)[Name]['args']>
export type CommandArguments<Name extends CommandName> = v.InferOutput<(typeof COMMANDS)[Name]['args']>
export type CommandResult<Name extends CommandName> = NonNullable<(typeof COMMANDS)[Name]['result']>

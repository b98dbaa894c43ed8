/**
 * The command table: what can be asked of a running Farport, by whom, with which arguments. Types derive from it; the
 * same table serves the command line, and every window and peer.
 */
import * as v from 'valibot'
import type { Finding } from './findings.ts'
import { DATA_BITS, FLOW_CONTROLS, MAX_BAUD_RATE, PARITIES, STOP_BITS } from './line.ts'
import type { BridgeState, PortInfo } from './state.ts'

/** Who may call: only whoever owns this installation, or also a peer with that right on the share in question. */
export type Caller = 'owner' | 'observe' | 'control'

interface Command<Arguments extends v.GenericSchema, Result> {
  readonly caller: Caller
  readonly args: Arguments
  /** Never set: carries the type. */
  readonly result?: Result
}

const command =
  <Result>() =>
  <Arguments extends v.GenericSchema>(caller: Caller, args: Arguments): Command<Arguments, Result> => ({
    caller,
    args
  })

const text = v.pipe(v.string(), v.nonEmpty())
const flag = v.optional(v.boolean())
const count = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))

export const lineWishSchema = v.strictObject({
  baudRate: v.exactOptional(v.pipe(count(1), v.maxValue(MAX_BAUD_RATE))),
  dataBits: v.exactOptional(v.picklist(DATA_BITS)),
  parity: v.exactOptional(v.picklist(PARITIES)),
  stopBits: v.exactOptional(v.picklist(STOP_BITS)),
  flowControl: v.exactOptional(v.picklist(FLOW_CONTROLS))
})

/** How a port is opened, whatever it is: a device path, `sim:…`, or an endpoint URL. */
const portSchema = v.strictObject({
  target: text,
  settings: v.optional(lineWishSchema, {}),
  /** Drop DTR when the port is closed. */
  hangUp: flag,
  /** Heed the carrier: opening and reading end without DCD. Default: it is ignored (LOCAL). */
  carrier: flag,
  /** Levels right after opening; absent: as the system leaves them. */
  dtr: v.optional(v.boolean()),
  rts: v.optional(v.boolean()),
  lowLatency: flag,
  rs485: flag
})
export type PortSpec = v.InferOutput<typeof portSchema>

/** Clients of one share: a process has some thousand descriptors for all of them. */
export const MAX_CLIENTS = 1000

const shareSchema = v.strictObject({
  name: v.optional(text),
  port: portSchema,
  listen: v.pipe(v.array(text), v.minLength(1)),
  allow: v.optional(v.array(text), []),
  maxClients: v.optional(v.pipe(count(1), v.maxValue(MAX_CLIENTS)), 8),
  writers: v.optional(v.picklist(['one', 'all']), 'one'),
  keepSettings: flag,
  /** Start even where the device is missing, and wait for it. */
  wait: flag,
  /** Close a client that takes nothing for so long, in ms; 0: never. */
  stallTimeoutMs: v.optional(count(0))
})
export type ShareSpec = v.InferInput<typeof shareSchema>

const linkSchema = v.strictObject({
  name: v.optional(text),
  port: portSchema,
  /** `pty:PATH`, or another port: then the two are one long cable. */
  to: text,
  pty: v.optional(
    v.strictObject({ mode: v.optional(count(0)), user: v.optional(text), group: v.optional(text) }),
    {}
  ),
  /** Stay connected while no program uses it. */
  hold: flag
})
export type LinkSpec = v.InferInput<typeof linkSchema>

const sendSchema = v.strictObject({
  port: portSchema,
  bytes: v.instance(Uint8Array),
  /** Send a break of so many ms, before the bytes. */
  breakMs: v.optional(count(1))
})

const started = v.strictObject({ id: text })

export const COMMANDS = {
  'ports.list': command<readonly PortInfo[]>()('owner', v.strictObject({})),
  'share.start': command<BridgeState>()('owner', shareSchema),
  'link.start': command<BridgeState>()('owner', linkSchema),
  /** Waits for the first opening of a link that holds its port; its Fault is the caller's. */
  'link.opened': command<BridgeState>()('owner', started),
  'bridge.stop': command<{ lost: number }>()('owner', started),
  send: command<{ sent: number }>()('owner', sendSchema),
  doctor: command<readonly Finding[]>()('owner', v.strictObject({}))
} as const

export type CommandName = keyof typeof COMMANDS
export type CommandInput<Name extends CommandName> = v.InferInput<(typeof COMMANDS)[Name]['args']>
export type CommandArguments<Name extends CommandName> = v.InferOutput<(typeof COMMANDS)[Name]['args']>
export type CommandResult<Name extends CommandName> = NonNullable<(typeof COMMANDS)[Name]['result']>

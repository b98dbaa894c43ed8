/** A terminal of a page: a user of a port, as a subscription for what the device says and a command for what is typed. */
import * as v from 'valibot'
import type { CloseReason } from './close.ts'
import { flag, text } from './command.ts'
import { portSchema } from './commands.ts'
import type { FaultRecord } from './faults.ts'
import type { LineSettings } from './line.ts'

/** Of one write, in bytes; more is written piece by piece. Also the most that one item has. */
export const MAX_TERMINAL_BYTES = 64 * 1024

/** Chosen by whoever opens it, at random: two with the same are a mistake. */
const key = v.pipe(v.string(), v.regex(/^[\w-]{8,64}$/, 'a terminal is called by 8 to 64 letters and digits'))

export const terminalSchema = v.strictObject({
  terminal: key,
  /** A share or link by its id; or any port, opened for it alone. */
  on: v.union([v.strictObject({ id: text }), v.strictObject({ port: portSchema })]),
  /** It watches, and never writes. */
  observe: flag
})
export type TerminalSpec = v.InferInput<typeof terminalSchema>

export const terminalDiscardSchema = v.strictObject({ terminal: key })

export const terminalWriteSchema = v.strictObject({
  terminal: key,
  bytes: v.pipe(v.instance(Uint8Array), v.maxLength(MAX_TERMINAL_BYTES))
})

/**
 * `joined`: first; which share or link it is in the state, and which of its sessions: there stands whether it may write. `open`: the port
 * is there. `waiting`: it is not; the words of PortState. `closed`: the last one; `lost`: bytes of the device that were not read.
 */
export type TerminalItem =
  | { readonly type: 'joined'; readonly id: string; readonly session: number }
  | { readonly type: 'open'; readonly settings: LineSettings }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'waiting'; readonly fault: FaultRecord; readonly retryAt?: number }
  | { readonly type: 'closed'; readonly reason: CloseReason; readonly lost: number }

/**
 * `share`'s grammar: several devices in one line, each with its listeners.
 *
 *   share [for all] DEVICE [its own] --listen URL [its own] DEVICE … --listen URL [for all]
 */
import {
  MAX_CLIENTS,
  NEWCOMERS,
  ONE_WAYS,
  WRITERS,
  type ShareSpec,
  type TraceSpec
} from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import { readListener } from './listener-argument.ts'
import {
  PORT_OPTIONS,
  collect,
  filled,
  flag,
  integer,
  merge,
  oneOf,
  readPort,
  seconds,
  value,
  values,
  type Given,
  type Token
} from './options.ts'

export const SHARE_OPTIONS = {
  ...PORT_OPTIONS,
  name: { type: 'string' },
  listen: { type: 'string' },
  allow: { type: 'string' },
  'max-clients': { type: 'string' },
  writers: { type: 'string' },
  newcomer: { type: 'string' },
  'one-way': { type: 'string' },
  'inactivity-timeout': { type: 'string' },
  'open-at-start': { type: 'boolean' },
  'keep-open': { type: 'string' },
  'keep-settings': { type: 'boolean' },
  wait: { type: 'boolean' },
  'stall-timeout': { type: 'string' },
  banner: { type: 'string' },
  signature: { type: 'string' },
  'close-on': { type: 'string' },
  'open-string': { type: 'string' },
  'close-string': { type: 'string' },
  'trace-read': { type: 'string' },
  'trace-write': { type: 'string' },
  'trace-both': { type: 'string' },
  'trace-hexdump': { type: 'boolean' },
  'trace-timestamp': { type: 'boolean' },
  'trace-rotate': { type: 'string' }
} as const

/** A day; `--stall-timeout 0` is longer. */
const MAX_SECONDS = 86_400

/** MiB of one trace file, for `--trace-rotate`. */
const MAX_TRACE_MEBIBYTES = 65_536
const MEBIBYTE = 1024 * 1024

interface Segment {
  readonly device: string
  readonly tokens: Token[]
}

export function readShares(tokens: readonly Token[]): ShareSpec[] {
  const lastListener = tokens.findLastIndex((token) => token.kind === 'option' && token.name === 'listen')
  const common: Token[] = []
  const segments: Segment[] = []
  tokens.forEach((token, index) => {
    const segment = segments.at(-1)
    if (token.kind === 'positional') segments.push({ device: token.value, tokens: [] })
    else if (segment && index <= lastListener) segment.tokens.push(token)
    else common.push(token)
  })
  if (segments.length === 0)
    throw new Fault(
      'usage',
      'Which device? Name one, e.g. farport share /dev/ttyUSB0 --listen rfc2217://127.0.0.1:7000'
    )
  const shared = collect(common)
  if (flag(shared, 'name') && segments.length > 1)
    throw new Fault('usage', 'One --name cannot stand for several devices. Give it behind its DEVICE.')
  return segments.map((segment) => readShare(segment.device, merge(collect(segment.tokens), shared)))
}

function readShare(device: string, given: Given): ShareSpec {
  const listen = values(given, 'listen')
  if (listen.length === 0)
    throw new Fault(
      'usage',
      `Where shall ${device} be reached? Add a listener, e.g. --listen rfc2217://127.0.0.1:7000`
    )
  return {
    port: readPort(device, given),
    listen: listen.map(readListener),
    allow: values(given, 'allow'),
    keepSettings: flag(given, 'keep-settings'),
    wait: flag(given, 'wait'),
    openAtStart: flag(given, 'open-at-start'),
    ...present({
      name: filled(given, 'name'),
      maxClients: integer(given, 'max-clients', 1, MAX_CLIENTS),
      writers: oneOf(given, 'writers', WRITERS),
      newcomer: oneOf(given, 'newcomer', NEWCOMERS),
      oneWay: oneOf(given, 'one-way', ONE_WAYS),
      inactivityMs: seconds(given, 'inactivity-timeout', 1, MAX_SECONDS),
      keepOpenMs: seconds(given, 'keep-open', 0, MAX_SECONDS),
      stallTimeoutMs: seconds(given, 'stall-timeout', 0, MAX_SECONDS),
      banner: filled(given, 'banner'),
      signature: value(given, 'signature'),
      closeOn: filled(given, 'close-on'),
      openString: filled(given, 'open-string'),
      closeString: filled(given, 'close-string')
    }),
    trace: readTraces(given)
  }
}

function readTraces(given: Given): TraceSpec[] {
  const hexdump = flag(given, 'trace-hexdump')
  const timestamp = flag(given, 'trace-timestamp')
  const mebibytes = integer(given, 'trace-rotate', 1, MAX_TRACE_MEBIBYTES)
  const traces = (['read', 'write', 'both'] as const).flatMap((what): TraceSpec[] => {
    const file = filled(given, `trace-${what}`)
    if (file === undefined) return []
    return [{ what, file, hexdump, timestamp, ...(mebibytes && { rotateBytes: mebibytes * MEBIBYTE }) }]
  })
  if (traces.length === 0 && (hexdump || timestamp || mebibytes !== undefined))
    throw new Fault('usage', 'Trace into which file? Add --trace-both FILE, --trace-read or --trace-write.')
  return traces
}

/** Without the fields that were not given. */
function present<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== undefined)) as {
    [Name in keyof T]?: NonNullable<T[Name]>
  }
}

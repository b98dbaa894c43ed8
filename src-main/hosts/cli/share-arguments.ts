/**
 * `share`'s grammar: several devices in one line, each with its listeners.
 *
 *   share [for all] DEVICE [its own] --listen URL [its own] DEVICE … --listen URL [for all]
 *
 * Devices that stand together before a listener with a range of ports share the range and what stands behind it. With a
 * rotator, a device needs no listener of its own.
 */
import {
  MAX_CLIENTS,
  NEWCOMERS,
  ONE_WAYS,
  WRITERS,
  type DialSpec,
  type RotatorSpec,
  type ShareSpec,
  type TraceSpec
} from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import { shownTarget } from '../../ports/program/secrets.ts'
import { readListener } from './listener-argument.ts'
import {
  USED_PORT_OPTIONS,
  collect,
  filled,
  flag,
  integer,
  merge,
  oneOf,
  readName,
  readPort,
  seconds,
  value,
  values,
  type Given,
  type Token
} from './options.ts'
import { isRange, rangeFor, spread } from './port-range.ts'
import { exampleDevice } from '../../os/example-device.ts'

export const SHARE_OPTIONS = {
  ...USED_PORT_OPTIONS,
  name: { type: 'string' },
  standalone: { type: 'boolean' },
  listen: { type: 'string' },
  rotator: { type: 'string' },
  dial: { type: 'string' },
  'dial-back': { type: 'string' },
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
  disabled: { type: 'boolean' },
  'no-announce': { type: 'boolean' },
  'no-record': { type: 'boolean' },
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
  /** What to do where it has no listener. */
  readonly hint?: string
}

/** What is for all devices, and what for each of them. */
function scopesOf(tokens: readonly Token[]): { common: Token[]; segments: Segment[] } {
  const lastListener = tokens.findLastIndex((token) => token.kind === 'option' && token.name === 'listen')
  const common: Token[] = []
  const segments: Segment[] = []
  tokens.forEach((token, index) => {
    const segment = segments.at(-1)
    if (token.kind === 'positional') segments.push({ device: token.value, tokens: [] })
    else if (segment && index <= lastListener) segment.tokens.push(token)
    else common.push(token)
  })
  return { common, segments }
}

export interface ReadOptions {
  /** A device without an address is reached by paired computers. */
  readonly unlistened?: boolean
}

export function readShares(tokens: readonly Token[], options: ReadOptions = {}): ShareSpec[] {
  const { common, segments } = scopesOf(tokens)
  if (segments.length === 0)
    throw new Fault(
      'usage',
      `Which device? Name one, e.g. farport share ${exampleDevice()} --listen rfc2217://127.0.0.1:7000`
    )
  const shared = collect(common)
  if (flag(shared, 'name') && segments.length > 1)
    throw new Fault('usage', 'One --name cannot stand for several devices. Give it behind its DEVICE.')
  return groups(segments).flatMap((group) => readGroup(group, shared, options))
}

/**
 * One address for all devices of the line; undefined where nothing of that was asked for. What one device alone has (whom it
 * allows) is not the rotator's.
 */
export function readRotator(tokens: readonly Token[]): Omit<RotatorSpec, 'shares'> | undefined {
  const { common, segments } = scopesOf(tokens)
  if (segments.some((segment) => flag(collect(segment.tokens), 'rotator')))
    throw new Fault(
      'usage',
      '--rotator is for all devices of the line: put it behind the last --listen, or before the first DEVICE.'
    )
  const given = collect(common)
  const listen = values(given, 'rotator')
  if (listen.length === 0) return undefined
  const stallTimeoutMs = seconds(given, 'stall-timeout', 0, MAX_SECONDS)
  return {
    name: 'rotator',
    listen: listen.map(readListener),
    allow: values(given, 'allow'),
    ...(stallTimeoutMs !== undefined && { stallTimeoutMs }),
    ...readTexts(given)
  }
}

/** Devices that stand together before the options of the last of them, where these have a range of ports. */
function groups(segments: readonly Segment[]): Segment[][] {
  const found: Segment[][] = []
  let waiting: Segment[] = []
  for (const segment of segments) {
    waiting.push(segment)
    if (segment.tokens.length === 0) continue
    const listeners = values(collect(segment.tokens), 'listen')
    const [first] = listeners
    const hint =
      first === undefined || waiting.length === 1
        ? undefined
        : `${first} is for ${shownTarget(segment.device)} alone. ${rangeFor(first, waiting.length)}`
    found.push(
      ...(listeners.some(isRange) ? [waiting] : waiting.map((each) => [{ ...each, ...(hint && { hint }) }]))
    )
    waiting = []
  }
  return [...found, ...waiting.map((each) => [each])]
}

function readGroup(group: readonly Segment[], shared: Given, options: ReadOptions): ShareSpec[] {
  const own = merge(collect(group.at(-1)?.tokens ?? []), shared)
  const listen = values(own, 'listen').map((url) => spread(url, group.length))
  if (group.length > 1 && flag(own, 'name'))
    throw new Fault(
      'usage',
      'One --name cannot stand for several devices. Leave it out, or share them one by one.'
    )
  return group.map((segment, index) =>
    readShare(
      segment,
      listen.map((urls) => urls[index] ?? ''),
      own,
      options
    )
  )
}

function readShare(
  { device, hint }: Segment,
  listen: readonly string[],
  given: Given,
  { unlistened = false }: ReadOptions
): ShareSpec {
  const dial = [...readDials(given, 'dial', 'always'), ...readDials(given, 'dial-back', 'data')]
  const pooled = flag(given, 'rotator')
  if (listen.length + dial.length === 0 && !pooled && !(unlistened && hint === undefined))
    throw new Fault(
      'usage',
      `Where shall ${shownTarget(device)} be reached? ${hint ?? 'Add a listener, e.g. --listen rfc2217://127.0.0.1:7000, or start farport serve: paired computers need none'}`
    )
  return {
    port: readPort(device, given),
    listen: listen.map(readListener),
    dial,
    pooled,
    disabled: flag(given, 'disabled'),
    allow: values(given, 'allow'),
    keepSettings: flag(given, 'keep-settings'),
    wait: flag(given, 'wait'),
    openAtStart: flag(given, 'open-at-start'),
    ...(flag(given, 'no-announce') && { announce: false }),
    ...(flag(given, 'no-record') && { record: false }),
    ...present({
      name: readName(given),
      maxClients: integer(given, 'max-clients', 1, MAX_CLIENTS),
      writers: oneOf(given, 'writers', WRITERS),
      newcomer: oneOf(given, 'newcomer', NEWCOMERS),
      oneWay: oneOf(given, 'one-way', ONE_WAYS),
      inactivityMs: seconds(given, 'inactivity-timeout', 1, MAX_SECONDS),
      keepOpenMs: seconds(given, 'keep-open', 0, MAX_SECONDS),
      stallTimeoutMs: seconds(given, 'stall-timeout', 0, MAX_SECONDS),
      openString: filled(given, 'open-string'),
      closeString: filled(given, 'close-string')
    }),
    ...readTexts(given),
    trace: readTraces(given)
  }
}

/** What clients are told. */
function readTexts(given: Given): Pick<ShareSpec, 'banner' | 'signature' | 'closeOn'> {
  return present({
    banner: filled(given, 'banner'),
    signature: value(given, 'signature'),
    closeOn: filled(given, 'close-on')
  })
}

function readDials(given: Given, name: string, when: DialSpec['when']): DialSpec[] {
  return values(given, name).map((url) => ({ url, when }))
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

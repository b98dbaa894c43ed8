/**
 * `share`'s grammar: several devices in one line, each with its listeners.
 *
 *   share [for all] DEVICE [its own] --listen URL [its own] DEVICE … --listen URL [for all]
 */
import { MAX_CLIENTS, type ShareSpec } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import {
  PORT_OPTIONS,
  collect,
  filled,
  flag,
  integer,
  merge,
  oneOf,
  readPort,
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
  wait: { type: 'boolean' },
  'keep-settings': { type: 'boolean' },
  'stall-timeout': { type: 'string' }
} as const

/** A day; `--stall-timeout 0` is longer. */
const MAX_STALL_SECONDS = 86_400

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
  const stallTimeout = integer(given, 'stall-timeout', 0, MAX_STALL_SECONDS)
  const name = filled(given, 'name')
  const maxClients = integer(given, 'max-clients', 1, MAX_CLIENTS)
  const writers = oneOf(given, 'writers', ['one', 'all'])
  return {
    ...(name !== undefined && { name }),
    port: readPort(device, given),
    listen,
    allow: values(given, 'allow'),
    ...(maxClients !== undefined && { maxClients }),
    ...(writers !== undefined && { writers }),
    keepSettings: flag(given, 'keep-settings'),
    wait: flag(given, 'wait'),
    ...(stallTimeout !== undefined && { stallTimeoutMs: stallTimeout * 1000 })
  }
}

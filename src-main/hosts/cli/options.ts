/**
 * The command line's options, read into the command table's arguments. Called by the commands of this folder; prints
 * nothing, opens nothing. Every mistake is a Fault `usage` that names the option, what was given and what is possible.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { ESCAPE_NAMES, type PortSpec, type ProgramVariable } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import {
  DATA_BITS,
  FLOW_CONTROLS,
  PARITIES,
  STOP_BITS,
  parseBaudRate,
  parseLine,
  type LineWish
} from '../../contract/line.ts'
import { MAX_NAME, isName } from '../../contract/names.ts'
import { STAYING_RESET_NAMES } from '../../contract/reset.ts'
import { shownTarget } from '../../ports/program/secrets.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** What was given, by the option's long name, in the order given. A flag without a value stands as `true`. */
export type Given = Readonly<Record<string, readonly (string | true)[] | undefined>>

export interface Parsed {
  readonly positionals: readonly string[]
  readonly given: Given
}

export type Token =
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option'; readonly name: string; readonly value: string | true }

/** Options that describe how a port is opened. Short forms as tio has them. */
export const PORT_OPTIONS = {
  baud: { type: 'string', short: 'b' },
  databits: { type: 'string', short: 'd' },
  parity: { type: 'string', short: 'p' },
  stopbits: { type: 'string', short: 's' },
  line: { type: 'string' },
  flow: { type: 'string', short: 'f' },
  dtr: { type: 'string' },
  rts: { type: 'string' },
  'hang-up': { type: 'boolean' },
  carrier: { type: 'boolean' },
  'low-latency': { type: 'boolean' },
  rs485: { type: 'boolean' },
  'reset-on-open': { type: 'string' },
  env: { type: 'string' },
  escapes: { type: 'string' }
} as const satisfies Options

/** The same where others use the port: what they may not do with it. */
export const USED_PORT_OPTIONS = {
  ...PORT_OPTIONS,
  'no-break': { type: 'boolean' },
  'never-reset': { type: 'boolean' }
} as const satisfies Options

export const COMMON_OPTIONS = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const satisfies Options

/** The arguments as they stand, each checked to be known and to have its value. */
export function tokenize(args: readonly string[], options: Options): Token[] {
  const known: Options = { ...options, ...COMMON_OPTIONS }
  const { tokens } = parseArgs({
    args: [...args],
    options: known,
    tokens: true,
    allowPositionals: true,
    strict: false
  })
  return tokens.flatMap((token): Token[] => {
    if (token.kind === 'option-terminator') return []
    if (token.kind === 'positional') return [{ kind: 'positional', value: token.value }]
    const option = known[token.name]
    if (!option)
      throw new Fault(
        'usage',
        `Unknown option ${token.rawName}. See the same command with --help; what is no option and begins with "-" stands behind --.`
      )
    if (option.type === 'boolean') {
      if (token.value !== undefined) throw new Fault('usage', `${token.rawName} takes no value.`)
      return [{ kind: 'option', name: token.name, value: true }]
    }
    // `--listen --allow …`: the value was forgotten. A negative number is one, however wrong.
    if (token.value === undefined || (!token.inlineValue && /^--?[a-z]/i.test(token.value)))
      throw new Fault(
        'usage',
        `${token.rawName} needs a value after it.${token.value === undefined ? '' : ` One that begins with "-": --${token.name}=${token.value}`}`
      )
    return [{ kind: 'option', name: token.name, value: token.value }]
  })
}

/** `most`: how many arguments that are no options there may be; the command itself says what it needs at least. */
export function parse(args: readonly string[], options: Options, most: number): Parsed {
  const tokens = tokenize(args, options)
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const tooMuch = positionals[most]
  if (tooMuch !== undefined)
    throw new Fault(
      'usage',
      `"${shownTarget(tooMuch)}" is one too many. Leave it out, or see the same command with --help.`
    )
  return { positionals, given: collect(tokens) }
}

export function collect(tokens: readonly Token[]): Given {
  const given: Record<string, (string | true)[]> = {}
  for (const token of tokens) if (token.kind === 'option') (given[token.name] ??= []).push(token.value)
  return given
}

/** `own` before `common`: what is given once for all holds where a device says nothing of its own. */
export function merge(own: Given, common: Given): Given {
  return { ...common, ...own }
}

export function flag(given: Given, name: string): boolean {
  return given[name] !== undefined
}

/** The last one given, as usual on command lines. */
export function value(given: Given, name: string): string | undefined {
  const last = given[name]?.at(-1)
  return typeof last === 'string' ? last : undefined
}

export function values(given: Given, name: string): string[] {
  return (given[name] ?? []).filter((each) => typeof each === 'string')
}

export function oneOf<T extends string | number>(
  given: Given,
  name: string,
  choices: readonly T[]
): T | undefined {
  const text = value(given, name)
  if (text === undefined) return undefined
  const choice = choices.find((each) => String(each) === text.toLowerCase())
  if (choice === undefined)
    throw new Fault('usage', `--${name} ${text} is not possible. Choose one of: ${choices.join(', ')}.`)
  return choice
}

export function integer(given: Given, name: string, least: number, most: number): number | undefined {
  const text = value(given, name)
  if (text === undefined) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (number < least || number > most)
    throw new Fault(
      'usage',
      `--${name} ${text} is not possible. Give a whole number from ${least} to ${most}.`
    )
  return number
}

/** Seconds, fractions allowed, as whole ms. */
export function seconds(given: Given, name: string, least: number, most: number): number | undefined {
  const text = value(given, name)
  if (text === undefined) return undefined
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : -1
  if (number < least || number > most)
    throw new Fault('usage', `--${name} ${text} is not possible. Give seconds from ${least} to ${most}.`)
  return Math.round(number * 1000)
}

/** A text that says something, where it is given at all: an empty one is mostly an unset variable of a script. */
export function filled(given: Given, name: string): string | undefined {
  const text = value(given, name)
  if (text === '') throw new Fault('usage', `--${name} is empty. Give it a value, or leave it out.`)
  return text
}

/** `--name`. */
export function readName(given: Given): string | undefined {
  const name = filled(given, 'name')
  if (name === undefined || isName(name)) return name
  throw new Fault(
    'usage',
    `--name takes 1 to ${MAX_NAME} characters, none of them a line break or another control character. Give a shorter or plainer one.`
  )
}

export function readPort(target: string, given: Given): PortSpec {
  const level = (name: string): boolean | undefined => {
    const choice = oneOf(given, name, ['on', 'off'])
    return choice === undefined ? undefined : choice === 'on'
  }
  const resetOnOpen = oneOf(given, 'reset-on-open', STAYING_RESET_NAMES)
  return {
    target,
    settings: readSettings(given),
    dtr: level('dtr'),
    rts: level('rts'),
    hangUp: flag(given, 'hang-up'),
    carrier: flag(given, 'carrier'),
    lowLatency: flag(given, 'low-latency'),
    rs485: flag(given, 'rs485'),
    noBreak: flag(given, 'no-break'),
    ...(resetOnOpen && { resetOnOpen }),
    neverReset: flag(given, 'never-reset'),
    ...readProgram(given)
  }
}

/** Only for programs, and only what was given. */
function readProgram(given: Given): Pick<PortSpec, 'env' | 'escapes'> {
  const env = values(given, 'env').map(readVariable)
  const escapes = oneOf(given, 'escapes', ESCAPE_NAMES)
  return { ...(env.length > 0 && { env }), ...(escapes && { escapes }) }
}

function readVariable(text: string): ProgramVariable {
  const [, name = '', separator, file = ''] = /^([A-Za-z_]\w*)(?:(=@)(.+))?$/.exec(text) ?? []
  if (name !== '') return separator === undefined ? { name } : { name, file }
  // Not repeated: it may be the secret itself.
  const said = /^[A-Za-z_]\w*(?==)/.exec(text)?.[0]
  throw new Fault(
    'usage',
    said === undefined
      ? '--env takes the name of a variable, e.g. --env IPMI_PASSWORD=@FILE.'
      : `--env ${said}: a value in a command line can be read by everybody (ps). Put it in a file, --env ${said}=@FILE, or export ${said} and give --env ${said}.`
  )
}

/** Only what was given; `--databits`, `--parity` and `--stopbits` win over `--line`. */
export function readSettings(given: Given): LineWish {
  const baudRate = readBaudRate(given)
  const dataBits = oneOf(given, 'databits', DATA_BITS)
  const parity = oneOf(given, 'parity', PARITIES)
  const stopBits = oneOf(given, 'stopbits', STOP_BITS)
  const flowControl = oneOf(given, 'flow', FLOW_CONTROLS)
  return {
    ...readLine(given),
    ...(baudRate !== undefined && { baudRate }),
    ...(dataBits !== undefined && { dataBits }),
    ...(parity !== undefined && { parity }),
    ...(stopBits !== undefined && { stopBits }),
    ...(flowControl !== undefined && { flowControl })
  }
}

function readBaudRate(given: Given): number | undefined {
  const text = value(given, 'baud')
  if (text === undefined) return undefined
  const baudRate = parseBaudRate(text)
  if (baudRate === undefined)
    throw new Fault(
      'bad-settings',
      `--baud ${text} is no baud rate. Give a whole number from 1 to 4294967295, e.g. 115200.`
    )
  return baudRate
}

function readLine(given: Given): LineWish {
  const text = value(given, 'line')
  if (text === undefined) return {}
  const line = parseLine(text)
  if (!line)
    throw new Fault(
      'bad-settings',
      `--line ${text} is not possible. Give data bits 5-8, parity N, O, E, M or S, and stop bits 1, 1.5 or 2, e.g. 8N1.`
    )
  return line
}

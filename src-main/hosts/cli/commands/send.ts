import type { PortSpec } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import { bytesPattern, type Pattern } from '../../../core/pattern.ts'
import type { ScriptOptions } from '../../../core/run-script.ts'
import type { Action } from '../../../core/script.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { DeviceOutput } from '../device-output.ts'
import { EXIT } from '../exit.ts'
import {
  PORT_OPTIONS,
  filled,
  flag,
  oneOf,
  parse,
  readPort,
  seconds,
  value,
  type Given,
  type Parsed
} from '../options.ts'
import { withCore } from '../with-core.ts'
import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_SECONDS } from './expect.ts'
import { exampleDevice } from '../../../os/example-device.ts'

/** EIA-232 receivers take a break from about 100 ms on for certain; terminals send a quarter of a second. */
const BREAK_MS = 250

const ENDINGS = { none: '', cr: '\r', lf: '\n', crlf: '\r\n' } as const

const OPTIONS = {
  ...PORT_OPTIONS,
  hex: { type: 'string' },
  break: { type: 'boolean' },
  end: { type: 'string' },
  wait: { type: 'string' },
  'wait-hex': { type: 'string' },
  timeout: { type: 'string' }
} as const

interface Payload {
  readonly port: PortSpec
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly breakMs?: number
}

/**
 * `farport send TARGET TEXT|--hex BYTES|--break`: opens the port, sends, waits until all is out, closes. With `--wait` it stays for the
 * answer, which goes to standard output.
 */
export const send: CliCommand = async (args, io) => {
  const parsed = parse(args, OPTIONS, Infinity)
  const { given } = parsed
  const [target] = parsed.positionals
  if (target === undefined)
    throw new Fault('usage', `Send where? Name a target, e.g. farport send ${exampleDevice()} hello`)
  const bytes = payload(parsed)
  const breakMs = flag(given, 'break') ? BREAK_MS : undefined
  const pattern = readPattern(given)
  if (bytes.length === 0 && breakMs === undefined)
    throw new Fault('usage', 'Send what? Give a text, --hex "01 03 0a", or --break.')
  const spec: Payload = { port: readPort(target, given), bytes, ...(breakMs !== undefined && { breakMs }) }
  try {
    if (pattern) {
      await sendAndWait(spec, pattern, given, io)
      return EXIT.done
    }
    const { sent } = await withCore(io, 'warnings', (core) => core.call('send', spec, io.stop))
    if (flag(given, 'json')) io.print(JSON.stringify({ sent }))
    return EXIT.done
  } catch (error) {
    if (!io.stop.aborted) throw error
    // A script must not go on as if it were sent, or answered.
    const missing = pattern ? 'answered' : 'had everything'
    io.say(`Stopped before ${shownTarget(target)} ${missing}. Send it again.`)
    return EXIT.stopped
  }
}

async function sendAndWait(
  { port, bytes, breakMs }: Payload,
  pattern: Pattern,
  given: Given,
  io: CliIo
): Promise<void> {
  const json = flag(given, 'json')
  const output = new DeviceOutput(io.stdout)
  const answer: Uint8Array[] = []
  const statements: Action[] = [
    ...(breakMs === undefined ? [] : [{ do: 'break', ms: breakMs } as const]),
    { do: 'send', bytes, shown: '' },
    { do: 'expect', pattern }
  ]
  const script = { statements: statements.map((each) => ({ ...each, where: '' })), secrets: new Map() }
  const options: ScriptOptions = {
    timeoutMs: seconds(given, 'timeout', 0.001, MAX_TIMEOUT_SECONDS) ?? DEFAULT_TIMEOUT_MS,
    onReceived: (chunk) => (json ? void answer.push(chunk) : output.write(chunk)),
    onEvent: () => undefined
  }
  await withCore(io, 'warnings', (core) => core.script(port, script, options, io.stop))
  if (!json) return
  const all = Buffer.concat(answer)
  io.print(JSON.stringify({ sent: bytes.length, answer: all.toString(), hex: all.toString('hex') }))
}

function readPattern(given: Given): Pattern | undefined {
  const text = filled(given, 'wait')
  const hex = value(given, 'wait-hex')
  if (text !== undefined && hex !== undefined)
    throw new Fault('usage', 'Give either --wait or --wait-hex, not both.')
  if (hex !== undefined) return bytesPattern(fromHex(hex, 'wait-hex'), hex)
  if (text !== undefined) return bytesPattern(Buffer.from(text), JSON.stringify(text))
  if (flag(given, 'timeout')) throw new Fault('usage', 'Wait for what? Add --wait TEXT to the --timeout.')
  return undefined
}

function payload({ positionals, given }: Parsed): Uint8Array<ArrayBuffer> {
  const texts = positionals.slice(1)
  const hex = value(given, 'hex')
  if (hex !== undefined && texts.length > 0)
    throw new Fault('usage', 'Give either a text or --hex, not both.')
  if (texts.length > 1) throw new Fault('usage', `Put the text in quotes: "${texts.join(' ')}"`)
  const ending = ENDINGS[oneOf(given, 'end', ['none', 'cr', 'lf', 'crlf']) ?? 'none']
  const bytes = hex === undefined ? Buffer.from(texts[0] ?? '') : fromHex(hex, 'hex')
  return Buffer.concat([bytes, Buffer.from(ending)])
}

function fromHex(text: string, option: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/0x|[\s,:]/gi, '')
  if (digits.length === 0 || digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
    throw new Fault(
      'usage',
      `--${option} "${text}" is no row of bytes. Give two hex digits for each, e.g. "01 03 0a ff".`
    )
  return Buffer.from(digits, 'hex')
}

import { Fault } from '../../../contract/faults.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { PORT_OPTIONS, flag, oneOf, parse, readPort, value, type Parsed } from '../options.ts'
import { withCore } from '../with-core.ts'

/** EIA-232 receivers take a break from about 100 ms on for certain; terminals send a quarter of a second. */
const BREAK_MS = 250

const ENDINGS = { none: '', cr: '\r', lf: '\n', crlf: '\r\n' } as const

const OPTIONS = {
  ...PORT_OPTIONS,
  hex: { type: 'string' },
  break: { type: 'boolean' },
  end: { type: 'string' }
} as const

/** `farport send TARGET TEXT|--hex BYTES|--break`: opens the port, sends, waits until all is out, closes. */
export const send: CliCommand = async (args, io) => {
  const parsed = parse(args, OPTIONS, Infinity)
  const { given } = parsed
  const [target] = parsed.positionals
  if (target === undefined)
    throw new Fault('usage', 'Send where? Name a target, e.g. farport send /dev/ttyUSB0 hello')
  const bytes = payload(parsed)
  const breakMs = flag(given, 'break') ? BREAK_MS : undefined
  if (bytes.length === 0 && breakMs === undefined)
    throw new Fault('usage', 'Send what? Give a text, --hex "01 03 0a", or --break.')
  const spec = { port: readPort(target, given), bytes, ...(breakMs !== undefined && { breakMs }) }
  try {
    const { sent } = await withCore(io, 'warnings', (core) => core.call('send', spec, io.stop))
    if (flag(given, 'json')) io.print(JSON.stringify({ sent }))
    return EXIT.done
  } catch (error) {
    if (!io.stop.aborted) throw error
    // A script must not go on as if it were sent.
    io.say(`Stopped before ${shownTarget(target)} had everything. Send it again.`)
    return EXIT.stopped
  }
}

function payload({ positionals, given }: Parsed): Uint8Array<ArrayBuffer> {
  const texts = positionals.slice(1)
  const hex = value(given, 'hex')
  if (hex !== undefined && texts.length > 0)
    throw new Fault('usage', 'Give either a text or --hex, not both.')
  if (texts.length > 1) throw new Fault('usage', `Put the text in quotes: "${texts.join(' ')}"`)
  const ending = ENDINGS[oneOf(given, 'end', ['none', 'cr', 'lf', 'crlf']) ?? 'none']
  const bytes = hex === undefined ? Buffer.from(texts[0] ?? '') : fromHex(hex)
  return Buffer.concat([bytes, Buffer.from(ending)])
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/0x|[\s,:]/gi, '')
  if (digits.length === 0 || digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
    throw new Fault(
      'usage',
      `--hex "${text}" is no row of bytes. Give two hex digits for each, e.g. "01 03 0a ff".`
    )
  return Buffer.from(digits, 'hex')
}

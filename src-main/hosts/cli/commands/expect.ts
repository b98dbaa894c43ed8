import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Fault } from '../../../contract/faults.ts'
import type { ScriptEvent, ScriptOptions } from '../../../core/run-script.ts'
import { readScript, type ScriptLine } from '../../../core/script.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { DeviceOutput } from '../device-output.ts'
import { EXIT } from '../exit.ts'
import { PORT_OPTIONS, flag, parse, readPort, seconds, values, type Parsed } from '../options.ts'
import { systemWords } from '../system-words.ts'
import { withCore } from '../with-core.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = {
  ...PORT_OPTIONS,
  step: { type: 'string', short: 'e' },
  timeout: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' }
} as const

/** As expect(1). */
export const DEFAULT_TIMEOUT_MS = 10_000
export const MAX_TIMEOUT_SECONDS = 86_400

/** `farport expect TARGET SCRIPT|-e STEP …`: plays a console script on a port. */
export const expect: CliCommand = async (args, io) => {
  const parsed = parse(args, OPTIONS, 2)
  const { given, positionals } = parsed
  const [target] = positionals
  if (target === undefined)
    throw new Fault(
      'usage',
      `Which port? Name one, and a script: farport expect ${exampleDevice()} login.script`
    )
  const script = readScript(await readLines(parsed, io), process.env)
  if (script.statements.length === 0)
    throw new Fault(
      'usage',
      'The script does nothing: there is no statement in it. See farport expect --help.'
    )
  const timeoutMs = seconds(given, 'timeout', 0.001, MAX_TIMEOUT_SECONDS) ?? DEFAULT_TIMEOUT_MS
  const options = { timeoutMs, ...outputOf(parsed, io) }
  try {
    await withCore(io, 'warnings', (core) => core.script(readPort(target, given), script, options, io.stop))
    return EXIT.done
  } catch (error) {
    if (!io.stop.aborted) throw error
    // Whoever called must not go on as if all was done.
    io.say(`Stopped before the script on ${shownTarget(target)} was done.`)
    return EXIT.stopped
  }
}

function outputOf({ given }: Parsed, io: CliIo): Pick<ScriptOptions, 'onReceived' | 'onEvent'> {
  const output = new DeviceOutput(io.stdout)
  const quiet = flag(given, 'quiet')
  if (!flag(given, 'json'))
    return {
      onReceived: (bytes) => (quiet ? undefined : output.write(bytes)),
      onEvent: (event) => {
        if (event.event === 'log') output.line(event.text)
      }
    }
  const text = new TextDecoder()
  return {
    onReceived: (bytes) =>
      quiet
        ? undefined
        : output.write(
            jsonLine({ event: 'received', text: text.decode(bytes, { stream: true }), hex: hexOf(bytes) })
          ),
    onEvent: (event) => void output.write(jsonLine(plain(event)))
  }
}

function plain(event: ScriptEvent): object {
  if (event.event !== 'matched') return event
  const { bytes, ...rest } = event
  return { ...rest, text: Buffer.from(bytes).toString(), hex: hexOf(bytes) }
}

function jsonLine(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

async function readLines({ given, positionals }: Parsed, io: CliIo): Promise<ScriptLine[]> {
  const steps = values(given, 'step')
  const path = positionals[1]
  if (path !== undefined && steps.length > 0)
    throw new Fault('usage', `Give either the script ${path} or -e, not both.`)
  if (steps.length > 0) return steps.map((text, index) => ({ where: `-e ${index + 1}`, text }))
  if (path === undefined)
    throw new Fault(
      'usage',
      'What shall be done? Name a script, or give steps: -e \'send "\\r"\' -e \'expect "login:"\''
    )
  const name = path === '-' ? 'standard input' : path
  const text = path === '-' ? await readAll(io.stdin) : await readText(path)
  return text.split(/\r?\n/).map((line, index) => ({ where: `${name}, line ${index + 1}`, text: line }))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Fault(
      'usage',
      `The script ${path} cannot be read (${systemWords(error)}). Name another one.`,
      error
    )
  }
}

import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { Fault } from '../../../contract/faults.ts'
import { terminalSource } from '../../../sessions/console.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { PORT_OPTIONS, flag, parse, readPort, value } from '../options.ts'
import { systemWords } from '../system-words.ts'
import { withCore } from '../with-core.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = { ...PORT_OPTIONS, log: { type: 'string' }, watch: { type: 'boolean' } } as const

/** A connection that takes longer is told about, in ms. */
const SLOW_MS = 500

/** `farport terminal TARGET`: this terminal on that port, until Ctrl+]. */
export const terminal: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault('usage', `Which port? Name one, e.g. farport terminal ${exampleDevice()} -b 9600`)
  const observe = flag(given, 'watch')
  const log = await openLog(value(given, 'log'))
  const say = (line: string): void => {
    source.endLine()
    io.say(line)
  }
  const source = terminalSource(io.stdin, io.stdout, {
    ...(log && { log }),
    onLogError: (error) => say(`The log ended (${systemWords(error)}); the terminal goes on without it.`)
  })
  // The keyboard is the port's already: even Ctrl+C would only be sent.
  const slow = setTimeout(() => say(`Connecting to ${shownTarget(target)} … Ctrl+] leaves.`), SLOW_MS)
  try {
    await withCore({ ...io, say }, 'warnings', async (core) => {
      const onOpen = (what: string): void => {
        clearTimeout(slow)
        say(`${observe ? 'Watching' : 'Connected to'} ${what}. Ctrl+] leaves.`)
      }
      await core.attach(readPort(target, given), source, { reconnect: true, onOpen, observe }, io.stop)
    })
  } finally {
    clearTimeout(slow)
    source.endLine()
    if (log) await new Promise<void>((resolve) => log.end(resolve))
  }
  return EXIT.done
}

async function openLog(path: string | undefined) {
  if (path === undefined) return undefined
  const log = createWriteStream(path, { flags: 'a' })
  try {
    await once(log, 'open')
  } catch (error) {
    throw new Fault(
      'usage',
      `The log file ${path} cannot be written (${systemWords(error)}). Choose another --log.`,
      error
    )
  }
  return log
}

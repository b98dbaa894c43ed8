import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { Fault } from '../../../contract/faults.ts'
import { terminalSource } from '../../../sessions/console.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { PORT_OPTIONS, parse, readPort, value } from '../options.ts'
import { withCore } from '../with-core.ts'

const OPTIONS = { ...PORT_OPTIONS, log: { type: 'string' } } as const

/** `farport terminal TARGET`: this terminal on that port, until Ctrl+]. */
export const terminal: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault('usage', 'Which port? Name one, e.g. farport terminal /dev/ttyUSB0 -b 9600')
  const log = await openLog(value(given, 'log'))
  const source = terminalSource(io.stdin, io.stdout, {
    ...(log && { log }),
    onLogError: (error) => io.say(`The log ended: ${error.message}`)
  })
  try {
    await withCore(io, 'warnings', async (core) => {
      await core.attach(
        readPort(target, given),
        source,
        { reconnect: true, onOpen: (what) => io.say(`Connected to ${what}. Ctrl+] leaves.`) },
        io.stop
      )
    })
  } finally {
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
      `The log file ${path} cannot be written (${(error as Error).message}). Choose another --log.`,
      error
    )
  }
  return log
}

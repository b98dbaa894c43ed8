/**
 * Picks the command, prints what it answers, turns a Fault into one line and an exit code. Called by farport.ts; holds no logic of its
 * own.
 */
import { writeFileSync } from 'node:fs'
import { Fault, toFault } from '../../contract/faults.ts'
import { faultLine, type CliCommand, type CliIo } from './cli-io.ts'
import { share } from './commands/share.ts'
import { endWithNpm } from './npm-parent.ts'
import { EXIT, exitCode } from './exit.ts'
import { surviveHangUp } from './hung-up.ts'

/** Loaded when it is called: a share needs neither a terminal nor a doctor, and starts the sooner. */
const COMMANDS: Readonly<Record<string, () => Promise<CliCommand>>> = {
  share: () => Promise.resolve(share),
  connect: async () => (await import('./commands/connect.ts')).connect,
  terminal: async () => (await import('./commands/terminal.ts')).terminal,
  monitor: async () => (await import('./commands/monitor.ts')).monitor,
  capture: async () => (await import('./commands/capture.ts')).capture,
  export: async () => (await import('./commands/export.ts')).exportFile,
  replay: async () => (await import('./commands/replay.ts')).replayFile,
  extcap: async () => (await import('./commands/extcap.ts')).extcap,
  send: async () => (await import('./commands/send.ts')).send,
  expect: async () => (await import('./commands/expect.ts')).expect,
  reset: async () => (await import('./commands/reset.ts')).reset,
  list: async () => (await import('./commands/list.ts')).list,
  enable: async () => (await import('./commands/entries.ts')).enable,
  disable: async () => (await import('./commands/entries.ts')).disable,
  disconnect: async () => (await import('./commands/entries.ts')).disconnect,
  pause: async () => (await import('./commands/pause.ts')).pause,
  resume: async () => (await import('./commands/pause.ts')).resume,
  remove: async () => (await import('./commands/entries.ts')).remove,
  ask: async () => (await import('./commands/control.ts')).ask,
  'take-over': async () => (await import('./commands/control.ts')).takeOver,
  grant: async () => (await import('./commands/control.ts')).grant,
  decline: async () => (await import('./commands/control.ts')).decline,
  pair: async () => (await import('./commands/pair.ts')).pair,
  peers: async () => (await import('./commands/peers.ts')).peers,
  permit: async () => (await import('./commands/permit.ts')).permit,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  serve: async () => (await import('./commands/serve.ts')).serve,
  page: async () => (await import('./commands/page.ts')).page,
  import: async () => (await import('./commands/import.ts')).importFile,
  service: async () => (await import('./commands/service.ts')).service,
  usb: async () => (await import('./commands/usb.ts')).usb,
  demo: async () => (await import('./commands/demo.ts')).demo
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function run(args: readonly string[], io: CliIo): Promise<number> {
  const [name = '--help', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    const about = rest.find((each) => !each.startsWith('-'))
    if (about !== undefined && !Object.hasOwn(COMMANDS, about)) throw unknownCommand(about)
    return help(about, io)
  }
  if (name === '--version') {
    io.print(__FARPORT_VERSION__)
    return EXIT.done
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw unknownCommand(name)
  if (asksForHelp(rest)) return help(name, io)
  return (await command())(rest, io)
}

async function help(about: string | undefined, io: CliIo): Promise<number> {
  const { helpFor } = await import('./help.ts')
  io.print(helpFor(about))
  return EXIT.done
}

function unknownCommand(name: string): Fault {
  return new Fault(
    'usage',
    `There is no command "${name}". There are: ${Object.keys(COMMANDS).join(', ')}. See farport --help.`
  )
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((each) => each === '--help' || each === '-h')
}

/**
 * The first signal asks to stop, with time to drain; a second one ends at once. A reader that went away (`farport list | head -1`)
 * asks for the same: what has its work done is done, and what has not says so.
 */
function stopSignal(reloads: { reload?: () => void }, hungUp: () => boolean): AbortSignal {
  const controller = new AbortController()
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (controller.signal.aborted) return
    if (code !== 'EPIPE') {
      process.stderr.write(`farport: Standard output takes nothing more (${message}). See where it leads.\n`)
      process.exitCode = EXIT.bug
    }
    controller.abort(new Fault('usage', 'Stopped.'))
  })
  // Nobody is left to be told; what is shared stays shared.
  process.stderr.on('error', () => undefined)
  for (const name of STOP_SIGNALS)
    process.on(name, () => {
      if (name === 'SIGHUP' && reloads.reload && !hungUp()) {
        reloads.reload()
        return
      }
      if (controller.signal.aborted) process.exit(EXIT.bug)
      controller.abort(new Fault('usage', 'Stopped.'))
    })
  return controller.signal
}

/** What `ps`, `list` and "in use by" show: without it, every program of this kind is called `node`. The arguments stay. */
function takeOurName(): void {
  try {
    if (process.platform === 'linux') writeFileSync('/proc/self/comm', 'farport')
  } catch {
    // No /proc here: then nobody shows names either.
  }
}

/** Everything, with the arguments of this process. Takes its signals before it does anything else. Never rejects. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2)
  const reloads: { reload?: () => void } = {}
  const hungUp = surviveHangUp()
  const stop = stopSignal(reloads, hungUp)
  endWithNpm()
  takeOurName()
  const io: CliIo = {
    print: (line) => void process.stdout.write(`${line}\n`),
    say: (line) => void process.stderr.write(`farport: ${line}\n`),
    log: (line) => void process.stderr.write(`${line}\n`),
    stop,
    onReload: (reload) => void (reloads.reload = reload),
    stdin: process.stdin,
    stdout: process.stdout
  }
  try {
    process.exitCode = (await run(args, io)) || process.exitCode
  } catch (error) {
    if (stop.aborted) process.exitCode ??= EXIT.done
    else {
      const fault = toFault(error)
      process.stderr.write(`${faultLine(fault, args.includes('--json'))}\n`)
      if (fault.code === 'bug' && process.env.FARPORT_DEBUG) process.stderr.write(`${String(fault.stack)}\n`)
      process.exitCode = exitCode(fault)
    }
  }
  // Standard input keeps the process alive while it is being read; everything else is disposed by now.
  process.stdin.destroy()
}

import { systemClock } from '../../../base/clock.ts'
import type { StateTree } from '../../../contract/state.ts'
import { instancePaths, prepareInstance } from '../../../core/instance-paths.ts'
import { Instance } from '../../../core/instance/instance.ts'
import { takeInstanceLock } from '../../../os/instance-lock.ts'
import { serviceManager } from '../../../os/service-manager.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { Log, leadsToJournal } from '../log.ts'
import { flag, parse } from '../options.ts'
import { stopped } from '../with-core.ts'

const OPTIONS = { system: { type: 'boolean' } } as const

/** What SIGTERM leaves for draining, in ms. */
const DRAIN_MS = 2000

/** How often `systemctl status` is told what goes on, in ms. */
const STATUS_PACE_MS = 5000

/** `farport serve`: everything that the settings say, until it is told to stop. */
export const serve: CliCommand = async (args, io) => {
  const { given } = parse(args, OPTIONS, 0)
  const paths = instancePaths(flag(given, 'system') ? 'system' : 'user')
  prepareInstance(paths)
  // First of all: what it holds open belongs to one of us.
  const lock = takeInstanceLock(
    paths.lock,
    flag(given, 'system') ? 'farport serve --system' : 'farport serve'
  )
  const log = logOf(io, flag(given, 'json'))
  const manager = serviceManager()
  try {
    const { FARPORT_CONFIG: settingsPath } = process.env
    const instance = await Instance.open({
      paths,
      version: __FARPORT_VERSION__,
      report: ({ level, subject, text }) => log.say(level, subject, text),
      ...(settingsPath && { settingsPath })
    })
    try {
      await untilStopped(instance, io, log, manager, flag(given, 'json') ? jsonReady : textReady)
    } finally {
      manager.stopping()
      const lost = await instance.close(DRAIN_MS)
      if (lost > 0) log.say('warning', '', `${lost} bytes could not be delivered before the end.`)
    }
    return EXIT.done
  } finally {
    manager.dispose()
    log.dispose()
    lock.dispose()
  }
}

async function untilStopped(
  instance: Instance,
  io: CliIo,
  log: Log,
  manager: ReturnType<typeof serviceManager>,
  readyLine: (socket: string) => string
): Promise<void> {
  const { self } = instance.state
  log.setLevel(instance.settings.preferences.logLevel)
  instance.onPreferences(({ logLevel }) => log.setLevel(logLevel))
  io.onReload(() => {
    manager.reloading()
    void instance.reload().then((changed) => {
      log.say('info', '', changed ? 'the settings were read again' : 'the settings are as they were')
      manager.ready(statusOf(instance.state))
    })
  })
  log.say(
    'info',
    '',
    `Farport ${__FARPORT_VERSION__} as ${self?.name ?? ''}, settings in ${self?.settingsPath ?? ''}`
  )
  io.print(readyLine(instance.socketPath))
  manager.ready(statusOf(instance.state))
  const pace = systemClock.every(STATUS_PACE_MS, () => manager.status(statusOf(instance.state)), 'idle')
  await stopped(io.stop)
  pace.dispose()
}

const textReady = (socket: string): string => `ready ${socket}`
const jsonReady = (socket: string): string => JSON.stringify({ ready: socket })

/** For `systemctl status`. */
function statusOf({ bridges }: StateTree): string {
  const all = Object.values(bridges)
  const count = (kind: 'share' | 'link'): number => all.filter((each) => each.kind === kind).length
  const clients = all.reduce((sum, { sessions }) => sum + sessions.length, 0)
  const failing = all.filter(({ state }) => state.type === 'waiting').length
  return `${count('share')} shares, ${count('link')} links, ${clients} clients${failing > 0 ? `, ${failing} waiting` : ''}`
}

function logOf(io: CliIo, json: boolean): Log {
  return new Log({
    write: (line) => io.log(line),
    format: json ? 'json' : 'text',
    journald: leadsToJournal()
  })
}

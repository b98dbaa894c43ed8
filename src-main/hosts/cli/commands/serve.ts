import { systemClock } from '../../../base/clock.ts'
import { SHUTDOWN } from '../../../contract/close.ts'
import { toFault } from '../../../contract/faults.ts'
import type { StateTree } from '../../../contract/state.ts'
import { instancePaths, prepareInstance } from '../../../core/instance-paths.ts'
import { Instance } from '../../../core/instance/instance.ts'
import { takeInstanceLock } from '../../../os/instance-lock.ts'
import { serviceManager, type ServiceManager } from '../../../os/service-manager.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { Log, leadsToJournal } from '../log.ts'
import { flag, parse } from '../options.ts'
import { pagePlace } from '../page-place.ts'
import { PageDoor } from '../../headless/page-door.ts'
import { serviceHost } from '../../headless/service-host.ts'
import { stopped } from '../with-core.ts'

const OPTIONS = {
  system: { type: 'boolean' },
  http: { type: 'string' },
  'http-cert': { type: 'string' },
  'http-key': { type: 'string' }
} as const

/** What SIGTERM leaves for draining, in ms. */
const DRAIN_MS = 2000

/** How often `systemctl status` is told what goes on, in ms. */
const STATUS_PACE_MS = 5000

/** `farport serve`: everything that the settings say, until it is told to stop. */
export const serve: CliCommand = async (args, io) => {
  const { given } = parse(args, OPTIONS, 0)
  const place = pagePlace(given)
  const scope = flag(given, 'system') ? 'system' : 'user'
  const paths = instancePaths(scope)
  prepareInstance(paths)
  // First of all: what it holds open belongs to one of us.
  const lock = takeInstanceLock(paths.lock, scope === 'system' ? 'farport serve --system' : 'farport serve')
  const isJson = flag(given, 'json')
  const journald = leadsToJournal()
  const log = new Log({ write: (line) => io.log(line), format: isJson ? 'json' : 'text', journald })
  const manager = serviceManager()
  const reloads = reloadsOf(io, log, manager)
  const { FARPORT_CONFIG: settingsPath } = process.env
  const page = new PageDoor({
    folder: paths.directory,
    captures: paths.captures,
    clock: systemClock,
    connect: (channel) => {
      if (running) running.connect(channel, { type: 'owner' })
      else channel.close(SHUTDOWN)
    },
    report: (level, text) => log.say(level, '', text)
  })
  let running = undefined as Instance | undefined
  try {
    const instance = await Instance.open({
      paths,
      version: __FARPORT_VERSION__,
      report: ({ level, subject, text }) => log.say(level, subject, text),
      preferences: (preferences) => {
        log.setLevel(preferences.logLevel)
        // At the start it has its own turn.
        if (running) void page.obey(preferences.page)
      },
      stop: io.stop,
      host: serviceHost(page, journald ? 'journal' : undefined),
      ...(settingsPath && { settingsPath })
    })
    try {
      running = instance
      await (place ? page.give(place) : page.obey(instance.settings.preferences.page))
      await untilStopped(instance, io, log, manager, reloads, isJson, () => tellPage(page, io, isJson))
    } finally {
      manager.stopping()
      // They hear why from the instance, unless they are slower than that.
      const pageClosed = page.close()
      const lost = await instance.close(DRAIN_MS)
      await pageClosed
      if (lost > 0) log.say('warning', '', `${lost} bytes could not be delivered before the end.`)
      log.say('info', '', 'stopped')
    }
    return EXIT.done
  } finally {
    manager.dispose()
    log.dispose()
    lock.dispose()
  }
}

interface Reloads {
  /** From now on; also for a wish that came before. */
  begin(instance: Instance): void
}

/** From the very start: before there is anything to reload, SIGHUP must not end what starts. */
function reloadsOf(io: CliIo, log: Log, manager: ServiceManager): Reloads {
  let instance = undefined as Instance | undefined
  let isWished = false
  const reload = async (of: Instance): Promise<void> => {
    manager.reloading()
    const changed = await of.reload()
    if (io.stop.aborted) return
    log.say('info', '', changed ? 'the settings were read again' : 'the settings are as they were')
    manager.ready(statusOf(of.state))
  }
  const tell = (error: unknown): void => log.say('error', '', toFault(error).message)
  io.onReload(() => {
    isWished = true
    if (instance && !io.stop.aborted) reload(instance).catch(tell)
  })
  return {
    begin: (of) => {
      instance = of
      if (isWished) reload(of).catch(tell)
    }
  }
}

async function untilStopped(
  instance: Instance,
  io: CliIo,
  log: Log,
  manager: ServiceManager,
  reloads: Reloads,
  isJson: boolean,
  ready: () => Promise<void>
): Promise<void> {
  if (io.stop.aborted) return
  const { self } = instance.state
  const name = self?.name ?? ''
  log.say('info', '', `Farport ${__FARPORT_VERSION__} as ${name}, settings in ${self?.settingsPath ?? ''}`)
  io.print(isJson ? JSON.stringify({ ready: instance.socketPath }) : `ready ${instance.socketPath}`)
  await ready()
  manager.ready(statusOf(instance.state))
  reloads.begin(instance)
  const pace = systemClock.every(STATUS_PACE_MS, () => manager.status(statusOf(instance.state)), 'idle')
  await stopped(io.stop)
  pace.dispose()
}

/** In journald others can read it: there the page stands without the way in, which `farport page` gives. */
async function tellPage(page: PageDoor, io: CliIo, isJson: boolean): Promise<void> {
  const { state } = page
  if (!state || !('url' in state)) return
  if (leadsToJournal(1)) io.print(isJson ? JSON.stringify({ page: state.url }) : `page ${state.url}`)
  else {
    const { printLink } = await import('../page-link.ts')
    await printLink(await page.link(), io, isJson)
  }
}

/** For `systemctl status`. */
function statusOf({ bridges, rotators, paused }: StateTree): string {
  const all = Object.values(bridges)
  const count = (kind: 'share' | 'link'): number => all.filter((each) => each.kind === kind).length
  const clients = all.reduce((sum, { sessions }) => sum + sessions.length, 0)
  const waiting = all.filter(({ state }) => state.type === 'waiting').length
  const failing = waiting + Object.values(rotators).filter(({ fault }) => fault !== undefined).length
  return [
    `${count('share')} shares, ${count('link')} links, ${clients} clients`,
    ...(failing > 0 ? [`${failing} waiting`] : []),
    ...(paused ? [`sharing paused (${paused.shares.length})`] : [])
  ].join(', ')
}

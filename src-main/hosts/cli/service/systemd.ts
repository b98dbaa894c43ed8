/**
 * A unit of systemd: the system's, which runs as a user of its own with an identity of its own, or a user's, which is the same instance
 * as that user's window. Called by the command `service`.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { plainText } from '../../../base/plain-text.ts'
import { Fault } from '../../../contract/faults.ts'
import { SYSTEM_GROUP } from '../../../core/instance-paths.ts'
import { asset } from './assets.ts'
import type { Place, Plan, Scope, ServiceKind, ServiceStatus } from './service-kind.ts'
import { MARK, type Step } from './steps.ts'
import { commandLine, properties } from './systemd-words.ts'

const UNIT = 'farport.service'
const RULE = '60-farport.rules'
/** Also in a rule that was copied by hand, as the doctor says. */
const RULE_MARK = '# udev rule of Farport'

/** Whose devices serial ports are: on most systems, else on Arch Linux. A unit that names a missing group does not start. */
const SERIAL_GROUPS: readonly string[] = ['dialout', 'uucp']

const SHOWN = 'LoadState,ActiveState,SubState,Result,StatusText,MainPID,UnitFileState,ActiveEnterTimestamp'

export const systemd: ServiceKind = {
  install(place, scope) {
    return scope === 'system' ? installSystem(place) : installUser(place)
  },

  uninstall(place, scope) {
    const stop = { do: 'run', command: systemctl(scope, 'disable', '--now', UNIT), mayFail: true } as const
    const reload = { do: 'run', command: systemctl(scope, 'daemon-reload'), when: 'changed' } as const
    const steps: Step[] = [stop, { do: 'remove', path: unitPath(place, scope) }, reload]
    if (scope === 'user') return { steps, needsRoot: false, hints: [] }
    steps.push({ do: 'remove', path: rulePath(place), mark: RULE_MARK }, udevReload('changed'))
    return {
      steps,
      needsRoot: true,
      hints: [
        `Its settings and its identity stay in /var/lib/farport, and the group ${SYSTEM_GROUP} stays; remove them with: sudo rm -r /var/lib/private/farport /var/lib/farport; sudo groupdel ${SYSTEM_GROUP}`
      ]
    }
  },

  async status(place, scope) {
    const path = unitPath(place, scope)
    const text = textOf(path)
    const { stdout } = await place.run([
      ...systemctl(scope, 'show', UNIT),
      `--property=${SHOWN}`,
      '--timestamp=unix'
    ])
    return statusOf(scope, text === undefined ? undefined : path, text, properties(stdout))
  }
}

function installSystem(place: Place): Plan {
  needSystemd(place)
  mustBeReadable(place)
  const groups = groupNames(place)
  const serial = serialGroup(place)
  const rule = serial === undefined ? asset(RULE) : asset(RULE).replaceAll('"dialout"', `"${serial}"`)
  const words = {
    VERSION: place.version,
    PROGRAM: commandLine(place.program),
    GROUPS: [...(serial === undefined ? [] : [serial]), SYSTEM_GROUP].join(' '),
    PROTECT_HOME: place.program.some((each) => /^\/(home|root|run\/user)\//.test(each)) ? 'read-only' : 'yes'
  }
  return {
    needsRoot: true,
    steps: [
      ...(groups.has(SYSTEM_GROUP)
        ? []
        : [{ do: 'run', command: ['groupadd', '--system', SYSTEM_GROUP] } as const]),
      { do: 'write', path: rulePath(place), text: rule, mark: RULE_MARK },
      udevReload('changed'),
      { do: 'write', path: unitPath(place, 'system'), text: asset('service/system.service', words) },
      ...starting('system')
    ],
    hints: [
      `Who may command it joins the group ${SYSTEM_GROUP}: sudo usermod -aG ${SYSTEM_GROUP} NAME, then sign out and in.`,
      'Adapters that are plugged in already heed the udev rule when they are plugged out and in.'
    ]
  }
}

function installUser(place: Place): Plan {
  needSystemd(place)
  if (place.uid === 0 && place.environment.SUDO_USER !== undefined)
    throw new Fault(
      'usage',
      'With sudo this would be a service of the user root. Say it without sudo, or install the system’s with --system.'
    )
  const { userName, root } = place
  const words = { VERSION: place.version, PROGRAM: commandLine(place.program) }
  const lingers = existsSync(`${root}/var/lib/systemd/linger/${userName}`)
  const rule = existsSync(rulePath(place))
  return {
    needsRoot: false,
    steps: [
      { do: 'write', path: unitPath(place, 'user'), text: asset('service/user.service', words) },
      ...starting('user')
    ],
    hints: [
      ...(lingers
        ? []
        : [
            `It runs while you are signed in. To have it from the start of the computer on: sudo loginctl enable-linger ${userName}`
          ]),
      ...(rule
        ? []
        : [
            'ModemManager may probe adapters; the rule that keeps it off needs root: see farport doctor, or install with --system.'
          ])
    ]
  }
}

function starting(scope: Scope): Step[] {
  return [
    { do: 'run', command: systemctl(scope, 'daemon-reload'), when: 'changed' },
    { do: 'run', command: systemctl(scope, 'enable', UNIT) },
    { do: 'run', command: systemctl(scope, 'restart', UNIT), when: 'changed' },
    { do: 'run', command: systemctl(scope, 'start', UNIT), when: 'unchanged' }
  ]
}

function systemctl(scope: Scope, ...words: readonly string[]): string[] {
  return ['systemctl', ...(scope === 'user' ? ['--user'] : []), ...words]
}

/** Absent where no udev runs, as in a container. */
function udevReload(when: 'changed'): Step {
  return { do: 'run', command: ['udevadm', 'control', '--reload'], when, mayFail: true }
}

function unitPath({ root, home, environment }: Place, scope: Scope): string {
  if (scope === 'system') return `${root}/etc/systemd/system/${UNIT}`
  const { XDG_CONFIG_HOME: given } = environment
  return join(given?.startsWith('/') ? given : join(home, '.config'), 'systemd/user', UNIT)
}

function rulePath({ root }: Place): string {
  return `${root}/etc/udev/rules.d/${RULE}`
}

/** sd_booted(3). */
function needSystemd({ root }: Place): void {
  if (!existsSync(`${root}/run/systemd/system`))
    throw new Fault(
      'unsupported',
      'systemd does not run this computer. Have its own init start "farport serve" (as root: "farport serve --system").'
    )
}

/** The service is a user of its own, with a /tmp of its own, and it outlives a cache. */
function mustBeReadable({ program }: Place): void {
  for (const path of program.filter((word) => word.startsWith('/'))) {
    if (path.includes('/_npx/'))
      throw new Fault(
        'usage',
        `${path} lies in npx's cache, which npm empties. Install Farport first (sudo npm install -g farport).`
      )
    const [, temporary] = /^(\/(?:var\/)?tmp)\//.exec(path) ?? []
    const closed = temporary ?? closedPart(path)
    if (closed !== undefined)
      throw new Fault(
        'usage',
        `A system service may not look into ${closed}, where ${path} is. Install Farport for all users (sudo npm install -g farport), and say this with that one.`
      )
  }
}

/** The first directory on the way, or the file, that is closed to other users. */
function closedPart(path: string): string | undefined {
  const way = [path]
  for (let each = dirname(path); each !== '/'; each = dirname(each)) way.unshift(each)
  return way.find((each) => {
    const stats = statSync(each)
    const needed = stats.isDirectory() ? 0o001 : 0o004
    return (stats.mode & needed) === 0
  })
}

/** Whose devices serial ports are; undefined: no such group is here. */
export function serialGroup(place: Pick<Place, 'root'>): string | undefined {
  const groups = groupNames(place)
  return SERIAL_GROUPS.find((each) => groups.has(each))
}

function groupNames({ root }: Pick<Place, 'root'>): Set<string> {
  const lines = textOf(`${root}/etc/group`)?.split('\n') ?? []
  return new Set(lines.map((line) => line.slice(0, Math.max(line.indexOf(':'), 0))))
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // not there, or not ours to read: both are no service of ours
  }
}

function statusOf(
  scope: Scope,
  file: string | undefined,
  text: string | undefined,
  shown: ReturnType<typeof properties>
): ServiceStatus {
  const seconds = /^@(\d+)$/.exec(shown.ActiveEnterTimestamp ?? '')?.[1]
  const pid = Number(shown.MainPID ?? 0)
  const state = stateOf(shown.ActiveState)
  const lives = state === 'running' || state === 'starting'
  const told = lives
    ? shown.StatusText
    : state === 'failed'
      ? `ended with ${shown.Result ?? 'an error'}`
      : undefined
  return {
    scope,
    file,
    ours: text?.includes(MARK) ?? false,
    version: /^X-Farport-Version=(.*)$/m.exec(text ?? '')?.[1],
    state,
    detail: told === undefined ? undefined : plainText(told, 200),
    since: state === 'running' && seconds ? new Date(Number(seconds) * 1000).toISOString() : undefined,
    pid: pid > 0 ? pid : undefined,
    enabled: shown.UnitFileState === undefined ? undefined : shown.UnitFileState.startsWith('enabled'),
    log: scope === 'user' ? 'journalctl --user -u farport' : 'journalctl -u farport'
  }
}

/** systemctl(1), "ActiveState": Restart=always makes a unit that fails again and again "activating". */
function stateOf(active: string | undefined): ServiceStatus['state'] {
  switch (active) {
    case 'active':
    case 'reloading':
      return 'running'
    case 'activating':
      return 'starting'
    case 'failed':
      return 'failed'
    case undefined:
      return 'unknown'
    default:
      return 'stopped'
  }
}

/** The doctor's questions about the Farport that runs here, and its service. Pure: facts in, findings out. Called by core/doctor. */
import type { Fault, FaultRecord } from '../contract/faults.ts'
import type { Finding } from '../contract/findings.ts'
import type { SelfState } from '../contract/state.ts'
import type { Facts } from './doctor-facts.ts'
import type { InstanceFact, ServiceFact } from './doctor-instance-facts.ts'
import { SYSTEM_GROUP, type InstanceKind } from './instance-paths.ts'

const SUBJECT = 'Farport'

export const checkInstances = (facts: Facts): Finding[] => {
  const { instances, settingsFault } = facts
  const nothing: Finding = {
    level: 'ok',
    subject: SUBJECT,
    message: 'none runs here: commands work by themselves, and other computers do not reach this one'
  }
  return [
    ...(instances.length === 0 ? [nothing] : instances.flatMap((each) => checkInstance(each, facts))),
    ...(settingsFault ? [settingsFinding(settingsFault, 'the settings file')] : [])
  ]
}

function checkInstance({ kind, socket, state }: InstanceFact, facts: Facts): Finding[] {
  switch (state.type) {
    case 'running':
      return [aboutRunning(kind, state.self, facts), ...checkFaults(state.self), ...checkPage(state)]
    case 'dead':
      return [
        {
          level: 'warning',
          subject: SUBJECT,
          message: `the one that ran here ended at once, and left its socket (${socket})`,
          fix: `Start it again, which replaces that: farport serve, or farport service install`
        }
      ]
    case 'fault':
      return [notAsked(kind, socket, state.fault, facts)]
  }
}

function aboutRunning(kind: InstanceKind, self: SelfState, { version }: Facts): Finding {
  const whose = kind === 'user' ? 'your own' : "the system's"
  const since = self.since === undefined ? '' : ` since ${momentText(self.since)}`
  const process = self.pid === undefined ? '' : `, process ${self.pid}`
  const message = `${whose} runs here${since}: version ${self.version}${process}`
  if (version === undefined || !isOlder(self.version, version))
    return { level: 'ok', subject: SUBJECT, message }
  const restart = kind === 'user' ? 'farport service install --user' : 'sudo farport service install --system'
  return {
    level: 'warning',
    subject: SUBJECT,
    message: `${message}, older than this command (${version})`,
    fix: `Start it again with this version: ${restart}; or end farport serve and start it`
  }
}

/** Why its settings are not what its file says, or why others do not reach it. */
function checkFaults({ faults = [], listening, settingsPath = 'its settings file' }: SelfState): Finding[] {
  const ofSettings = faults.filter(({ code }) => code.startsWith('settings-'))
  const ofListener = faults.filter(({ code }) => !code.startsWith('settings-'))
  return [
    ...ofSettings.map((fault) => settingsFinding(fault, settingsPath)),
    ...(listening === undefined ? [] : checkListener(listening, ofListener, settingsPath))
  ]
}

function settingsFinding({ code, message }: Fault | FaultRecord, path: string): Finding {
  const fix =
    code === 'settings-unwritable'
      ? `Free some space, or give its user the right to write to ${path}`
      : code === 'settings-newer'
        ? 'Update this Farport'
        : code === 'settings-access'
          ? `Make ${path} your own, and nobody else's: mode 600 in a folder with mode 700`
          : `Mend ${path}: it is read as soon as it is saved`
  return { level: 'problem', subject: 'settings', message, fix }
}

function checkListener(
  listening: readonly string[],
  faults: readonly FaultRecord[],
  path: string
): Finding[] {
  const subject = 'farport/1'
  if (faults.length > 0)
    return faults.map(({ code, message }) => ({
      level: 'problem',
      subject,
      message,
      fix:
        code === 'address-in-use'
          ? `End what has the port (sudo ss -ltnp names it), or choose another: preferences.listen.port in ${path}`
          : `Mend preferences.listen in ${path}`
    }))
  const message =
    listening.length > 0
      ? `other Farports reach this computer at ${listening.join(', ')}`
      : `switched off in ${path} (preferences.listen): other Farports do not reach this computer`
  return [{ level: 'ok', subject, message }]
}

function checkPage({ self, page }: Extract<InstanceFact['state'], { readonly type: 'running' }>): Finding[] {
  const subject = 'page'
  if (!page) return []
  if ('url' in page)
    return [
      { level: 'ok', subject, message: `served to browsers at ${page.url}; farport page prints a way in` }
    ]
  const place = self.settingsPath ?? 'its settings'
  return [
    {
      level: 'problem',
      subject,
      message: page.fault.message,
      fix: `Choose another place, preferences.page in ${place}; or switch it off: farport page --off`
    }
  ]
}

function notAsked(kind: InstanceKind, socket: string, fault: Fault, { group }: Facts): Finding {
  const { code, message } = fault
  if (code === 'needs-rights' && kind === 'system')
    return {
      level: 'warning',
      subject: SUBJECT,
      message: `the system's runs here, and you may not command it (${socket})`,
      fix:
        group.joined && !group.inForce
          ? `You joined group ${SYSTEM_GROUP} after this session began: sign out and in`
          : `sudo usermod -aG ${SYSTEM_GROUP} $USER, then sign out and in`
    }
  const fix =
    fault.kind === 'peer'
      ? 'farport service status tells of it and names its log; end it and start it again'
      : 'Set FARPORT_SOCKET or XDG_RUNTIME_DIR to a place of your own, for farport serve and for commands'
  return { level: 'problem', subject: SUBJECT, message: `${socket}: ${message}`, fix }
}

export const checkServices = ({ services, instances }: Facts): Finding[] =>
  services.flatMap((service): Finding[] => {
    const { scope, file, state, detail, log } = service
    if (file === undefined || state === 'running' || state === 'unknown') return []
    const runs = instances.some((each) => each.kind === scope && each.state.type === 'running')
    const message = `installed (${file}), and ${stateWords(service)}${detail === undefined ? '' : `: ${detail}`}`
    const install = `${scope === 'system' ? 'sudo ' : ''}farport service install --${scope}`
    return [
      {
        // By hand it does what the service would.
        level: runs || state === 'starting' ? 'warning' : 'problem',
        subject: scope === 'user' ? 'your service' : "the system's service",
        message: runs ? `${message}; another Farport runs in its place` : message,
        fix: `See why: ${log}. ${runs ? 'End the other one, then' : 'Start it again'}: ${install}`
      }
    ]
  })

function stateWords({ state }: ServiceFact): string {
  return state === 'failed' ? 'failed' : state === 'starting' ? 'starting again and again' : 'not running'
}

/** By their numbers; what is no number counts as 0. */
function isOlder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.split('.').map((each) => Number.parseInt(each, 10) || 0))
  const at = [0, 1, 2].find((index) => (a?.[index] ?? 0) !== (b?.[index] ?? 0))
  return at !== undefined && (a?.[at] ?? 0) < (b?.[at] ?? 0)
}

/** `2026-11-21 14:02`, local time. */
function momentText(timeMs: number): string {
  const time = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000)
  return time.toISOString().slice(0, 16).replace('T', ' ')
}

/**
 * A job of launchd: an agent while its user is signed in, or a daemon from the start of macOS on. The daemon runs as the user who
 * installed it, with that user's settings and identity: macOS makes no users for services. Called by the command `service`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../../contract/faults.ts'
import { asset, xmlText } from './assets.ts'
import type { Place, Scope, ServiceKind } from './service-kind.ts'
import { MARK } from './steps.ts'

const LABEL = 'farport'

export const launchd: ServiceKind = {
  install(place, scope) {
    const owner = ownerOf(place, scope)
    const path = plistPath(place, scope)
    const text = asset('service/launchd.plist', {
      VERSION: xmlText(place.version),
      PROGRAM: place.program.map((each) => `    <string>${xmlText(each)}</string>`).join('\n'),
      USER: scope === 'system' ? `  <key>UserName</key>\n  <string>${xmlText(owner)}</string>` : '',
      LOG: xmlText(logPath(place, scope))
    })
    return {
      needsRoot: scope === 'system',
      steps: [
        { do: 'write', path, text },
        { do: 'run', command: ['launchctl', 'bootout', job(place, scope)], when: 'changed', mayFail: true },
        { do: 'run', command: ['launchctl', 'bootstrap', domain(place, scope), path], when: 'changed' },
        { do: 'run', command: ['launchctl', 'kickstart', job(place, scope)], when: 'unchanged' }
      ],
      hints: scope === 'system' ? [`It runs as ${owner}, with the settings of that user.`] : []
    }
  },

  uninstall(place, scope) {
    return {
      needsRoot: scope === 'system',
      steps: [
        { do: 'run', command: ['launchctl', 'bootout', job(place, scope)], mayFail: true },
        { do: 'remove', path: plistPath(place, scope) }
      ],
      hints: []
    }
  },

  async status(place, scope) {
    const path = plistPath(place, scope)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined
    const { code, stdout } = await place.run(['launchctl', 'print', job(place, scope)])
    const pid = /^\s*pid = (\d+)$/m.exec(stdout)?.[1]
    return {
      scope,
      file: text === undefined ? undefined : path,
      ours: text?.includes(MARK) ?? false,
      version: /Version (\S+) -->/.exec(text ?? '')?.[1],
      state: pid === undefined ? 'stopped' : 'running',
      detail: undefined,
      since: undefined,
      pid: pid === undefined ? undefined : Number(pid),
      enabled: text === undefined ? undefined : code === 0,
      log: `tail -f '${logPath(place, scope)}'`
    }
  }
}

/** As whom it runs. */
function ownerOf({ userName, environment }: Place, scope: Scope): string {
  const owner = scope === 'system' ? (environment.SUDO_USER ?? userName) : userName
  if (owner !== 'root') return owner
  throw new Fault(
    'usage',
    'A service should not run as root. Say this as an ordinary user, with sudo in front of it where it is for --system.'
  )
}

function domain({ uid }: Place, scope: Scope): string {
  return scope === 'system' ? 'system' : `gui/${uid ?? 0}`
}

function job(place: Place, scope: Scope): string {
  return `${domain(place, scope)}/${LABEL}`
}

function plistPath({ root, home }: Place, scope: Scope): string {
  return scope === 'system'
    ? `${root}/Library/LaunchDaemons/${LABEL}.plist`
    : join(home, 'Library/LaunchAgents', `${LABEL}.plist`)
}

function logPath({ home }: Place, scope: Scope): string {
  return scope === 'system' ? '/Library/Logs/farport.log' : join(home, 'Library/Logs/farport.log')
}

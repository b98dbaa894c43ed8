/** A scheduled task of Windows that starts when its user signs in. Called by the command `service`; tried as text alone. */
import { existsSync } from 'node:fs'
import { win32 } from 'node:path'
import { Fault } from '../../../contract/faults.ts'
import { asset, xmlText } from './assets.ts'
import type { Place, Scope, ServiceKind } from './service-kind.ts'

const TASK = 'Farport'

export const scheduledTask: ServiceKind = {
  install(place, scope) {
    userOnly(scope)
    const [program, ...words] = place.program
    const path = xmlPath(place)
    const text = asset('service/task.xml', {
      VERSION: xmlText(place.version),
      USER: xmlText(account(place)),
      COMMAND: xmlText(program),
      ARGUMENTS: xmlText([...words.map(windowsWord), 'serve'].join(' '))
    })
    return {
      needsRoot: false,
      steps: [
        // schtasks reads UTF-16 by its mark of order.
        { do: 'write', path, text: `\ufeff${text.replaceAll('\n', '\r\n')}`, encoding: 'utf16le' },
        { do: 'run', command: ['schtasks', '/Create', '/TN', TASK, '/XML', path, '/F'] },
        { do: 'run', command: ['schtasks', '/End', '/TN', TASK], when: 'changed', mayFail: true },
        { do: 'run', command: ['schtasks', '/Run', '/TN', TASK] }
      ],
      hints: []
    }
  },

  uninstall(place, scope) {
    userOnly(scope)
    return {
      needsRoot: false,
      steps: [
        { do: 'run', command: ['schtasks', '/End', '/TN', TASK], mayFail: true },
        { do: 'run', command: ['schtasks', '/Delete', '/TN', TASK, '/F'], mayFail: true },
        { do: 'remove', path: xmlPath(place) }
      ],
      hints: []
    }
  },

  async status(place, scope) {
    const path = xmlPath(place)
    // Its words are the same in every language of Windows, those of schtasks are not.
    const ask = `(Get-ScheduledTask -TaskName ${TASK}).State`
    const { code, stdout } = await place.run(['powershell', '-NoProfile', '-Command', ask])
    const word = code === 0 ? stdout.trim() : ''
    const isThere = word !== ''
    return {
      scope,
      file: isThere && existsSync(path) ? path : undefined,
      ours: isThere,
      version: undefined,
      state: word === 'Running' ? 'running' : 'stopped',
      detail: undefined,
      since: undefined,
      pid: undefined,
      enabled: isThere ? word !== 'Disabled' : undefined,
      log: `schtasks /Query /TN ${TASK} /V /FO LIST`
    }
  }
}

function userOnly(scope: Scope): void {
  if (scope === 'system')
    throw new Fault(
      'unsupported',
      'On Windows Farport starts when its user signs in, with --user. There is no service of the system.'
    )
}

function xmlPath({ home, environment }: Place): string {
  return win32.join(environment.APPDATA ?? win32.join(home, 'AppData/Roaming'), 'Farport', 'task.xml')
}

function account({ environment, userName }: Place): string {
  return environment.USERDOMAIN === undefined ? userName : `${environment.USERDOMAIN}\\${userName}`
}

/** As the C runtime splits a command line: backslashes count only before a quotation mark, which no path has. */
function windowsWord(word: string): string {
  return /[\s"]/.test(word) || word === '' ? `"${word.replace(/\\+$/, '$&$&')}"` : word
}

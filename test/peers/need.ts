import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { delimiter, join } from 'node:path'
import { TestRunner } from 'vitest'
import type {} from '../skips.ts'

/** Where Debian puts what is no command. */
const FILES: Readonly<Record<string, string>> = {
  pyserial: '/usr/lib/python3/dist-packages/serial',
  'python3-gensio': '/usr/lib/python3/dist-packages/gensio.py',
  pymodbus: '/usr/lib/python3/dist-packages/pymodbus',
  pynmea2: '/usr/lib/python3/dist-packages/pynmea2',
  serial_asyncio: '/usr/lib/python3/dist-packages/serial_asyncio'
}

/** Where other systems put a browser of the same kind. */
const BROWSERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'
  ]
}

/** Debian's own Python sees Debian's pyserial; another one first in PATH may not. */
export const PYTHON = '/usr/bin/python3'

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']

/** Where each computer that runs the tests for us has one of its own. */
const EVERYWHERE: readonly string[] = ['chromium']

const LINUX = process.platform === 'linux'

/**
 * True where one of the programs is missing: for `describe.skipIf(lacks('ser2net'))`. The totals at the end name every skipped test
 * and what it lacks; skips.ts says which skips fail a run of CI.
 *
 * They are Debian's programs: the `nc`, `openssl` or `expect` of another system is another program, and none there.
 */
export function lacks(...programs: readonly string[]): boolean {
  return programs
    .filter((program) => !find(program))
    .map((program) => note(program, LINUX || EVERYWHERE.includes(program)))
    .some(Boolean)
}

/** True elsewhere than on Linux. `why`: what only Linux has, such as `/proc`. */
lacks.linux = (why: string): boolean => !LINUX && note(`Linux: ${why}`, false)

/** True on Windows. `why`: what the others have, such as `Unix sockets`. */
lacks.unix = (why: string): boolean => process.platform === 'win32' && note(`no Windows: ${why}`, false)

/** True for everybody but root, and where there is none. `why`: what only root may do. */
lacks.root = (why: string): boolean => process.geteuid?.() !== 0 && note(`root: ${why}`, LINUX)

/** For everything else: true where it is not here. `what`: such as `IPv6`. */
lacks.part = (isHere: boolean, what: string): boolean => !isHere && note(what, LINUX)

/** True where there is no address ::1. */
lacks.ipv6 = (): boolean =>
  lacks.part(
    Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1')),
    'IPv6 on loopback'
  )

/** With the test file that is being read; elsewhere (a script, a global set-up) nobody is skipped by it. */
function note(what: string, canBeHad: boolean): true {
  const meta = currentFile()?.meta
  if (!meta) return true
  meta.lacking ??= []
  if (!meta.lacking.some((each) => each.what === what)) meta.lacking.push({ what, canBeHad })
  return true
}

/** The test file that is being read; undefined where none is. */
export function currentFile(): ReturnType<typeof TestRunner.getCurrentSuite>['file'] | undefined {
  try {
    const collector = TestRunner.getCurrentSuite()
    return collector.suite?.file ?? collector.file
  } catch {
    return undefined
  }
}

/** What makes a mount namespace of one's own: root may, others where the system lets them have user namespaces. */
export const OWN_MOUNTS = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount'
] as const

/** True where nobody but root may put a file of a test's own in the place of the system's. */
export function lacksOwnMounts(): boolean {
  if (lacks.linux('mount namespaces')) return true
  const [command, ...args] = OWN_MOUNTS
  const isAllowed = spawnSync(command, [...args, 'true']).status === 0
  return lacks.part(isAllowed, 'the right to a mount namespace')
}

/** The path of a program; the bare name where it is not there. */
export function programPath(program: string): string {
  return find(program) ?? program
}

function find(program: string): string | undefined {
  const browser = program === 'chromium' ? BROWSERS[process.platform] : undefined
  if (browser) return browser.find((path) => existsSync(path))
  if (!LINUX) return undefined
  const file = FILES[program]
  if (file !== undefined) return existsSync(file) ? file : undefined
  return FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

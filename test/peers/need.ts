import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian puts what is no command. */
const FILES: Readonly<Record<string, string>> = {
  pyserial: '/usr/lib/python3/dist-packages/serial',
  'python3-gensio': '/usr/lib/python3/dist-packages/gensio.py',
  pymodbus: '/usr/lib/python3/dist-packages/pymodbus',
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

/**
 * True where one of the programs is missing: for `describe.skipIf(lacks('ser2net'))`. The totals at the end name every
 * skipped test and how to get what it needs; with FARPORT_INSTALL_PEERS=1 a skipped test fails the run.
 */
export function lacks(...programs: readonly string[]): boolean {
  return programs.some((program) => !find(program))
}

/** What makes a mount namespace of one's own: root may, others where the system lets them have user namespaces. */
export const OWN_MOUNTS = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount'
] as const

/** True where nobody but root may put a file of a test's own in the place of the system's. */
export function lacksOwnMounts(): boolean {
  const [command, ...args] = OWN_MOUNTS
  return spawnSync(command, [...args, 'true']).status !== 0
}

/** The path of a program; the bare name where it is not there. */
export function programPath(program: string): string {
  return find(program) ?? program
}

function find(program: string): string | undefined {
  const file = FILES[program]
  if (file !== undefined) return existsSync(file) ? file : undefined
  const browser = program === 'chromium' ? BROWSERS[process.platform] : undefined
  if (browser) return browser.find((path) => existsSync(path))
  return FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

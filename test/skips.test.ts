import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { lacks } from './peers/need.ts'
import { isUnexcused } from './skips.ts'

const TOP = join(import.meta.dirname, '..')
const VITEST = join(TOP, 'node_modules/vitest/vitest.mjs')

/** What of a system and of its programs tests ask for. */
const NEEDS = {
  system: "it.skipIf(lacks.linux('/proc'))",
  program: "it.skipIf(lacks('chromium'))",
  debian: "it.skipIf(lacks('no-such-program'))",
  nothing: 'it.skip'
} as const

/** A run of one file with one test, as CI would run it on that system. */
function run(need: keyof typeof NEEDS, system: string): { code: number | null; said: string } {
  const folder = mkdtempSync(join(TOP, 'node_modules/.cache/skips-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const from = (path: string): string => JSON.stringify(join(import.meta.dirname, path))
  writeFileSync(
    join(folder, 'one.test.ts'),
    `import { it } from 'vitest'
     import { lacks } from ${from('peers/need.ts')}
     ${NEEDS[need]}('is skipped', () => undefined)
     it('is not', () => undefined)`
  )
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import { TotalsReporter } from ${from('totals-reporter.ts')}
     export default { test: {
       reporters: [new TotalsReporter()], include: ['*.test.ts'],
       setupFiles: process.env.FARPORT_AS_IF ? [${from('as-if.ts')}] : [] } }`
  )
  const env = {
    ...process.env,
    FARPORT_INSTALL_PEERS: '1',
    FARPORT_AS_IF: system,
    PATH: '',
    NODE_OPTIONS: ''
  }
  const { status, stdout } = spawnSync(process.execPath, [VITEST, 'run', '--root', folder], {
    env,
    encoding: 'utf8'
  })
  return { code: status, said: stdout }
}

it('a skip is excused by what no other system has, and by that alone', () => {
  const [linux, chromium] = [
    { what: 'Linux: /proc', canBeHad: false },
    { what: 'chromium', canBeHad: true }
  ]
  expect([[], [linux], [chromium], [linux, chromium]].map(isUnexcused)).toEqual([true, false, true, true])
})

it.each([
  ['system', 'darwin', 0, /one\.test\.ts \(Linux: \/proc\)\n +is skipped\n/],
  ['system', 'win32', 0, /one\.test\.ts \(Linux: \/proc\)\n +is skipped\n/],
  ['debian', 'darwin', 0, /one\.test\.ts \(no-such-program\)\n +is skipped\n/],
  ['program', 'darwin', 1, /one\.test\.ts \(chromium\)\n +is skipped\n/],
  ['nothing', 'win32', 1, /one\.test\.ts \(it does not say why\)\n +is skipped\n/]
] as const)('what needs %s, as if on %s: ends with %i, and says why', (need, system, code, words) => {
  const { code: ended, said } = run(need, system)
  expect(said).toMatch(words)
  expect(said).toContain('tests: 1 passed, 0 failed, 1 skipped')
  expect(ended).toBe(code)
})

it.skipIf(lacks.linux('its own rule'))('on Linux each skip fails what CI runs, and says why', () => {
  const { code, said } = run('debian', '')
  expect(said).toMatch(/one\.test\.ts \(no-such-program\)\n +is skipped\n/)
  expect(said).toContain('FARPORT_INSTALL_PEERS=1 npm test')
  expect(code).toBe(1)
})

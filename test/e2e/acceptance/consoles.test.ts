/**
 * The consoles of a rack: 48 lines of a ser2net.conf of 3.x, as they grew over the years, are imported. People come by telnet, scripts by
 * expect and farport expect, and what the devices said stands in files.
 */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../eventually.ts'
import { lacks } from '../../peers/need.ts'
import { describeWithShim } from '../../shim/shim.ts'
import { ShimmedTerminal } from '../../shim/shimmed-terminal.ts'
import { atTestEnd } from '../at-test-end.ts'
import { FARPORT, Program, temporaryFolder } from '../cli.ts'
import { Pluggable } from '../endurance/pluggable.ts'
import { InstanceHome } from '../instance.ts'
import { Console, DUMP_BYTES, passwordOf, USER } from './console.ts'
import { within } from './promise.ts'

const COUNT = 48
const BROKEN = 17
/** Consoles that a script logs in on as well. */
const SCRIPTED = 6
/** This one's file is put aside before it is larger than this: once, as it says more than that in both sessions and less in the second. */
const ROTATED = 42
const ROTATE_BYTES = DUMP_BYTES + 100

const READY_MS = 3000
const LOGINS_MS = 5000
const SCRIPTS_MS = 10_000
/** Scripts that run at a time. */
const AT_ONCE = 4

const NUMBERS = Array.from({ length: COUNT }, (_, index) => index + 1)

interface Rack {
  readonly folder: string
  readonly console: (number: number) => Console
  readonly terminal: (number: number) => ShimmedTerminal
}

function rack(): Rack {
  const folder = temporaryFolder()
  const all = NUMBERS.map((number) => {
    const device: Pluggable = new Pluggable(folder, (bytes) => console.hear(bytes), `ttyC${number}`)
    const console = new Console(number, (bytes) => device.write(bytes))
    atTestEnd(() => device.dispose())
    device.plug()
    const terminal = new ShimmedTerminal(Number(basename(readlinkSync(device.path))))
    atTestEnd(() => terminal.dispose())
    return { console, terminal }
  })
  return {
    folder,
    console: (number) => all[number - 1]!.console,
    terminal: (number) => all[number - 1]!.terminal
  }
}

/** `daily`: one file a day for the first half; `sessions`: one for each time that somebody came, for the others. */
const confOf = (first: number, folder: string, logs: string): string => String.raw`# Consoles of rack 4
CONTROLPORT:localhost,2000
BANNER:banner1:\r\nconsole server port \p device \d [\s]\r\n
BANNER:banner2:\r\n*** \o on port \p ***\r\n \
   settings \B\r\n
TRACEFILE:daily:${logs}/daily/\p-\d-\Y-\m-\D
TRACEFILE:sessions:${logs}/sessions/\p-\Y\y\H\i\S.\U
LED:led1:sysfs:device=led0 duration=50
DEFAULT:local:true
${NUMBERS.map(
  (number) =>
    `localhost,${first + number - 1}:telnet:3600:${folder}/ttyC${number}:9600 8DATABITS NONE 1STOPBIT remctl ` +
    `banner${number % 2 ? 1 : 2} tr=${number <= COUNT / 2 ? 'daily' : 'sessions'}${number === 1 ? ' led-rx=led1' : ''}`
).join('\n')}
ROTATOR:localhost,${first + COUNT}:${NUMBERS.map((number) => `localhost,${first + number - 1}`).join(' ')}
`

const LOGIN = String.raw`expect "\r\n"
send "\r"
expect "login: "
send $USER "\r"
expect "Password: "
send $PASSWORD "\r"
expect /sw\d+# $/
send "dump\r"
expect /sw\d+# $/
send "exit\r"
expect "login: "
`

/** In the order in which they were begun. */
function filesOf(folder: string, first: number, number: number): Buffer[] {
  const port = String(first + number - 1)
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${port}-`))
    .sort()
    .map((name) => readFileSync(join(folder, name)))
}

describe.skipIf(lacks('expect', 'telnet'))('a rack of consoles', () => {
  describeWithShim('48 lines of a ser2net.conf', () => {
    it('become shares with their banners, logins, breaks and logs', async () => {
      const { folder, console, terminal } = rack()
      const logs = temporaryFolder()
      for (const each of ['daily', 'sessions']) mkdirSync(join(logs, each))
      const first = 20_000 + Math.floor(Math.random() * 9000)
      const file = join(temporaryFolder(), 'ser2net.conf')
      writeFileSync(file, confOf(first, folder, logs))
      const home = new InstanceHome()
      home.write({})

      const { code, stdout, stderr } = await home.farport('import', file).ended
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining('Imported 48 shares and 1 rotator') as string
      ])
      const rows = stdout.trim().split('\n')
      expect(rows.filter((row) => / share ttyC\d+$/.test(row))).toHaveLength(COUNT)
      expect(
        rows.filter((row) => !/ share ttyC\d+$/.test(row)).map((row) => row.replaceAll(/ {2,}/g, ' | '))
      ).toEqual([
        'LINE | WHAT | ADDRESS | BECOMES',
        expect.stringMatching(/^2 \| CONTROLPORT:localhost,2000 \| nothing: .*farport list/),
        expect.stringMatching(/^8 \| LED:led1:.* \| nothing: Farport drives no LEDs$/),
        '10 | led-rx=led1 | ttyC1: Farport drives no LEDs',
        `58 | ttyC1, ttyC2, ttyC3 and 45 more | rfc2217://127.0.0.1:${first + COUNT} | rotator localhost,${first + COUNT}`
      ])
      const settings = home.read()
      const rotated = settings.shares[ROTATED - 1]!
      const [trace] = rotated.trace
      const shares = settings.shares.with(ROTATED - 1, {
        ...rotated,
        trace: [{ what: 'read', file: `${logs}/\\p`, rotateBytes: ROTATE_BYTES }]
      })
      expect(trace?.file).toContain('sessions')
      home.write({ ...settings, shares })

      const from = performance.now()
      const service = await home.serve()
      await within(
        '48 shares and a rotator ready',
        READY_MS,
        () => expect(service.stderr.match(/ready at/g)).toHaveLength(49),
        from
      )

      // By telnet, all at once.
      const begun = performance.now()
      const telnet = new Program('expect', [
        `${import.meta.dirname}/log-in.exp`,
        folder,
        String(first),
        String(COUNT),
        String(BROKEN)
      ])
      await telnet.printed(/48 logins/, 'stdout', 3 * LOGINS_MS)
      await within('48 logins by telnet', LOGINS_MS, () => undefined, begun)
      await telnet.printed(/break/)
      const broken = (): number[] =>
        NUMBERS.filter((number) =>
          terminal(number)
            .log()
            .some(({ call }) => call === 'TIOCSBRK')
        )
      await eventually(() => expect(broken()).toEqual([BROKEN]))
      telnet.process.stdin!.write('\n')
      expect(await telnet.ended).toMatchObject({ code: 0, stdout: '48 banners\n48 logins\nbreak\n48 left\n' })
      expect(broken()).toEqual([BROKEN])
      await eventually(() => expect(service.stderr.match(/port closed/g)).toHaveLength(COUNT))

      // By scripts, some at a time.
      const script = join(temporaryFolder(), 'login')
      writeFileSync(script, LOGIN)
      const isScripted = (number: number): boolean => number % SCRIPTED === 0
      const next = NUMBERS.filter(isScripted).values()
      const started = performance.now()
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const number of next) {
            const url = `rfc2217://127.0.0.1:${first + number - 1}`
            const ended = await new Program(process.execPath, [FARPORT, 'expect', url, script, '--quiet'], {
              env: { USER, PASSWORD: passwordOf(number) }
            }).ended
            expect(ended, String(number)).toMatchObject({ code: 0, stderr: '' })
          }
        })
      )
      await within('8 logins by farport expect', SCRIPTS_MS, () => undefined, started)

      // What they said stands in the files, byte for byte.
      for (const number of NUMBERS) {
        const { said } = console(number)
        expect(said.length).toBeGreaterThan(isScripted(number) ? DUMP_BYTES : 0)
        await eventually(() => {
          const files =
            number === ROTATED
              ? ['.1', ''].map((end) => readFileSync(join(logs, `${first + number - 1}${end}`)))
              : filesOf(join(logs, number <= COUNT / 2 ? 'daily' : 'sessions'), first, number)
          expect(Buffer.concat(files).equals(said), `console ${number}`).toBe(true)
          expect(files).toHaveLength(number > COUNT / 2 && isScripted(number) ? 2 : 1)
        })
      }
      expect(service.stderr).not.toMatch(/lost/)
    }, 90_000)
  })
})

import { mkdirSync, writeFileSync, existsSync, readFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacks } from '../peers/need.ts'
import { FARPORT, farport, Program, temporaryFolder } from './cli.ts'
import { instance } from './instance.ts'
import { readableCopy } from './readable-copy.ts'

const lines = (text: string): string[] => Buffer.from(text, 'latin1').toString('utf8').trimEnd().split('\n')

describe('farport monitor', () => {
  test('shows what a port says, and counts it', async () => {
    const { code, stdout, stderr } = await farport('monitor', 'sim:gps?rate=10&baud=115200', '-n', '6').ended
    expect(code).toBe(0)
    const [open = '', ...rows] = lines(stdout)
    expect(open).toMatch(/^\d\d:\d\d:\d\d\.\d{6} · Port open, 115200 8N1$/)
    expect(rows[0]).toMatch(/^\S+ ← \$GPGGA,.*␍␊$/)
    expect(lines(stderr)).toEqual([
      expect.stringMatching(/^farport: 6 rows, [\d,]+ bytes \(→ 0, ← [\d,]+\), nothing lost\.$/)
    ])
  })

  test('suggests the decoder once, and uses one that is named', async () => {
    const plain = await farport('monitor', 'sim:gps?rate=10&baud=115200', '-n', '60').ended
    expect(plain.stdout.match(/looks like NMEA 0183: --decode nmea/g)).toHaveLength(1)
    const decoded = await farport('monitor', 'sim:gps?rate=10&baud=115200', '-n', '4', '--decode', 'nmea')
      .ended
    expect(lines(decoded.stdout)[1]).toContain('│ GPGGA')
    expect(decoded.stdout).not.toContain('looks like')
  })

  test('Ctrl-C ends it with a line of what there was', async () => {
    const program = farport('monitor', 'sim:gps?rate=10&baud=115200')
    await program.printed(/GPGGA/)
    program.process.kill('SIGINT')
    const { code, stderr } = await program.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/rows, .* nothing lost\.$/m)
  })

  test('a filter shows the place of a mistake, and an endless expression is ended', async () => {
    const wrong = await farport('monitor', 'sim:gps', '--filter', 'len>8 (').ended
    expect(wrong.code).toBe(2)
    expect(lines(wrong.stderr).slice(1)).toEqual(['  len>8 (', '         ^'])
    const endless = await farport('monitor', 'sim:gps?rate=10&baud=115200', '--filter', '/^(([^!]+)+)+!$/')
      .ended
    expect(endless.code).toBe(2)
    expect(endless.stderr).toMatch(/takes more than 500 ms and was ended/)
  })

  test.skipIf(lacks('script'))('colours on a terminal, and folds to its width', async () => {
    const command = `stty cols 50; exec ${process.execPath} ${FARPORT} monitor 'sim:gps?rate=10&baud=115200' --view mixed -n 3`
    // Node takes every terminal of a build server (CI is set) for one without colours.
    const env = { FARPORT_SOCKET: '/dev/null/none', TERM: 'xterm-256color', NO_COLOR: '', CI: undefined }
    const { stdout } = await new Program('script', ['-qec', command, '/dev/null'], { env }).ended
    expect(stdout).toContain('\x1b[38;5;208m')
    for (const line of lines(stdout).filter((each) => !each.startsWith('farport:'))) {
      const plain = line.replace(/\x1b\[[\d;]*m/g, '').trimEnd()
      if (plain.includes('←') || plain.startsWith('  ')) expect(plain.length).toBeLessThanOrEqual(50)
    }
    const none = new Program('script', ['-qec', command, '/dev/null'], { env: { ...env, NO_COLOR: '1' } })
    expect((await none.ended).stdout).not.toContain('\x1b[38')
  })

  test('watches a share of the running Farport, with what passed before, and disturbs nobody', async () => {
    const share = {
      id: 'aaaaaaaa',
      name: 'gps',
      port: { target: 'sim:gps?rate=10&baud=115200' },
      openAtStart: true
    }
    const { home } = await instance({ shares: [share] }, { XDG_DATA_HOME: temporaryFolder() })
    const live = await home.farport('monitor', 'gps', '-n', '10').ended
    expect(live.stdout).toContain('$GPRMC')
    const past = await home.farport('monitor', 'gps', '--last', '5m', '-n', '1').ended
    expect(past.stdout).toMatch(/Port open/)
    const state = JSON.parse((await home.farport('list', '--json').ended).stdout) as object
    expect(JSON.stringify(state)).not.toContain('"sessions":[{')
    const saved = await home.farport('capture', 'save', 'gps', '--last', '10m').ended
    expect(saved.stdout.trim()).toMatch(/\.pcapng$/)
    expect((await home.farport('monitor', saved.stdout.trim(), '-n', '3').ended).stdout).toContain(
      'Port open'
    )
    expect((await home.farport('capture', 'list').ended).stdout).toContain('.pcapng')
  })
})

describe('captures', () => {
  test('are read again, exported and replayed', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'gps.pcapng')
    const made = await farport('capture', 'sim:gps?rate=10&baud=115200', '--save', file, '--max-time', '2s')
      .ended
    expect(made.stdout.trim()).toBe(file)
    const again = await farport('capture', 'sim:gps', '--save', file).ended
    expect(again.stderr).toMatch(/there already, and is not replaced/)
    const shown = await farport('monitor', file).ended
    const rows = lines(shown.stdout).filter((line) => line.includes('GPRMC'))
    expect(rows.length).toBeGreaterThan(5)
    const csv = await farport('export', file, '--format', 'csv', '--filter', 'GPRMC').ended
    expect(lines(csv.stdout)).toHaveLength(rows.length + 1)
    const json = await farport('monitor', file, '--json', '--filter', '/^\\$GPRMC/').ended
    const objects = lines(json.stdout).map((line) => JSON.parse(line) as { text?: string })
    expect(objects.slice(1).map(({ text }) => text?.slice(0, 6))).toEqual(rows.map(() => '$GPRMC'))
    for (const form of ['jsonl', 'csv']) {
      const other = join(folder, `gps.${form}`)
      await farport('export', file, '--save', other).ended
      const opened = await farport('monitor', other, '--filter', 'GPRMC').ended
      expect(lines(opened.stdout).filter((line) => !line.includes('looks like'))).toEqual(rows)
    }
    const raw = join(folder, 'gps.bin')
    await farport('export', file, '--save', raw, '--direction', 'rx').ended
    const replayed = await farport('replay', file, 'sim:echo', '--direction', 'rx', '--timing', 'fast').ended
    const bytes = readFileSync(raw)
      .length.toString()
      .replace(/\B(?=(?:\d{3})+$)/g, ',')
    expect(replayed.stderr).toContain(`${bytes} bytes sent, nothing lost`)
  })

  test('rotate, and keep the last ones', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'noise.bin')
    const args = ['--save', file, '--max-size', '64k', '--rotate', '2', '--max-time', '3s']
    const program = farport('capture', 'sim:noise:max', ...args)
    await expect.poll(() => existsSync(join(folder, 'noise-3.bin')), { timeout: 10_000 }).toBe(true)
    program.process.kill('SIGINT')
    const { stdout } = await program.ended
    expect(lines(stdout).length).toBeLessThanOrEqual(2)
    expect(existsSync(file)).toBe(false)
  })
})

describe('extcap', () => {
  test('answers as Wireshark asks', async () => {
    const ask = async (...args: string[]) => (await farport('extcap', ...args).ended).stdout
    expect(await ask('--extcap-interfaces', '--extcap-version=4.2')).toMatch(
      /^extcap \{version=[\d.]+\}.*\n(interface .*\n)*interface \{value=farport\}\{display=.*\}\n$/
    )
    expect(await ask('--extcap-dlts', '--extcap-interface', 'farport')).toMatch(/^dlt \{number=250\}/)
    expect(await ask('--extcap-config', '--extcap-interface', 'farport')).toMatch(
      /^arg \{number=0\}\{call=--target\}/
    )
    expect(await ask('--extcap-interface', 'farport', '--extcap-capture-filter', '')).toBe('')
    expect(await ask('--extcap-interface', 'farport', '--extcap-capture-filter', 'tcp')).toMatch(
      /no capture filter/
    )
  })

  // As root, Wireshark's programs look into the system's folder alone.
  test.skipIf(lacks('tshark', 'setpriv') || process.getuid?.() !== 0)(
    'tshark lists it, and captures live',
    async () => {
      // By another user, who may not read a checkout.
      const copy = readableCopy()
      const folder = temporaryFolder()
      chmodSync(folder, 0o755)
      const home = join(folder, 'home')
      mkdirSync(home)
      chmodSync(home, 0o777)
      writeFileSync(
        join(folder, 'farport'),
        `#!/bin/sh\nexec '${process.execPath}' '${copy.farport}' extcap "$@"\n`,
        { mode: 0o755 }
      )
      const env = {
        LD_PRELOAD: '',
        HOME: home,
        WIRESHARK_EXTCAP_DIR: folder,
        FARPORT_SOCKET: '/dev/null/none'
      }
      const tshark = (...args: string[]) =>
        new Program('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'tshark', ...args], {
          env,
          cwd: home
        }).ended
      expect((await tshark('-D')).stdout).toMatch(/^\d+\. farport \(/m)
      const { stdout } = await tshark(
        '-i',
        'farport',
        '-o',
        'extcap.farport.target:sim:gps?rate=10&baud=115200',
        '-c',
        '3'
      )
      expect(stdout.match(/RTAC Serial/g)).toHaveLength(3)
    }
  )
})

import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lacks } from '../peers/need.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../bench/run.mjs')

describe.skipIf(lacks('cc'))('npm run bench', () => {
  it('builds its programs, measures all that it can and clears up', async () => {
    const before = await leftovers()
    const { stdout, stderr } = await run(process.execPath, [script, '--quick', '--contender', 'C relay'])
    const rows = stdout.split('\n').filter((line) => /^\| [^-\s]/.test(line))
    expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual([
      '1-byte echo, p50, µs',
      '1-byte echo, p95, µs',
      '100-byte answer at 115200, p50, µs',
      '256-byte answer at 115200, p50, µs',
      'device → client, MB/s',
      'client → device, MB/s',
      'device → client, CPU s/GB',
      'client → device, CPU s/GB',
      'telnet, 0xFF, device → client, MB/s',
      'telnet, 0xFF, client → device, MB/s',
      '64 ports at 115200, CPU %',
      'eight clients, MB/s',
      'seven clients beside a stalled one, MB/s',
      'start to listening, ms',
      'idle, MiB',
      'each further port with a client, MiB'
    ])
    // A figure in each row: nothing failed, nothing was lost on the way, every byte was the right one.
    for (const row of rows) expect(row).toMatch(/\| +-?\d+(\.\d+)?(e-\d+)?( \(\d\.\d+\))? \|$/)
    expect(stderr).not.toMatch(/left out|, \w+: /)
    expect(await leftovers()).toEqual(before)
  })

  it('measures Farport: telnet is escaped, a stalled client replaced, a virtual port opened', async () => {
    const only = ['--only', 'telnetUp,telnetDown,clients8', '--only', 'stalled,ptyEcho,ptyUp']
    const { stdout } = await run(process.execPath, [script, '--quick', '--contender', 'Farport', ...only])
    const [table = ''] = stdout.split('What Farport is to reach')
    const rows = table.split('\n').filter((line) => /^\| [^-\s]/.test(line))
    expect(rows).toHaveLength(6)
    for (const row of rows) expect(row).toMatch(/\| +\d+(\.\d+)?( \(\d\.\d+\))? \|$/)
  })

  it('measures what Node can do without Farport', async () => {
    const only = ['--only', 'echo,up,down', '--only', 'clients8,ptyEcho,ptyUp,ptyDown']
    const { stdout } = await run(process.execPath, [script, '--quick', '--contender', 'bare Node', ...only])
    const rows = stdout.split('\n').filter((line) => /^\| [^-\s]/.test(line))
    expect(rows).toHaveLength(10)
    for (const row of rows) expect(row).toMatch(/\| +\d+(\.\d+)?( \(\d\.\d+\))? \|$/)
  })

  it('measures what monitors take, and judges it', async () => {
    const who = ['--contender', 'Farport, served', '--contender', 'Farport, watched']
    const { stdout } = await run(process.execPath, [script, '--quick', ...who, '--only', 'watching64'])
    expect(stdout).toMatch(/64 monitors beyond that, CPU % +\| +≤ 2\.0 \| +≤ 2\.0 \| +-?\d+(\.\d+)? \|/)
  })

  it('names what it does not know', async () => {
    await expect(run(process.execPath, [script, '--contender', 'C rely'])).rejects.toThrow(
      /C rely.*C relay, Farport/
    )
    await expect(run(process.execPath, [script, '--only', 'ecco'])).rejects.toThrow(/ecco.*echo, paced100/)
  })
})

describe('npm run bench:traffic', () => {
  const traffic = join(import.meta.dirname, '../../bench/traffic.mjs')

  it('measures each of its cases, and judges', async () => {
    const before = await leftovers()
    const { stdout } = await run(process.execPath, [traffic, '--quick'])
    const rows = stdout.split('\n').filter((line) => /^\| [^-\s]/.test(line))
    const named = (pattern: RegExp): string[] => rows.filter((row) => pattern.test(row))
    expect(named(/^\| \d+ bytes, ring of /)).toHaveLength(6)
    expect(named(/^\| (newline|gap|length|start and end) /)).toHaveLength(4)
    expect(named(/^\| (text:|hex:|\/E47)/)).toHaveLength(3)
    expect(named(/^\| (Modbus|NMEA|AT|SLIP|COBS|ANSI|Lines)/)).toHaveLength(8)
    expect(named(/^\| Farport (writes|reads) /)).toHaveLength(2)
    expect(named(/\| +(met|\*\*missed\*\*|a bare copy takes [\d.]+) \|$/)).toHaveLength(11)
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/)
    expect(await leftovers()).toEqual(before)
  })

  it('names what it does not know', async () => {
    await expect(run(process.execPath, [traffic, '--only', 'serach'])).rejects.toThrow(
      /serach.*recorder, rows/
    )
  })
})

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('farport-bench-'))
}

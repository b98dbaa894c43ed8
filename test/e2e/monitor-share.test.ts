/** Watching what others use: a share of a paired computer, one that real programs talk through, a port, and a replay to a share. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { encodeRtu } from '../../src-main/protocol/modbus-rtu.ts'
import { lacks, PYTHON } from '../peers/need.ts'
import { Client, FARPORT, farport, Program, temporaryFolder } from './cli.ts'
import { instance } from './instance.ts'
import { owner, watched } from './serve-traffic.ts'
import { installed, pairedSettings } from './two-instances.ts'

const rowsOf = (text: string): string[] => Buffer.from(text, 'latin1').toString('utf8').trimEnd().split('\n')

describe.skipIf(process.platform === 'win32')('farport monitor farport://PEER/SHARE', () => {
  it('needs no more than observe, and says what is missing without it', async () => {
    const [alice, bob, eve] = [await installed(), await installed(), await installed()]
    const shares = [
      { id: 'd', name: 'gps', port: { target: 'sim:gps?rate=10&baud=115200' }, openAtStart: true }
    ]
    const watching = pairedSettings('alice', alice, bob, 'bob', 'observe', { shares })
    const refused = pairedSettings('alice', alice, eve, 'eve', 'none')
    alice.home.write({ ...watching, peers: [...(watching.peers ?? []), ...(refused.peers ?? [])] })
    bob.home.write(pairedSettings('bob', bob, alice, 'alice', 'none'))
    eve.home.write(pairedSettings('eve', eve, alice, 'alice', 'none'))
    await alice.home.serve()
    const seen = await bob.home.farport('monitor', 'farport://alice/gps', '-n', '5').ended
    expect(seen.stderr).toMatch(/nothing lost/)
    expect(seen.code).toBe(0)
    expect(rowsOf(seen.stdout)).toHaveLength(5)
    expect(seen.stdout).toContain('$GP')
    const denied = await eve.home.farport('monitor', 'farport://alice/gps', '-n', '5').ended
    expect(denied.code).toBeGreaterThan(1)
    expect(denied.stdout).toBe('')
    expect(denied.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(denied.stderr).toMatch(
      /alice does not let this computer watch gps: .* farport permit COMPUTER gps observe/
    )
    // Nobody came to the share for it.
    const list = (await alice.home.farport('list', '--json').ended).stdout
    expect(list).not.toContain('"label":"bob"')
  })
})

/** A share of an echo, and what `farport monitor` showed of it when `use` was over and `expected` was there. */
async function monitored(use: (port: number) => Program, expected: RegExp): Promise<string> {
  const share = { id: 'aaaaaaaa', name: 'echo', listen: ['raw://127.0.0.1:0'], port: { target: 'sim:echo' } }
  const { home, program } = await instance({ shares: [share] })
  const [, port] = await program.printed(/echo: ready at \S+:(\d+)/, 'stderr')
  const monitor = home.farport('monitor', 'echo')
  await monitor.printed(/nobody uses echo now/i, 'stderr')
  const { code, stderr } = await use(Number(port)).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  await monitor.printed(expected)
  monitor.process.kill('SIGINT')
  const ended = await monitor.ended
  expect(ended.stderr.match(/nobody uses echo now/gi)).toHaveLength(1)
  return Buffer.from(ended.stdout, 'latin1').toString('utf8')
}

describe.skipIf(process.platform === 'win32')('a share that a program uses', () => {
  it.skipIf(lacks('pyserial'))('shows every byte of a pyserial client', async () => {
    const script = (port: number): string =>
      `import serial; s = serial.serial_for_url('socket://127.0.0.1:${port}', timeout=20)
s.write(b'from pyserial\\n'); assert s.read(14) == b'from pyserial\\n'; s.close()`
    const shown = await monitored(
      (port) => new Program(PYTHON, ['-c', script(port)]),
      /\xe2\x86\x90 from pyserial/
    )
    expect(shown).toMatch(/→ from pyserial␊\n.*← from pyserial␊/)
  })

  it.skipIf(lacks('socat'))('shows every byte of a socat client', async () => {
    const shown = await monitored((port) => {
      const program = new Program('socat', ['-t', '2', '-', `TCP:127.0.0.1:${port}`])
      program.process.stdin?.end('from socat\n')
      return program
    }, /\xe2\x86\x90 from socat/)
    expect(shown).toMatch(/→ from socat␊\n.*← from socat␊/)
  })
})

describe.skipIf(process.platform === 'win32')('a port that nobody shares', () => {
  it('is opened by the running Farport for whoever watches it, and let go behind', async () => {
    const { home } = await instance({ shares: [] })
    const state = watched(await owner(home))
    const monitor = home.farport('monitor', 'sim:gps?rate=10&baud=115200')
    await monitor.printed(/GPRMC/)
    expect(Object.values(state().bridges)).toHaveLength(1)
    monitor.process.kill('SIGINT')
    expect((await monitor.ended).code).toBe(0)
    await eventually(() => expect(Object.values(state().bridges)).toHaveLength(0))
  })

  it('pairs the requests and answers of Modbus', async () => {
    const share = {
      id: 'aaaaaaaa',
      name: 'plc',
      listen: ['raw://127.0.0.1:0'],
      port: { target: 'sim:modbus' }
    }
    const { home, program } = await instance({ shares: [share] })
    const [, port] = await program.printed(/plc: ready at \S+:(\d+)/, 'stderr')
    const monitor = home.farport('monitor', 'plc', '--decode', 'modbus-rtu')
    await monitor.printed(/nobody uses plc now/i, 'stderr')
    const client = new Client(Number(port))
    client.socket.write(encodeRtu(1, Uint8Array.of(3, 0, 5, 0, 2)))
    await eventually(() => expect(client.got.length).toBeGreaterThan(4))
    await monitor.printed(/\xe2\x86\x90 01 03 04.*unit 1/)
    monitor.process.kill('SIGINT')
    const rows = rowsOf((await monitor.ended).stdout).filter((row) => / [→←] /.test(row))
    expect(rows[0]).toMatch(/→ 01 03 00 05 00 02 .*│ unit 1 request: Read Holding Registers 5-6/)
    // The answer's bytes alone do not tell which registers they are.
    expect(rows[1]).toMatch(/← 01 03 04 .*│ unit 1 .*\b5\b/)
  })
})

describe.skipIf(process.platform === 'win32')('replay to a share', () => {
  it('goes to the device, and its client has what that says', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'a.jsonl')
    const { home, program } = await instance({
      shares: [
        {
          ...{ id: 'aaaaaaaa', name: 'echo', listen: ['raw://127.0.0.1:0'], port: { target: 'sim:echo' } },
          writers: 'all'
        }
      ]
    })
    const [, port] = await program.printed(/echo: ready at \S+:(\d+)/, 'stderr')
    const capture = home.farport('capture', 'echo', '--save', file, '--json')
    await eventually(() => expect(existsSync(file)).toBe(true))
    const client = new Client(Number(port))
    client.socket.write('one two three\n')
    await eventually(() => expect(client.got.toString()).toBe('one two three\n'))
    await eventually(() => expect(readFileSync(file, 'utf8')).toContain('from-device'))
    capture.process.kill('SIGINT')
    await capture.ended
    client.socket.destroy()
    const other = new Client(Number(port))
    await eventually(() => expect(other.socket.readyState).toBe('open'))
    const replayed = await home.farport('replay', file, 'echo', '--timing', 'fast', '--yes').ended
    expect(replayed).toMatchObject({ code: 0 })
    expect(replayed.stderr).toContain('14 bytes sent, nothing lost')
    await eventually(() => expect(other.got.toString()).toBe('one two three\n'))
  })

  it.skipIf(lacks('script'))('asks on a terminal before, and sends nothing after no or Ctrl-C', async () => {
    const file = join(temporaryFolder(), 'a.csv')
    await farport('capture', 'sim:gps?rate=10&baud=115200', '--save', file, '--max-time', '1s').ended
    const command = `${process.execPath} ${FARPORT} replay ${file} /dev/null/none`
    for (const answer of ['n\n', '\x03', '\n']) {
      const asked = new Program('script', ['-qec', command, '/dev/null'], {
        env: { FARPORT_SOCKET: '/dev/null/none' }
      })
      await asked.printed(/Send this to .*\[y\/N\]/)
      asked.process.stdin?.write(answer)
      expect((await asked.ended).code).toBe(130)
    }
    const meant = await farport('replay', file, '/dev/null/none', '--yes').ended
    expect(meant.stderr).not.toContain('[y/N]')
    expect(meant.code).toBe(0)
  })
})

describe.skipIf(process.platform === 'win32')('captures of the running Farport', () => {
  it('start, are listed with their sizes and names, and stop', async () => {
    const { home } = await instance(
      {
        shares: [
          { id: 'aaaaaaaa', name: 'gps', port: { target: 'sim:gps?rate=10&baud=115200' }, openAtStart: true }
        ]
      },
      { XDG_DATA_HOME: temporaryFolder() }
    )
    const started = await home.farport('capture', 'start', 'gps', '--name', 'now.pcapng').ended
    expect(started.stdout).toBe('capturing gps to now.pcapng\n')
    await eventually(async () => {
      const { stdout } = await home.farport('capture', 'list').ended
      expect(stdout).toMatch(/now\.pcapng +[1-9][\d,]* bytes .*running.*gps/)
    })
    const stopped = await home.farport('capture', 'stop', 'gps').ended
    expect(stopped.stdout).toMatch(/^stopped now\.pcapng, [\d,]+ bytes\n$/)
    const after = await home.farport('capture', 'list').ended
    expect(after.stdout).toMatch(/now\.pcapng +[1-9][\d,]* bytes +\d{4}-/)
    expect(after.stdout).not.toMatch(/running/)
  })
})

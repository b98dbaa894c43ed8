/** `farport import` as people call it: into a running Farport, into the settings of none, again, and for show. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client, temporaryFolder } from '../e2e/cli.ts'
import { instance, InstanceHome } from '../e2e/instance.ts'
import { eventually } from '../eventually.ts'
import { freePort } from './free-port.ts'

/** ser2net's file with these lines, `.conf` or `.yaml`. */
function fileOf(text: string, name = 'ser2net.conf'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, text)
  return file
}

const names = (home: InstanceHome): string[] => home.read().shares.map(({ name }) => name)

describe('farport import', () => {
  it('shows what would become of each line, and makes nothing', async () => {
    const home = new InstanceHome()
    const file = fileOf(
      'localhost,7000:telnet:0:/dev/ttyS0:9600 remctl\n7001:raw:0:/dev/ttyS1:9600\nCONTROLPORT:2000\n'
    )
    const { code, stdout, stderr } = await home.farport('import', file, '--dry-run').ended
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'LINE | WHAT | ADDRESS | BECOMES',
      '1 | /dev/ttyS0 | rfc2217://127.0.0.1:7000 | share ttyS0',
      expect.stringMatching(/^2 \| 7001:raw:0:\/dev\/ttyS1:9600 \| nothing: other computers .*--allow/),
      expect.stringMatching(/^3 \| CONTROLPORT:2000 \| nothing: /),
      ''
    ])
    expect(stderr).toMatch(/Nothing was changed.*1 share\.\n.*1 entry would be open.*--allow anyone/s)
    expect(existsSync(join(home.config, 'farport'))).toBe(false)
  })

  it('into the settings, then what --allow was missing for, then nothing', async () => {
    const home = new InstanceHome()
    home.write({})
    const [one, two] = [await freePort(), await freePort()]
    const file = fileOf(`localhost,${one}:raw:0:/dev/ttyS0:9600 LOCAL\nipv4,${two}:raw:0:/dev/ttyS1:9600\n`)
    expect((await home.farport('import', file).ended).code).toBe(0)
    expect(names(home)).toEqual(['ttyS0'])
    const second = await home.farport('import', file, '--allow', '192.0.2.0/24').ended
    expect(second.stdout).toMatch(/^1 .*nothing: the share ttyS0 has the address .* already$/m)
    expect(second.stdout).toMatch(/^2 .*share ttyS1$/m)
    expect(names(home)).toEqual(['ttyS0', 'ttyS1'])
    expect(home.read().shares[1]?.listen).toEqual([{ url: `raw://0.0.0.0:${two}`, allow: ['192.0.2.0/24'] }])
    const before = home.read()
    const third = await home.farport('import', file, '--allow', 'anyone').ended
    expect([third.code, third.stderr]).toEqual([0, expect.stringMatching(/nothing new/)])
    expect(home.read()).toEqual(before)
  })

  it('into a running Farport, which shares it at once and remembers it', async () => {
    const { home } = await instance()
    const ports = [await freePort(), await freePort(), await freePort()]
    const [one, two, rotator] = ports
    const file = fileOf(
      [
        `connection: &a\n  accepter: tcp,localhost,${one}\n  connector: pty,cat`,
        `connection: &b\n  accepter: tcp,localhost,${two}\n  connector: 'stdio,cat'`,
        `rotator: &r\n  accepter: tcp,localhost,${rotator}\n  connections: [*b, *a]\n`
      ].join('\n'),
      'ser2net.yaml'
    )
    const { code, stdout, stderr } = await home.farport('import', file, '--json').ended
    expect([code, stderr]).toEqual([0, expect.stringMatching(/2 shares and 1 rotator into the running/)])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    ).toEqual([
      { file, line: 1, share: 'a', device: 'exec+pty:cat', addresses: [`raw://127.0.0.1:${one}`] },
      { file, line: 4, share: 'b', device: 'exec:cat', addresses: [`raw://127.0.0.1:${two}`] },
      { file, line: 7, rotator: 'r', shares: ['b', 'a'], addresses: [`raw://127.0.0.1:${rotator}`] }
    ])
    for (const port of ports.slice(1)) {
      const client = new Client(port)
      client.socket.write('hello')
      await eventually(() => expect(client.got.toString()).toBe('hello'))
      client.socket.destroy()
    }
    expect(home.read().rotators[0]?.shares).toEqual(
      ['b', 'a'].map((name) => home.read().shares.find((each) => each.name === name)?.id)
    )
    const again = await home.farport('import', file).ended
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/nothing new/)])
  })

  it('48 consoles and a rotator for all of them', async () => {
    const { home } = await instance()
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const all = Array.from({ length: 48 }, (_, i) => `localhost,${first + i}`)
    const file = fileOf(
      [
        'BANNER:hello:\\r\\nport \\p \\',
        'device \\d\\r\\n',
        ...all.map((port, i) => `${port}:telnet:600:/dev/none${i}:9600 LOCAL remctl hello`),
        `ROTATOR:localhost,${first + 48}:${all.join(' ')}`
      ].join('\n')
    )
    const { code } = await home.farport('import', file).ended
    expect(code).toBe(0)
    const { shares, rotators } = home.read()
    expect(shares).toHaveLength(48)
    expect(rotators[0]?.shares).toEqual(shares.map(({ id }) => id))
  })

  it('tells of an address that another program still has, and goes on trying', async () => {
    const { home } = await instance()
    const ser2net = createServer().listen(0, '127.0.0.1')
    await eventually(() => expect(ser2net.listening).toBe(true))
    const { port } = ser2net.address() as { port: number }
    try {
      const file = fileOf(`localhost,${port}:raw:0:/dev/none:9600 LOCAL\n`)
      const { code, stderr } = await home.farport('import', file).ended
      expect([code, stderr]).toEqual([0, expect.stringMatching(/none waits: .*Imported 1 share/s)])
    } finally {
      ser2net.close()
    }
    const listening = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`
    await eventually(() => expect(readFileSync('/proc/net/tcp', 'latin1')).toContain(listening), 20_000)
  })

  it.each([
    [['import'], 2, /Which file/],
    [['import', '/nowhere.yaml'], 2, /cannot be read/],
    [['import', '/'], 2, /no file/],
    [['import', 'x', '--allow', 'box'], 2, /neither an address/]
  ])('%j ends with %i', async (args, code, message) => {
    const ended = await new InstanceHome().farport(...args).ended
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(message)])
  })

  it.each([
    ['7000:raw:0:/dev/ttyS0:9600\n', 5],
    ['CONTROLPORT:2000\n', 2],
    ['', 2]
  ])('%j, of which nothing came, ends with %i', async (text, code) => {
    const home = new InstanceHome()
    home.write({})
    expect((await home.farport('import', fileOf(text)).ended).code).toBe(code)
  })

  it('builds on no settings that are broken', async () => {
    const home = new InstanceHome()
    home.write({})
    writeFileSync(home.settings, '{"version": 1, ')
    const { code, stderr } = await home.farport('import', fileOf('localhost,1:raw:0:/dev/x:\n')).ended
    expect([code, stderr]).toEqual([2, expect.stringContaining(home.settings)])
  })
})

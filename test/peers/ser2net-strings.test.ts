/**
 * Banners, strings for the device, the close-on string and trace files: the same client and the same device, once with ser2net
 * and once with us. What ser2net does differently from its manual stands in base/text-escapes.ts.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Client, Program, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { shimmedPair } from './shimmed.ts'

/** The options of both, by ser2net's names. */
type Options = Readonly<Record<string, string | true>>

const OUR_OPTIONS: Readonly<Record<string, string>> = {
  banner: '--banner',
  openstr: '--open-string',
  closestr: '--close-string',
  closeon: '--close-on',
  signature: '--signature',
  'trace-read': '--trace-read',
  'trace-write': '--trace-write',
  'trace-both': '--trace-both',
  'trace-hexdump': '--trace-hexdump',
  'trace-timestamp': '--trace-timestamp',
  'max-connections': '--max-clients'
}

const ACCEPTERS = { raw: 'tcp', telnet: 'telnet,tcp', rfc2217: 'telnet(rfc2217),tcp' } as const

interface Rig {
  readonly device: Device
  readonly port: number
  /** The device's path, as the server was given it. */
  readonly path: string
  readonly folder: string
}

type Start = (protocol: keyof typeof ACCEPTERS, options: (folder: string) => Options) => Promise<Rig>

/** One on each kind of server: both named `con1`, with a device of their own at 9600 8N1. */
const ser2net: Start = async (protocol, options) => {
  const cable = await shimmedPair()
  const folder = temporaryFolder()
  const port = await freePort()
  const file = join(temporaryFolder(), 'ser2net.yaml')
  const lines = Object.entries(options(folder)).map(
    ([name, value]) => `    ${name}: ${value === true ? 'true' : `'${value.replaceAll("'", "''")}'`}`
  )
  writeFileSync(
    file,
    [
      'connection: &con1',
      `  accepter: ${ACCEPTERS[protocol]},127.0.0.1,${port}`,
      `  connector: serialdev,${cable.a.path},9600n81,local`,
      '  options:',
      ...lines,
      ''
    ].join('\n')
  )
  // It is quiet about being ready, and a connection to find out would be traced: the listening socket is in the tables of /proc.
  const program = new Program(programPath('ser2net'), ['-n', '-c', file])
  onTestFinished(() => program.stop())
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`
  await eventually(() => expect(readFileSync('/proc/net/tcp', 'latin1')).toContain(hexPort))
  return { device: new Device(cable.b.path), port, path: cable.a.path, folder }
}

const ours: Start = async (protocol, options) => {
  const cable = await shimmedPair()
  const folder = temporaryFolder()
  const given = Object.entries(options(folder)).flatMap(([name, value]) => {
    const option = OUR_OPTIONS[name]
    if (option === undefined) throw new Error(`no option for ${name}`)
    return value === true ? [option] : [option, value]
  })
  const { urls } = await shared([
    cable.a.path,
    ...['--name', 'con1', '-b', '9600', '--writers', 'all', '--listen', `${protocol}://127.0.0.1:0`],
    ...given
  ])
  return { device: new Device(cable.b.path), port: portOf(urls[0]!), path: cable.a.path, folder }
}

async function both<T>(script: (start: Start) => Promise<T>): Promise<{ theirs: T; ours: T }> {
  const [theirs, own] = await Promise.all([script(ser2net), script(ours)])
  return { theirs, ours: own }
}

const hasGot = async (what: { readonly got: Buffer }, text: string): Promise<void> => {
  await eventually(() => expect(what.got.toString('latin1')).toContain(text))
}

const ended = (client: Client): Promise<void> =>
  eventually(() => expect(client.socket.readableEnded).toBe(true))

/** The files of a folder by name. */
function files(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')])
  )
}

/** Without what differs from run to run, or in how the two name a client and the reason why it left. */
function withoutTimes(trace: string): string {
  return trace
    .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/OPEN \(.*\)/g, 'OPEN (CLIENT)')
    .replaceAll(/CLOSE (netcon|port) \(.*\)/g, 'CLOSE $1 (WHY)')
}

/** What the last bytes of a conversation look like, as they are and in a hexdump. */
const LAST = { read: /j(\n|\.\|\n)$/, write: /x(\|\n)?$/ }

const ESCAPES = [
  String.raw`\a\b\f\n\r\t\v\\\?\'\"`,
  String.raw`[\101\1018\377][\x41\x10\xf9]`,
  String.raw`[\o][\N][\z][\8][\&][\xzz][\400]`,
  String.raw`[\Y][\y][\M][\A][\D][\H][\h][\q][\P]`,
  String.raw`[\e][\i][\S][\U][\T][\d][\p][\B][\I]`,
  'end\\'
]

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('strings, ser2net and we', () => {
  it('greet with the same bytes, escapes and all', async () => {
    const { theirs, ours } = await both(async (start) => {
      const rig = await start('raw', () => ({ banner: ESCAPES.join('|') }))
      const client = new Client(rig.port)
      await hasGot(client, '|end')
      return { rig, got: client.got.toString('latin1').split('|'), client }
    })
    expect(ours.got.slice(0, 4)).toEqual(theirs.got.slice(0, 4))
    expect(ours.got.at(-1)).toBe(theirs.got.at(-1))
    // What belongs to the moment or to the one who says it, field by field.
    const fields = (got: readonly string[]): string[] => got[4]!.slice(1, -1).split('][')
    const [seconds, minute, second, micros, time, device, port, settings, address] = fields(theirs.got)
    const own = fields(ours.got)
    expect(Math.abs(Number(own[0]) - Number(seconds))).toBeLessThan(60)
    for (const [index, each] of [minute, second, micros, time].entries())
      expect(own[index + 1]).toMatch(new RegExp(`^${each!.replaceAll(/\d/g, '\\d')}$`))
    expect(device).toContain(theirs.rig.path)
    expect(own[5]).toBe(ours.rig.path)
    expect(port).toBe(`tcp,127.0.0.1,${theirs.rig.port}`)
    expect(own[6]).toBe(String(ours.rig.port))
    expect(settings).toBe(',9600N81,CLOCAL')
    expect(own[7]).toBe('9600N81')
    expect(address).toMatch(/^ipv4,127\.0\.0\.1,/)
    expect(own[8]).toBe('127.0.0.1')
  })

  it.each(['telnet', 'rfc2217'] as const)(
    'greet on %s after the negotiation, before the device',
    async (protocol) => {
      const { theirs, ours } = await both(async (start) => {
        const { port, device } = await start(protocol, () => ({ banner: String.raw`hi \xff \N\r\n` }))
        const client = new Client(port)
        await hasGot(client, 'con1\r\n')
        device.write('device')
        await hasGot(client, 'device')
        return client.got.toString('latin1')
      })
      expect(ours).toBe(theirs)
    }
  )

  it('sign with the same bytes', async () => {
    const { theirs, ours } = await both(async (start) => {
      const { port } = await start('rfc2217', () => ({ signature: String.raw`board \x41` }))
      const client = new Client(port)
      client.socket.write(Buffer.from('fffb2c fffa2c00fff0'.replaceAll(' ', ''), 'hex'))
      await hasGot(client, String.raw`board \x41`)
      return client.got.includes(
        Buffer.from(`fffa2c64${Buffer.from(String.raw`board \x41`).toString('hex')}fff0`, 'hex')
      )
    })
    expect([ours, theirs]).toEqual([true, true])
  })

  it('send the device the same strings, once for all clients', async () => {
    const { theirs, ours } = await both(async (start) => {
      const { port, device } = await start('raw', () => ({
        openstr: String.raw`AT\r[\N]\x00`,
        closestr: String.raw`ATH\r`,
        'max-connections': '2'
      }))
      // Now and then ser2net forgets its second close string where the next client comes soon.
      const rounds = start === ser2net ? 1 : 2
      for (let round = 0; round < rounds; round++) {
        const clients = [new Client(port), new Client(port)]
        for (const [index, client] of clients.entries()) {
          client.socket.write(`${index}-${round}`)
          await hasGot(device, `${index}-${round}`)
        }
        for (const client of clients) client.socket.end()
        await eventually(() => expect(device.got.toString().split('ATH\r')).toHaveLength(round + 2))
      }
      return device.got.toString('latin1')
    })
    expect(theirs).toBe('AT\r[con1]\x000-01-0ATH\r')
    expect(ours).toBe(`${theirs}AT\r[con1]\x000-11-1ATH\r`)
  })

  it('close the client at the string, after it got that', async () => {
    const { theirs, ours } = await both(async (start) => {
      const { port, device } = await start('raw', () => ({ closeon: String.raw`log\x6fut\r\n` }))
      const client = new Client(port)
      client.socket.write('go')
      await hasGot(device, 'go')
      device.write('$ log')
      await hasGot(client, '$ log')
      device.write('out\r\n')
      await ended(client)
      return client.got.toString()
    })
    expect(ours).toBe('$ logout\r\n')
    expect(ours).toBe(theirs)
  })
})

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('trace files, ser2net and we', () => {
  /** One question and one answer after the other, so that the chunks are the same. */
  async function converse(
    start: Start,
    options: Options
  ): Promise<{ files: Record<string, string>; path: string }> {
    const rig = await start('raw', (folder) =>
      Object.fromEntries(
        Object.entries(options).map(([name, value]) => [name, value === true ? value : join(folder, value)])
      )
    )
    const client = new Client(rig.port)
    client.socket.write(Buffer.from('hello \x00\xff wörld 123\r\n', 'latin1'))
    await hasGot(rig.device, '123')
    rig.device.write('0123456789abcdefghij\n')
    await hasGot(client, 'j\n')
    client.socket.write('x')
    await hasGot(rig.device, 'x')
    client.socket.end()
    await eventually(() => {
      const all = Object.entries(files(rig.folder))
      expect(all.length).toBe(Object.values(options).filter((each) => each !== true).length)
      for (const [name, text] of all)
        expect(text, name).toMatch(
          options['trace-timestamp'] ? /CLOSE port/ : LAST[name.startsWith('r') ? 'read' : 'write']
        )
    }, 10_000)
    return { files: files(rig.folder), path: rig.path }
  }

  it('hold the same bytes', async () => {
    const options = { 'trace-read': 'r-\\N-\\Y', 'trace-write': 'w-\\M-\\A', 'trace-both': 'b' }
    const { theirs, ours } = await both((start) => converse(start, options))
    expect(Object.keys(ours.files)).toHaveLength(3)
    expect(ours.files).toEqual(theirs.files)
  })

  it.each([
    ['hexdump', { 'trace-hexdump': true }],
    ['timestamps', { 'trace-timestamp': true }],
    ['both', { 'trace-hexdump': true, 'trace-timestamp': true }]
  ] as const)('look the same with %s, but for time and client', async (_name, flags) => {
    const options = { 'trace-read': 'r', 'trace-write': 'w', 'trace-both': 'b', ...flags }
    const { theirs, ours } = await both((start) => converse(start, options))
    const plain = (of: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(of).map(([name, text]) => [name, withoutTimes(text)]))
    expect(plain(ours.files)).toEqual(plain(theirs.files))
  })

  it('are called after the device', async () => {
    const { files: made, path } = await converse(ours, { 'trace-both': '\\d-\\I.log' })
    expect(Object.keys(made)).toEqual([`${path.slice(path.lastIndexOf('/') + 1)}-127.0.0.1.log`])
  })
})

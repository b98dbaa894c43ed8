import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, portOf, shared } from '../e2e/cli.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'
import { Device } from './device.ts'
import { PYTHON, lacks } from './need.ts'
import { payload } from './payload.ts'

const MIB = 1024 * 1024
const script = (name: string): string => `${import.meta.dirname}/${name}`

async function pair(): Promise<ShimmedPair> {
  const made = await makeShimmedPair()
  onTestFinished(() => made.dispose())
  return made
}

describe.skipIf(lacks('pyserial', 'socat', 'cc'))('our server and pyserial', () => {
  it('answers every setting and control line over rfc2217://', async () => {
    const cable = await pair()
    cable.a.state.setModem({ cts: true, dsr: true, dcd: true, ri: false })
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const python = new Program(PYTHON, [script('pyserial-settings.py'), urls[0]!])
    const ended = await python.ended
    expect(ended.stderr).toBe('')
    expect(JSON.parse(ended.stdout)).toEqual({
      baudrate: [300, 9600, 74880, 115200, 250000, 921600],
      bytesize: [5, 6, 7, 8],
      parity: ['O', 'E', 'M', 'S', 'N'],
      stopbits: [2, 1, 1.5],
      modem: { cts: true, dsr: true, ri: false, cd: true }
    })
    const calls = cable
      .log()
      .filter(({ end }) => end === 'a')
      .map(({ call }) => call)
    expect(calls.filter((call) => call === 'TIOCSBRK').length).toBeGreaterThanOrEqual(2)
    expect(calls.filter((call) => call === 'TIOCCBRK').length).toBeGreaterThanOrEqual(2)
  })

  it.each(['rfc2217', 'socket'])('carries 1 MiB both ways over %s://, byte for byte', async (scheme) => {
    const cable = await pair()
    const device = new Device(cable.b.path)
    device.echo()
    const listen = scheme === 'rfc2217' ? 'rfc2217' : 'raw'
    const { urls } = await shared([cable.a.path, '--listen', `${listen}://127.0.0.1:0`])
    const python = new Program(PYTHON, [
      script('pyserial-transfer.py'),
      `${scheme}://127.0.0.1:${portOf(urls[0]!)}`,
      String(MIB)
    ])
    const sent = payload(MIB)
    python.process.stdin!.end(sent)
    const ended = await python.ended
    expect(ended.stderr).toBe('')
    expect(Buffer.from(ended.stdout, 'latin1').equals(sent)).toBe(true)
    expect(device.got.equals(sent)).toBe(true)
  })
})

describe.skipIf(lacks('gensiot', 'python3-gensio', 'socat', 'cc'))('our server and gensio', () => {
  it('answers every set and get', async () => {
    const cable = await pair()
    const { urls } = await shared([cable.a.path, '-b', '9600', '--listen', 'rfc2217://127.0.0.1:0'])
    const to = `telnet(rfc2217),tcp,127.0.0.1,${portOf(urls[0]!)}`
    const ended = await new Program(PYTHON, [script('gensio-settings.py'), to]).ended
    expect(ended.stderr).toBe('')
    expect(JSON.parse(ended.stdout)).toEqual({
      baud: [300, 9600, 250000, 921600, 921600],
      datasize: [5, 6, 7, 8, 8],
      parity: [2, 3, 4, 5, 1, 1],
      stopbits: [2, 1, 1],
      flowcontrol: [2, 3, 1, 1],
      break: [1, 2, 2],
      dtr: [2, 1, 1],
      rts: [2, 1, 1]
    })
    expect(cable.a.settings).toMatchObject({ baudRate: 921_600 })
  })

  it('carries 1 MiB both ways through gensiot telnet(rfc2217),tcp', async () => {
    const cable = await pair()
    const device = new Device(cable.b.path)
    device.echo()
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const gensiot = new Program('gensiot', [
      '-i',
      'stdio(self)',
      `telnet(rfc2217),tcp,127.0.0.1,${portOf(urls[0]!)}`
    ])
    const sent = payload(MIB)
    gensiot.process.stdin!.write(sent)
    await eventually(() => expect(gensiot.stdout.length).toBe(MIB), 20_000)
    expect(Buffer.from(gensiot.stdout, 'latin1').equals(sent)).toBe(true)
    expect(device.got.equals(sent)).toBe(true)
  })
})

describe.skipIf(lacks('socat', 'cc'))('our server and socat', () => {
  it('carries 1 MiB both ways', async () => {
    const cable = await pair()
    const device = new Device(cable.b.path)
    device.echo()
    const { urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
    const socat = new Program('socat', ['-t', '10', '-', `TCP:127.0.0.1:${portOf(urls[0]!)}`])
    const sent = payload(MIB)
    socat.process.stdin!.write(sent)
    await eventually(() => expect(socat.stdout.length).toBe(MIB), 20_000)
    expect(Buffer.from(socat.stdout, 'latin1').equals(sent)).toBe(true)
  })
})

import { describe, expect, it, vi } from 'vitest'
import { Device } from '../peers/device.ts'
import { lineCalls } from '../peers/line-calls.ts'
import { lacks } from '../peers/need.ts'
import { shimmedPair } from '../peers/shimmed.ts'
import { Client, farport, portOf, shared } from './cli.ts'

const DOWNLOAD = ['dtr off', 'rts on', 'dtr on', 'rts off', 'dtr off']

describe('farport reset', () => {
  it.each<[string, string[], number, RegExp]>([
    ['no target', ['reset'], 2, /Reset what\?/],
    ['no profile', ['reset', 'sim:echo'], 2, /Which board\? .*arduino.*esp32/],
    ['an unknown profile', ['reset', 'sim:echo', '--profile', 'toaster'], 2, /toaster.*arduino/],
    ['both', ['reset', 'sim:echo', '--profile', 'esp32', '--steps', 'dtr=on'], 2, /not both/],
    ['a time for what stays', ['reset', 'sim:echo', '--profile', 'dtr', '--timeout', '3'], 2, /1200-touch/],
    ['a bad step', ['reset', 'sim:echo', '--steps', 'dtr=on,rts=up'], 2, /"rts=up" is no step/],
    ['a missing device', ['reset', '/dev/ttyNowhere7', '--profile', 'dtr'], 3, /\/dev\/ttyNowhere7/],
    [
      'a touch at each opening',
      ['share', 'sim:echo', '--reset-on-open', '1200-touch', '--listen', 'raw://127.0.0.1:0'],
      2,
      /1200-touch is not possible/
    ],
    [
      'a reset on open through a raw address',
      ['connect', 'raw://127.0.0.1:1', '--pty', '/tmp/x', '--reset-on-open', 'dtr'],
      2,
      /carries no control lines.*rfc2217/
    ],
    [
      'a hang-up that shall never reset',
      ['share', 'sim:echo', '--never-reset', '--hang-up', '--listen', 'raw://127.0.0.1:0'],
      2,
      /Leave out one/
    ]
  ])('refuses %s', async (_what, args, code, message) => {
    const ended = await farport(...args).ended
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended).toMatchObject({ code, stdout: '' })
  })

  it('says in one line that a raw address carries no control lines', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'raw://127.0.0.1:0'])
    const ended = await farport('reset', urls[0]!, '--profile', 'arduino').ended
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(/^farport: raw:\S+ carries no DTR and RTS, .*rfc2217:\/\/ address\.\n$/)
  })

  it('resets a simulated board, and tells programs so', async () => {
    const ended = await farport('reset', 'sim:echo', '--profile', 'stm32', '--json').ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toEqual({ reset: 'stm32', target: 'sim:echo' })
  })
})

describe.skipIf(lacks('socat', 'cc'))('farport reset at a device', () => {
  it('plays the profile in order and leaves the settings alone', async () => {
    const cable = await shimmedPair()
    const before = cable.a.settings
    const ended = await farport('reset', cable.a.path, '--profile', 'esp32-boot').ended
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(lineCalls(cable)).toEqual(DOWNLOAD)
    expect(cable.a.state).toMatchObject({ dtr: false, rts: false })
    expect(cable.a.settings).toMatchObject({ baudRate: before.baudRate, stopBits: before.stopBits })
  })

  it('plays it in the same order at a device of another computer', async () => {
    const cable = await shimmedPair()
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const ended = await farport('reset', urls[0]!, '--profile', 'esp32-boot').ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lineCalls(cable)).toEqual(DOWNLOAD)
  })

  it('plays steps of one’s own, breaks among them', async () => {
    const cable = await shimmedPair()
    const steps = 'baud=300,rts=off,break=on,wait=5,break=off,rts=on'
    const ended = await farport('reset', cable.a.path, '--steps', steps, '-b', '19200').ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lineCalls(cable)).toEqual(['rts off', 'break on', 'break off', 'rts on'])
    expect(cable.a.settings.baudRate).toBe(19_200)
  })

  it('touches at 1200 bit/s with DTR off at the end', async () => {
    const cable = await shimmedPair()
    const ended = await farport('reset', cable.a.path, '--profile', '1200-touch').ended
    // Not on USB: where it comes back cannot be told.
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(cable.a.settings.baudRate).toBe(1200)
    expect(lineCalls(cable)).toEqual(['rts on', 'dtr off'])
  })

  it('names who has the device', async () => {
    const cable = await shimmedPair()
    const { urls } = await shared([cable.a.path, '--open-at-start', '--listen', 'raw://127.0.0.1:0'])
    await vi.waitFor(() => expect(cable.log().some(({ call }) => call === 'TIOCEXCL')).toBe(true), 10_000)
    const client = new Client(portOf(urls[0]!))
    const ended = await farport('reset', cable.a.path, '--profile', 'dtr', '--json').ended
    expect(JSON.parse(ended.stderr)).toMatchObject({ fault: { code: 'device-busy' } })
    expect(ended.code).toBe(3)
    expect(lineCalls(cable)).toEqual([])
    client.socket.destroy()
  })

  it('that is stopped lets go of the board', async () => {
    const cable = await shimmedPair()
    const program = farport('reset', cable.a.path, '--steps', 'rts=off,wait=60000,rts=on')
    await vi.waitFor(() => expect(lineCalls(cable)).toEqual(['rts off']), 10_000)
    program.process.kill('SIGINT')
    expect(await program.ended).toMatchObject({ code: 130 })
    expect(lineCalls(cable)).toEqual(['rts off', 'rts on'])
  })
})

describe.skipIf(lacks('socat', 'cc'))('reset on open', () => {
  it('is over before the first byte of a client gets to the device', async () => {
    const cable = await shimmedPair()
    const device = new Device(cable.b.path)
    const share = [cable.a.path, '--reset-on-open', 'arduino', '--never-reset']
    const { urls } = await shared([...share, '--listen', 'raw://127.0.0.1:0'])
    expect(lineCalls(cable)).toEqual([])
    const client = new Client(portOf(urls[0]!))
    client.socket.write('hello')
    await vi.waitFor(() => expect(lineCalls(cable)).not.toEqual([]), 10_000)
    expect(device.size).toBe(0)
    await vi.waitFor(() => expect(device.got.toString()).toBe('hello'), 10_000)
    expect(lineCalls(cable)).toEqual(['dtr off', 'rts off', 'dtr on', 'rts on'])
  })
})

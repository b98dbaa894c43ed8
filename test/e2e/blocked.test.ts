/** A device that takes nothing for a while: everybody is told, it is heard all the same, and no byte is lost. */
import { readlinkSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { Device } from '../peers/device.ts'
import { payload } from '../peers/payload.ts'
import { shimmedPair } from '../peers/shimmed.ts'
import { describeWithShim } from '../shim/shim.ts'
import { ShimState } from '../shim/state.ts'
import { atTestEnd } from './at-test-end.ts'
import { Client, farport, portOf, shared, temporaryFolder, type Program } from './cli.ts'
import { Pluggable } from './endurance/pluggable.ts'
import { lacks } from '../peers/need.ts'

const HELD_BACK = /waiting for CTS: the device takes nothing \(([\d,]+) bytes wait\)/
const GOES_ON = /the device takes data again \(after (\d+) s\)/

/** A device with modem lines that takes bytes only with CTS on, as one behind a UART would. */
function device(): { plug: Pluggable; got: () => Buffer; setCts: (on: boolean) => void } {
  const got: Buffer[] = []
  const plug = new Pluggable(temporaryFolder(), (bytes) => got.push(Buffer.from(bytes)))
  plug.plug()
  const minor = Number(/\d+$/.exec(readlinkSync(plug.path))?.[0])
  const lines = new ShimState(process.env.SERIAL_SHIM!, minor)
  atTestEnd(() => {
    plug.dispose()
    lines.dispose()
  })
  return {
    plug,
    got: () => Buffer.concat(got),
    setCts: (on) => {
      lines.setModem({ cts: on })
      if (on) plug.release()
      else plug.hold()
    }
  }
}

const count = ({ stderr }: Program, pattern: RegExp): number =>
  stderr.match(new RegExp(pattern, 'g'))?.length ?? 0

describeWithShim('a device that holds CTS off', () => {
  it('is told, still heard by all, stops its writer, and gets every byte once CTS is back', async () => {
    const { plug, got, setCts } = device()
    setCts(true)
    const { program, urls } = await shared([plug.path, '-f', 'rtscts', '--listen', 'raw://127.0.0.1:0'])
    const [writer, watcher] = [new Client(portOf(urls[0]!)), new Client(portOf(urls[0]!))]
    await program.printed(/client 2 connected/, 'stderr')
    writer.socket.write('before')
    await vi.waitFor(() => expect(got().toString()).toBe('before'))
    expect(count(program, /wait/)).toBe(0)

    setCts(false)
    const sent = payload(12_000_000)
    writer.socket.write(sent)
    const [, waiting] = await program.printed(HELD_BACK, 'stderr')
    expect(Number(waiting!.replaceAll(',', ''))).toBeGreaterThan(60_000)
    plug.write(Buffer.from('said meanwhile'))
    for (const each of [writer, watcher])
      await vi.waitFor(() => expect(each.got.toString()).toBe('said meanwhile'))
    expect(writer.socket.writableLength).toBeGreaterThan(0)

    setCts(true)
    await vi.waitFor(() => expect(got().length).toBe(sent.length + 6), 15_000)
    expect(got().subarray(6).equals(sent)).toBe(true)
    await program.printed(GOES_ON, 'stderr')
    expect([count(program, HELD_BACK), count(program, GOES_ON), count(program, /lost/)]).toEqual([1, 1, 0])
  })

  it('is told at the far end of an RFC 2217 link as well', async () => {
    const { plug, got, setCts } = device()
    setCts(false)
    const { program, urls } = await shared([plug.path, '-f', 'rtscts', '--listen', 'rfc2217://127.0.0.1:0'])
    const link = farport('connect', urls[0]!, '--stdio')
    const sent = payload(12_000_000)
    link.process.stdin!.end(sent)
    await program.printed(HELD_BACK, 'stderr')
    await link.printed(HELD_BACK, 'stderr')
    setCts(true)
    await vi.waitFor(() => expect(got().equals(sent)).toBe(true), 20_000)
    await program.printed(GOES_ON, 'stderr')
  })
})

describe.skipIf(lacks.linux('pseudo-terminals'))('a device that said XOFF', () => {
  it('is told without blaming a line, and gets the bytes after XON', async () => {
    const cable = await shimmedPair()
    const far = new Device(cable.b.path)
    const { program, urls } = await shared([cable.a.path, '-f', 'xonxoff', '--listen', 'raw://127.0.0.1:0'])
    const client = new Client(portOf(urls[0]!))
    client.socket.write('before')
    await vi.waitFor(() => expect(far.got.toString()).toBe('before'))
    // Nothing shows when it has arrived: XOFF is for the kernel. What comes behind it does.
    far.write('\x13stop')
    await vi.waitFor(() => expect(client.got.toString()).toBe('stop'))
    client.socket.write('AT\r')
    await program.printed(/waiting: the device takes nothing \(3 bytes wait\)/, 'stderr')
    far.write('\x11')
    await vi.waitFor(() => expect(far.got.toString()).toBe('beforeAT\r'))
    await program.printed(GOES_ON, 'stderr')
    expect(client.got.toString()).toBe('stop')
  })
})

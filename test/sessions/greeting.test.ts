import { describe, expect, it } from 'vitest'
import { Share } from '../../src-main/bridge/share.ts'
import { MemoryListener } from '../../src-main/net/memory.ts'
import type { RemoteMode } from '../../src-main/net/telnet-link.ts'
import { MemoryPortSource } from '../../src-main/ports/memory.ts'
import type { Greeting } from '../../src-main/sessions/greeting.ts'
import { RemoteSession } from '../../src-main/sessions/remote.ts'
import { RemoteSource } from '../../src-main/sessions/remote-source.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { toHex } from '../hex.ts'
import { ScriptedConnection } from '../scripted-connection.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const heard = (connection: ScriptedConnection): string => Buffer.from(connection.received).toString('latin1')

function session(mode: RemoteMode, greeting: Greeting): { far: ScriptedConnection; near: RemoteSession } {
  const far = new ScriptedConnection()
  return { far, near: new RemoteSession(far, mode, greeting) }
}

describe('the banner', () => {
  it('comes after the negotiation and before anything of the device', () => {
    const { far, near } = session('telnet', { banner: bytes('hi \xff\r\n') })
    far.heard()
    near.write(bytes('device'))
    near.resume()
    expect(far.heard()).toBe(toHex(bytes('hi \xff\xff\r\ndevice')))
  })

  it('is sent as it is on a raw address, once', () => {
    const { far, near } = session('raw', { banner: bytes('hi \xff\r\n') })
    expect(heard(far)).toBe('')
    near.resume()
    near.pause()
    near.resume()
    near.write(bytes('device'))
    expect(heard(far)).toBe('hi \xff\r\ndevice')
  })

  it('is not for those who are refused', async () => {
    const { far, near } = session('telnet', { banner: bytes('hi\r\n') })
    await near.close({ code: 'refused', message: 'full' }, 1000)
    expect(heard(far)).toMatch(/full\r\n$/)
    expect(heard(far)).not.toContain('hi')
  })
})

describe('the signature', () => {
  it.each([
    [{}, 'Farport'],
    [{ signature: 'board 7' }, 'board 7'],
    [{ signature: '' }, ''],
    [{ signature: 'a text of more than 24 characters' }, 'a text of more than 24 c']
  ])('of %j is %j', (greeting, expected) => {
    const { far, near } = session('rfc2217', greeting)
    near.resume()
    far.say('FF FB 2C')
    far.heard()
    far.say('FF FA 2C 00 FF F0')
    expect(far.heard()).toBe(
      ['FF FA 2C 64', ...(expected ? [toHex(bytes(expected))] : []), 'FF F0'].join(' ')
    )
  })
})

interface Bench {
  readonly share: Share
  readonly device: MemoryPortSource
  readonly notices: string[]
  /** Connects; the client's end, with what it got so far in `got`. */
  readonly client: () => Promise<{ got: () => string; closed: () => boolean }>
}

/** A share whose clients are closed by these words of the device. */
function bench(closeOn: string): Bench {
  const clock = new FakeClock()
  const listener = new MemoryListener(clock)
  const device = new MemoryPortSource()
  const source = new RemoteSource(listener, 'raw', {}, (address) => ({
    banner: bytes(`hello ${address}\n`),
    closeOn: bytes(closeOn)
  }))
  const share = new Share({ id: '1', name: 'share', port: device, sources: [source], settings: {}, clock })
  const notices: string[] = []
  share.onNotice(({ text }) => notices.push(text))
  return {
    share,
    device,
    notices,
    client: async () => {
      const connection = await listener.connect('192.0.2.7')
      const got: Buffer[] = []
      let closed = false
      connection.onData((chunk) => got.push(Buffer.from(chunk)))
      connection.onClose(() => (closed = true))
      connection.resume()
      await settle()
      return { got: () => Buffer.concat(got).toString(), closed: () => closed }
    }
  }
}

describe('the close-on string', () => {
  it('closes whoever got it, when it got it, and nobody else', async () => {
    const { share, device, notices, client } = bench('logout')
    const first = await client()
    const second = await client()
    device.port.send(bytes('log'))
    await settle()
    expect(first.closed()).toBe(false)
    device.port.send(bytes('out\r\n$ '))
    await settle()
    expect(first.got()).toBe('hello 192.0.2.7\nlogout\r\n$ ')
    expect([first.closed(), second.closed()]).toEqual([true, true])
    expect(notices.filter((text) => text.includes('the device sent the close-on string'))).toHaveLength(2)
    const third = await client()
    device.port.send(bytes('out'))
    await settle()
    // A client of after that heard nothing of the first half.
    expect(third.closed()).toBe(false)
    await share.close(1000)
    expect(share.state).toMatchObject({ lostFromDevice: 0, lostToDevice: 0 })
  })
})

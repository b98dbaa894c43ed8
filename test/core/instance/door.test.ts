import { once } from '../../../src-main/base/event.ts'
import { describe, expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import { PeerDoor, SHARE_PACE } from '../../../src-main/core/instance/door.ts'
import { RefusalLog, REFUSALS_MS, TOLD_REFUSALS } from '../../../src-main/core/instance/refusal-log.ts'
import type { Port } from '../../../src-main/ports/port.ts'
import { dialTls } from '../../../src-main/net/tls.ts'
import { encodeHello } from '../../../src-main/protocol/farport-hello.ts'
import { encodeFrame } from '../../../src-main/protocol/frames.ts'
import { dialFarport } from '../../../src-main/peers/farport-dial.ts'
import { RpcClient } from '../../../src-main/rpc/client.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { newTlsIdentity } from '../../net/tls-identities.ts'
import { randomBytes } from '../../suites/connection.ts'
import { peerRig, tunnel, type PeerRig } from './peer-rig.ts'

const forever = new AbortController().signal

const sessions = (rig: PeerRig) => rig.share.state.sessions

/** The first `length` bytes that the port says. */
function heard(port: Port, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let total = 0
  return new Promise((resolve) => {
    port.onData((piece) => {
      pieces.push(piece)
      total += piece.length
      if (total >= length) resolve(Buffer.concat(pieces))
    })
    port.resume()
  })
}

async function writeAll(port: Port, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 10_007)
    if (!port.write(bytes.subarray(at, at + 10_007))) await once(port.onDrain)
}

it('tells of a port that nobody has without what its name would do to a terminal', async () => {
  const rig = await peerRig()
  const share = `\u001b]0;x\u0007\u009b2J\u202egps\n${'x'.repeat(200)}`
  await expect(rig.open({ share })).rejects.toMatchObject({ code: 'peer-permission' })
  await eventually(() => expect(rig.log).toHaveLength(1))
  expect(rig.log[0]).toMatch(/No port "\]0;x 2J gps x+…" of that/)
})

it('lets nobody fill the log by connecting over and over, and others connect meanwhile', async () => {
  const clock = new FakeClock()
  const door = new PeerDoor({
    findShare: (id) => ({ id, enabled: true, admit: () => expect.unreachable() }),
    rpc: () => expect.unreachable(),
    desk: { admit: () => expect.unreachable() },
    mayPair: () => true,
    nameOf: () => undefined,
    log: () => undefined,
    clock
  })
  const control = { level: 'control', history: false } as const
  const entry = { name: 'Uma', trust: 'trusted', since: 0, addresses: [] } as const
  const dials = (id: string): unknown =>
    door.share(
      { share: 'gps' },
      { ...entry, id, addresses: [], permissions: { default: control, shares: {} } }
    )
  for (let n = 0; n < SHARE_PACE.most; n++) dials('one')
  expect(() => dials('one')).toThrow(SHARE_PACE.tooOften[1])
  dials('other')
  await clock.advance(SHARE_PACE.periodMs)
  dials('one')
  door.dispose()
})

describe('a share of another Farport', () => {
  it('has settings, control lines, breaks and purges there, and modem lines and errors come back', async () => {
    const rig = await peerRig()
    const port = await rig.open()
    expect(sessions(rig)).toMatchObject([{ label: 'Uma', peer: rig.userId, writer: true }])
    const wish = {
      baudRate: 57600,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      flowControl: 'rtscts'
    } as const
    expect(await port.apply(wish, forever)).toEqual(wish)
    const there = rig.device.port
    expect(there.settings).toEqual(wish)
    await port.control({ dtr: false, rts: true })
    expect(there.lines).toMatchObject({ dtr: false, rts: true })
    await port.sendBreak(20)
    expect(there.controls).toEqual(expect.arrayContaining([{ break: true }, { break: false }]))
    port.purge('receive')
    await eventually(() => expect(there.purges).toContain('receive'))
    there.setModemState({ cts: true, dsr: true, dcd: false, ri: false })
    await eventually(() => expect(port.modemState).toEqual({ cts: true, dsr: true, dcd: false, ri: false }))
    const errors = once(port.onLineState)
    there.reportLine({ parity: 1 })
    expect(await errors).toMatchObject({ parity: 1 })
  })

  it('shows who uses it by the name that it has now', async () => {
    const rig = await peerRig()
    await rig.open()
    expect(sessions(rig)).toMatchObject([{ label: 'Uma', peer: rig.userId }])
    await rig.trust.rename(rig.userId, 'workshop')
    expect(sessions(rig)).toMatchObject([{ label: 'workshop', peer: rig.userId }])
    // Who left is still called somehow.
    rig.forget()
    expect(sessions(rig)).toEqual([])
  })

  it('carries 1 MiB both ways at once, in order, and counts it', async () => {
    const rig = await peerRig()
    const port = await rig.open()
    const there = rig.device.port
    const [out, back] = [randomBytes(1 << 20, 1), randomBytes(1 << 20, 2)]
    const answer = heard(port, back.length)
    const sending = writeAll(port, out)
    for (let at = 0; at < back.length; at += 9973) there.send(back.subarray(at, at + 9973))
    await sending
    expect(Buffer.compare(await answer, back)).toBe(0)
    await eventually(() => expect(there.received.length).toBe(out.length))
    expect(Buffer.compare(there.received, out)).toBe(0)
    expect(rig.share.state).toMatchObject({
      ...{ bytesToDevice: out.length, bytesFromDevice: back.length, lostToDevice: 0, lostFromDevice: 0 }
    })
  })

  it('gets what was sent in one piece with the first words', async () => {
    const rig = await peerRig()
    const connection = await dialTls({ host: '127.0.0.1', port: rig.port }, rig.identity)
    connection.resume()
    const hello = encodeFrame(encodeHello({ want: 'share', share: 's1' }))
    connection.write(Buffer.concat([hello, Buffer.from('at once')]))
    await eventually(() => expect(Buffer.from(rig.device.port.received).toString()).toBe('at once'))
    connection.abort(DONE)
  })

  it('is only watched where no more is permitted: what is written is counted as lost', async () => {
    const rig = await peerRig()
    rig.permit('observe')
    const port = await rig.open({ takeOver: true })
    expect(sessions(rig)).toMatchObject([{ writer: false, observes: true }])
    const before = rig.device.port.settings
    expect(await port.apply({ baudRate: 1200 }, forever)).toEqual(before)
    port.write(Buffer.from('hello'))
    const told = heard(port, 3)
    rig.device.port.send(Buffer.from('gps'))
    expect((await told).toString()).toBe('gps')
    await eventually(() => expect(sessions(rig)).toMatchObject([{ lostToDevice: 5, bytesFromDevice: 3 }]))
    expect(rig.device.port.received).toHaveLength(0)
    expect(rig.device.port.applies).toEqual([])
  })

  it('is not told from one that there is not, where nothing is permitted', async () => {
    const rig = await peerRig()
    rig.permit('none')
    const words = async (share: string): Promise<string> => {
      const error = await rig.open({ share }).then(
        () => undefined,
        (reason: unknown) => reason
      )
      expect(error).toMatchObject({ code: 'peer-permission' })
      return (error as Error).message.replace(`"${share}"`, '""')
    }
    expect(await words('gps')).toBe(await words('nothing of that name'))
    rig.enabled = false
    expect(await words('s1')).toBe(await words('gps'))
    expect(rig.log).toHaveLength(4)
    expect(sessions(rig)).toEqual([])
  })

  it('that is switched off says so', async () => {
    const rig = await peerRig()
    rig.enabled = false
    await expect(rig.open()).rejects.toMatchObject({ code: 'device-missing' })
  })

  it('ends amid traffic when its owner removes the peer, and what was lost is counted', async () => {
    const rig = await peerRig()
    const port = await rig.open()
    const there = rig.device.port
    let got = 0
    port.onData(({ length }) => void (got += length))
    port.resume()
    const over = once(port.onClose)
    const chunk = randomBytes(4096, 3)
    let sent = 0
    const flow = setInterval(() => {
      there.send(chunk)
      sent += chunk.length
    }, 1)
    await eventually(() => expect(got).toBeGreaterThan(20 * chunk.length))
    rig.forget()
    clearInterval(flow)
    await over
    await eventually(() => expect(sessions(rig)).toEqual([]))
    const { bytesFromDevice, lostFromDevice } = rig.share.state
    expect(bytesFromDevice + lostFromDevice).toBe(sent - there.unread)
    // Of what was on its way at the end nobody can tell; it is counted as lost.
    expect(got).toBeLessThanOrEqual(bytesFromDevice + lostFromDevice)
    await expect(rig.open()).rejects.toMatchObject({ code: 'peer-not-paired' })
  })
})

describe('the uses of one computer', () => {
  it('live side by side; the first one writes until another is to take over', async () => {
    const rig = await peerRig()
    await rig.open({ use: 'one' })
    await rig.open({ use: 'two' })
    expect(sessions(rig)).toMatchObject([{ writer: true }, { writer: false }])
    const third = await rig.open({ use: 'three', takeOver: true })
    expect(sessions(rig).map(({ writer }) => writer)).toEqual([false, false, true])
    third.write(Buffer.from('now'))
    await eventually(() => expect(Buffer.from(rig.device.port.received).toString()).toBe('now'))
  })

  it('take the place of their own dead connection at once, and nothing else', async () => {
    const rig = await peerRig({ maxClients: 2 })
    const between = await tunnel(rig.port)
    const dead = await rig.open({ use: 'link' }, rig.through(between.port))
    await dead.apply({ baudRate: 19200 }, forever)
    await rig.open({ use: 'other' })
    between.silence()
    await rig.open({ use: 'link' })
    expect(sessions(rig).map(({ id, writer }) => ({ id, writer }))).toEqual([
      { id: 2, writer: false },
      { id: 3, writer: true }
    ])
    expect(rig.device.port.settings.baudRate).toBe(19200)
    // Another use has no place to take.
    await expect(rig.open({ use: 'third' })).rejects.toMatchObject({ code: 'peer-closed' })
  })
})

describe('the door', () => {
  it('hands rpc to whoever serves it, with who that is', async () => {
    const rig = await peerRig()
    const { client } = await rig.ways.dialRpc('owner')
    expect(client).toBeInstanceOf(RpcClient)
    await eventually(() => expect(rig.channels).toMatchObject([{ peer: { id: rig.userId } }]))
    client.dispose()
  })

  it('takes requests to pair only while its owner wants them', async () => {
    const rig = await peerRig()
    const stranger = await newTlsIdentity()
    const dial = { to: { host: '127.0.0.1', port: rig.port }, identity: stranger, trust: rig.trustThere }
    rig.mayPair = false
    await expect(dialFarport({ ...dial, wish: { want: 'pair' } })).rejects.toMatchObject({
      code: 'peer-refused'
    })
    rig.mayPair = true
    const connection = await dialFarport({ ...dial, wish: { want: 'pair' } })
    connection.abort(DONE)
  })

  it('tells the first refusals of a minute, and the others by their number', async () => {
    const clock = new FakeClock()
    const told: string[] = []
    const log = new RefusalLog(clock, (text) => told.push(text))
    for (let n = 0; n < 1000; n++) log.add(`refused ${n}`)
    expect(told).toHaveLength(TOLD_REFUSALS)
    await clock.advance(REFUSALS_MS)
    expect(told.at(-1)).toBe('990 more were turned away within a minute')
    log.add('again')
    expect(told.at(-1)).toBe('again')
    log.dispose()
    expect(clock.pending).toBe(0)
  })
})

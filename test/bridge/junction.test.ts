import { describe, expect, it } from 'vitest'
import { SHUTDOWN } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, link, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

describe('a share', () => {
  it('has its device open while somebody is there, at its own settings', async () => {
    const { bridge, device, connect } = share()
    await settle()
    expect(device.tries).toEqual([])
    expect(bridge.state).toEqual({
      id: 'b1',
      kind: 'share',
      name: 'bench',
      enabled: true,
      port: 'sim:double',
      addresses: ['memory:door'],
      dials: [],
      state: { type: 'idle' },
      own: { baudRate: 9600 },
      sessions: [],
      bytesToDevice: 0,
      bytesFromDevice: 0,
      lostToDevice: 0,
      lostFromDevice: 0
    })
    const [first, second] = [connect('one'), connect('two')]
    await settle()
    expect(device.tries).toEqual([{ baudRate: 9600 }])
    expect(bridge.state).toMatchObject({
      state: { type: 'open', settings: { baudRate: 9600 } },
      sessions: [
        { id: 1, label: 'one', writer: true },
        { id: 2, label: 'two', writer: false }
      ]
    })
    first.end()
    await settle()
    expect(device.port.ended).toBe(false)
    second.end()
    await settle()
    expect(device.port.ended).toBe(true)
    expect(bridge.state.state.type).toBe('idle')
  })

  it('keeps its clients while the device is away, and serves them when it is back', async () => {
    const { bridge, device, connect, faults } = share()
    device.fail(new Fault('device-missing', 'There is no device. Plug it in.'))
    const client = connect()
    await settle()
    expect(bridge.state.state).toMatchObject({ type: 'waiting', fault: { code: 'device-missing' } })
    expect(faults.map(({ code }) => code)).toEqual(['device-missing'])
    client.send(bytes('lost'))
    device.fail(undefined)
    device.appear()
    await settle()
    client.send(bytes('found'))
    expect(text(device.port.received)).toBe('found')
    expect(bridge.state).toMatchObject({ bytesToDevice: 5, lostToDevice: 4 })
    device.port.unplug()
    await settle()
    expect(client.closeReason).toBeUndefined()
  })

  it('refuses one client too many, and asks the old one of its address for a sign of life', async () => {
    const { bridge, connect, notices } = share({ maxClients: 2 })
    const old = connect('old', '192.0.2.7')
    const other = connect('other', '192.0.2.8')
    const newcomer = connect('new', '192.0.2.7')
    await settle()
    expect(newcomer.closeReason).toMatchObject({ code: 'refused' })
    expect([old.probes, other.probes]).toEqual([1, 0])
    expect(bridge.state.sessions.map(({ label }) => label)).toEqual(['old', 'other'])
    expect(notices).toContain(
      'client refused: new (2 clients are connected already; try again when one has left)'
    )
    old.cut()
    expect(connect('again', '192.0.2.7').closeReason).toBeUndefined()
  })

  it('asks the writer for a sign of life where a newcomer from its address has to watch it write', () => {
    const { bridge, connect } = share()
    const old = connect('old', '192.0.2.7')
    const other = connect('other', '192.0.2.8')
    expect([old.probes, other.probes]).toEqual([0, 0])
    const again = connect('again', '192.0.2.7')
    expect([old.probes, other.probes, again.probes]).toEqual([1, 0, 0])
    old.cut()
    other.cut()
    expect(bridge.state.sessions).toMatchObject([{ label: 'again', writer: true }])
    // Where all write, nobody waits.
    const all = share({ writers: 'all' })
    const first = all.connect('old', '192.0.2.7')
    all.connect('beside', '192.0.2.7')
    expect(first.probes).toBe(0)
  })

  it('takes eight clients where nobody says otherwise', () => {
    const { connect } = share()
    const clients = Array.from({ length: 9 }, () => connect())
    expect(clients.map(({ closeReason }) => closeReason?.code)).toEqual([
      ...Array.from({ length: 8 }, () => undefined),
      'refused'
    ])
  })

  it('tells in one line each who came, who left and what was lost', async () => {
    const { connect, notices } = share()
    connect('one')
    const two = connect('two')
    await settle()
    two.send(bytes('abc'))
    two.cut()
    expect(notices).toEqual([
      'client 1 connected: one',
      'client 2 connected: two',
      'port open',
      'lost 3 bytes of client 2 to the device: another one writes',
      'client 2 left: two (connection reset)'
    ])
  })

  it('says that its state changed once for several changes', async () => {
    const { bridge, connect } = share()
    await settle()
    let changes = 0
    bridge.onState(() => (changes += 1))
    connect()
    connect()
    connect()
    expect(changes).toBe(0)
    await Promise.resolve()
    expect(changes).toBe(1)
  })

  it('keeps the totals of those who left', async () => {
    const { bridge, device, connect } = share()
    const client = connect()
    await settle()
    client.send(bytes('12345'))
    device.port.send(bytes('123'))
    client.end()
    await settle()
    expect(bridge.state).toMatchObject({ sessions: [], bytesToDevice: 5, bytesFromDevice: 3 })
  })
})

describe('a link', () => {
  it('dials when a program opens it, and hangs up when that closes it', async () => {
    const { bridge, device, connect } = link({ settings: { parity: 'even', dataBits: 7 } })
    await settle()
    expect(device.tries).toEqual([])
    const program = connect()
    program.send(bytes('early'))
    await settle()
    expect(device.tries).toEqual([{ parity: 'even', dataBits: 7 }])
    expect(device.port.applies).toEqual([])
    expect(text(device.port.received)).toBe('early')
    program.ask({ baudRate: 57_600 })
    await settle()
    expect(device.port.settings).toMatchObject({ baudRate: 57_600, parity: 'even', dataBits: 7 })
    program.end()
    await settle()
    expect(bridge.state.state.type).toBe('idle')
  })

  it('delivers what a program wrote that was gone before the dial was done', async () => {
    const { device, connect, bridge, clock } = link()
    device.hold()
    const program = connect()
    program.send(bytes('AT\r'))
    program.end()
    await clock.advance(3000)
    let vacant = 0
    bridge.onVacant(() => (vacant += 1))
    device.proceed()
    await settle()
    expect(text(device.port.received)).toBe('AT\r')
    expect(device.port.ended).toBe(true)
    expect(vacant).toBe(1)
  })

  it('stays connected where it holds', async () => {
    const { bridge, device, connect } = link({ hold: true })
    await settle()
    expect(bridge.state.state.type).toBe('open')
    connect().end()
    await settle()
    device.port.send(bytes('nobody hears this'))
    expect(bridge.state).toMatchObject({ state: { type: 'open' }, bytesFromDevice: 0, lostFromDevice: 0 })
    expect(device.ports.length).toBe(1)
  })

  it("brings a new connection to the program's settings", async () => {
    const { device, connect, clock } = link()
    const program = connect()
    await settle()
    program.ask({ baudRate: 1200 })
    await settle()
    device.port.unplug({ code: 'done', message: 'the server closed the connection' })
    program.send(bytes('into the void'))
    await clock.advance(500)
    expect(device.ports.length).toBe(2)
    expect(device.tries[1]).toEqual({ baudRate: 1200 })
    expect(device.port.settings.baudRate).toBe(1200)
    expect(text(device.port.received)).toBe('')
  })

  it('takes the end of the far port for a fault of the peer', async () => {
    const { device, connect, faults } = link()
    connect()
    await settle()
    device.port.unplug({ code: 'done', message: 'the server closed the connection' })
    await settle()
    expect(faults).toMatchObject([{ code: 'peer-closed' }])
    expect(faults[0]?.message).toContain('sim:double: the server closed the connection')
  })
})

describe('a link to a device of this computer', () => {
  it('takes its end for a fault of the device', async () => {
    const { device, connect, faults } = link({ far: 'device' })
    connect()
    await settle()
    device.port.unplug({ code: 'error', message: 'it burns' })
    await settle()
    expect(faults).toMatchObject([{ code: 'device-io' }])
  })
})

describe('closing', () => {
  it('drains both directions, closes everything and answers what was lost', async () => {
    const { bridge, device, door, connect, clock } = share()
    const client = connect()
    await settle()
    client.stall()
    device.port.stall()
    device.port.send(bytes('answer'))
    client.send(bytes('question'))
    const closed = bridge.close(2000)
    expect(bridge.close(5000)).toBe(closed)
    await clock.advance(1000)
    client.flow()
    await clock.advance(100)
    device.port.flow()
    await clock.advance(100)
    expect(await closed).toBe(0)
    expect([text(client.received), text(device.port.received)]).toEqual(['answer', 'question'])
    expect(client.closeReason).toEqual(SHUTDOWN)
    expect([door.closed, device.port.ended]).toEqual([true, true])
  })

  it('ends within its limit, and the rest is lost and counted', async () => {
    const { bridge, device, connect, clock } = share({}, { highWater: 0, lowWater: 0 })
    const client = connect()
    await settle()
    client.stall()
    device.port.stall()
    device.port.send(bytes('answer'))
    client.send(bytes('abc'))
    client.send(bytes('de'))
    let lost = -1
    void bridge.close(2000).then((count) => (lost = count))
    await clock.advance(1999)
    expect(lost).toBe(-1)
    await clock.advance(2)
    expect(lost).toBe(11)
    expect(bridge.state).toMatchObject({ lostToDevice: 5, lostFromDevice: 6, state: { type: 'idle' } })
  })

  it('can be hurried while it drains', async () => {
    const { bridge, device, connect, clock } = share({}, { highWater: 0, lowWater: 0 })
    const client = connect()
    await settle()
    client.stall()
    device.port.stall()
    device.port.send(bytes('answer'))
    client.send(bytes('abc'))
    client.send(bytes('de'))
    let lost = -1
    void bridge.close(10_000).then((count) => (lost = count))
    await clock.advance(1000)
    void bridge.close(2000)
    await clock.advance(1999)
    expect(lost).toBe(-1)
    await clock.advance(1)
    expect(lost).toBe(11)
    expect(bridge.state).toMatchObject({ lostToDevice: 5, lostFromDevice: 6, state: { type: 'idle' } })
  })

  it('does not wait for a device that never opens', async () => {
    const { bridge, device, connect, clock } = link()
    device.hold()
    connect().send(bytes('abc'))
    let lost = -1
    void bridge.close(2000).then((count) => (lost = count))
    await clock.advance(2001)
    expect(lost).toBe(3)
  })

  it('takes nobody any more', async () => {
    const { bridge, connect } = share()
    const closed = bridge.close(1000)
    expect(connect().closeReason?.code).toBe('refused')
    await closed
  })

  it('takes nobody either from a source that is slow to close', async () => {
    const { bridge, device, door, connect } = share()
    door.close = () => Promise.resolve()
    const closed = bridge.close(1000)
    expect(connect().closeReason).toEqual({ ...SHUTDOWN, code: 'refused' })
    await closed
    expect(device.tries).toEqual([])
  })
})

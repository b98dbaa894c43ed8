import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { MemorySession } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

describe('a newcomer to a full share', () => {
  it('takes the place of the oldest with kick-old, and what that one sent is still delivered', async () => {
    const { bridge, device, connect, notices } = share({ maxClients: 1, newcomer: 'kick-old' })
    const old = connect('old')
    await settle()
    old.send(bytes('last words '))
    const newcomer = connect('new')
    newcomer.send(bytes('first words'))
    await settle()
    expect(old.closeReason).toMatchObject({ code: 'taken-over' })
    expect(newcomer.closeReason).toBeUndefined()
    expect(text(device.port.received)).toBe('last words first words')
    expect(bridge.state.sessions).toMatchObject([{ label: 'new', writer: true }])
    expect(notices).toContain('client 1 left: old (another client took this place)')
  })

  it('finds the settings of the share, not those of the one it kicked', async () => {
    const { device, connect } = share({ maxClients: 1, newcomer: 'kick-old' })
    const old = connect()
    await settle()
    old.ask({ baudRate: 1200 })
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    connect()
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
    expect(device.ports).toHaveLength(1)
  })
})

describe('a client that was kicked and reads nothing', () => {
  async function kickedDeaf() {
    const bench = share({ maxClients: 1, newcomer: 'kick-old' })
    const deaf = bench.connect('deaf')
    await settle()
    deaf.stall()
    bench.device.port.send(bytes('unread'))
    bench.connect('new')
    await settle()
    return { ...bench, deaf }
  }

  it('is closed within a second, and what it did not take is counted', async () => {
    const { bridge, clock, deaf } = await kickedDeaf()
    await clock.advance(999)
    expect(deaf.ended).toBe(false)
    await clock.advance(1)
    expect(deaf.ended).toBe(true)
    expect(bridge.state).toMatchObject({ bytesFromDevice: 0, lostFromDevice: 6 })
  })

  it('is no client any more, but is waited for at the end, no longer than that may take', async () => {
    const { bridge, clock, deaf } = await kickedDeaf()
    const closed = bridge.close(300)
    await clock.advance(300)
    expect(deaf.ended).toBe(true)
    expect(await closed).toBe(6)
  })

  it('is cut off with the others when the end has to be sooner', async () => {
    const { bridge, clock, deaf } = await kickedDeaf()
    const closed = bridge.close(900)
    void bridge.close(10)
    await clock.advance(10)
    expect(deaf.ended).toBe(true)
    expect(await closed).toBe(6)
  })
})

describe('a newcomer where another one writes', () => {
  it('is not followed by what the other one had still asked for', async () => {
    const { device, connect } = share({ newcomer: 'take-over', keepSettings: true })
    const first = connect('first')
    await settle()
    device.port.stall()
    first.send(bytes('waiting'))
    const asked = first.ask({ baudRate: 1200 })
    connect('second')
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
    expect(asked.answers).toMatchObject([{ baudRate: 9600 }])
  })

  it('finds its settings also where the other one’s were being applied at that moment', async () => {
    const { device, connect } = share({ newcomer: 'take-over' })
    const first = connect('first')
    await settle()
    device.port.holdApplies()
    const asked = first.ask({ baudRate: 1200 })
    await settle()
    const second = connect('second')
    second.send(bytes('mine'))
    await settle()
    expect(text(device.port.received)).toBe('')
    device.port.answerApplies()
    await settle()
    expect(asked.answers).toHaveLength(1)
    expect(device.port.applies).toEqual([{ baudRate: 1200 }, { baudRate: 9600 }])
    expect(device.port.settings.baudRate).toBe(9600)
    expect(text(device.port.received)).toBe('mine')
  })

  it('ends a break that the other one held', async () => {
    const { device, connect } = share({ newcomer: 'take-over' })
    const first = connect('first')
    await settle()
    first.askControl({ break: true })
    first.askControl({ rts: false })
    await settle()
    connect('second')
    await settle()
    expect(device.port.lines).toEqual({ dtr: true, rts: false, break: false })
  })

  it('takes over: it writes, the other one watches and writes again when it has left', async () => {
    const { bridge, device, connect } = share({ newcomer: 'take-over' })
    const first = connect('first')
    await settle()
    first.ask({ baudRate: 1200 })
    await settle()
    const second = connect('second')
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
    second.send(bytes('mine '))
    first.send(bytes('unheard'))
    expect(text(device.port.received)).toBe('mine ')
    expect(bridge.state.sessions).toMatchObject([
      { label: 'first', writer: false, lostToDevice: 7 },
      { label: 'second', writer: true, lostToDevice: 0 }
    ])
    second.end()
    await settle()
    first.send(bytes('again'))
    expect(text(device.port.received)).toBe('mine again')
    expect(first.closeReason).toBeUndefined()
  })

  it('loses and counts what the other one had waiting', async () => {
    const { bridge, device, connect, notices } = share({ newcomer: 'take-over' })
    device.hold()
    const first = connect('first')
    await settle()
    first.send(bytes('waiting'))
    const second = connect('second')
    second.send(bytes('now'))
    device.proceed()
    await settle()
    expect(text(device.port.received)).toBe('now')
    expect(bridge.state).toMatchObject({ bytesToDevice: 3, lostToDevice: 7 })
    expect(notices).toContain('lost 7 bytes of client 1 to the device: another one took over')
  })
})

describe('a client that leaves', () => {
  it('holds no break any more, also while the device takes none of its bytes', async () => {
    const { device, connect } = share({ hold: true })
    const client = connect()
    await settle()
    client.askControl({ break: true })
    device.port.stall()
    client.send(bytes('slowly'))
    client.end()
    await settle()
    expect(device.port.lines.break).toBe(false)
    device.port.flow()
  })

  it('leaves no settings behind on a device that was just being opened with them', async () => {
    const { bridge, clock, device, connect } = share()
    device.fail(new Fault('device-missing', 'There is no device.'))
    const first = connect('first')
    first.ask({ baudRate: 1200 })
    await settle()
    expect(bridge.state.state.type).toBe('waiting')
    device.fail(undefined)
    device.hold()
    await clock.advance(500)
    expect(device.tries.at(-1)).toEqual({ baudRate: 1200 })
    connect('second')
    first.end()
    await settle()
    device.proceed()
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
  })

  it('where all write, leaves its settings to those who stay, and to nobody after them', async () => {
    const { device, connect } = share({ writers: 'all', hold: true })
    const [first, second] = [connect('first'), connect('second')]
    await settle()
    first.ask({ baudRate: 1200 })
    await settle()
    first.end()
    await settle()
    const third = connect('third')
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    second.end()
    third.end()
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
  })

  it('at the moment at which it comes is no client for ever', async () => {
    const { bridge, connect, door } = share({ maxClients: 1 })
    const session = new MemorySession('brief')
    session.send(bytes('x'))
    session.onData(() => session.abort({ code: 'error', message: 'the connection broke' }))
    door.connect(session)
    await settle()
    expect(bridge.state.sessions).toEqual([])
    expect(connect('next').closeReason).toBeUndefined()
  })
})

describe('those who only watch', () => {
  it('watch whatever the settings of the others are, where their listener has none', async () => {
    const { device, connectAt } = share({}, {}, [{ observe: true }, { settings: { baudRate: 1200 } }])
    const watcher = connectAt(0, 'watcher')
    await settle()
    const writer = connectAt(1, 'writer')
    await settle()
    expect(writer.closeReason).toBeUndefined()
    expect(device.port.settings.baudRate).toBe(1200)
    expect(connectAt(0, 'another').closeReason).toBeUndefined()
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    expect(watcher.closeReason).toBeUndefined()
  })

  it('never become the writer, and are told so', async () => {
    const { bridge, device, connect, connectAt, notices } = share({}, {}, [{ observe: true }])
    const watcher = connectAt(0, 'watcher')
    const writer = connect('writer')
    await settle()
    watcher.send(bytes('no'))
    writer.send(bytes('yes'))
    const asked = watcher.ask({ baudRate: 300 })
    await settle()
    device.port.send(bytes('news'))
    writer.end()
    await settle()
    watcher.send(bytes('no'))
    expect(text(device.port.received)).toBe('yes')
    expect(asked.answers).toMatchObject([{ baudRate: 9600 }])
    expect(text(watcher.received)).toBe('news')
    expect(bridge.state.sessions).toMatchObject([{ label: 'watcher', writer: false, lostToDevice: 4 }])
    expect(notices).toContain('lost 2 bytes of client 1 to the device: it only watches')
  })

  it('are all of them where nobody writes', async () => {
    const { device, connect, notices } = share({ writers: 'none' })
    connect().send(bytes('no'))
    await settle()
    expect(text(device.port.received)).toBe('')
    expect(notices).toContain('lost 2 bytes of client 1 to the device: nobody writes here')
  })
})

describe('listeners with settings of their own', () => {
  const terms = [{ settings: { baudRate: 1200 } }, { settings: { baudRate: 2400 } }]

  it('take turns: who comes in elsewhere is refused while somebody is there', async () => {
    const { device, connectAt, notices } = share({}, {}, terms)
    const slow = connectAt(0, 'slow')
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    expect(connectAt(1, 'fast').closeReason).toMatchObject({ code: 'refused' })
    expect(notices).toContain(
      'client refused: fast (the port is in use with other settings; try again when its user has left)'
    )
    expect(connectAt(0, 'slow too').closeReason).toBeUndefined()
    slow.end()
  })

  it('have their settings on a device that is still open from the one before', async () => {
    const { device, connectAt } = share({ hold: true }, {}, terms)
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
    const slow = connectAt(0)
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    slow.end()
    await settle()
    connectAt(1)
    await settle()
    expect(device.port.settings.baudRate).toBe(2400)
    expect(device.ports).toHaveLength(1)
  })

  it('change the settings only after what the one before sent is out', async () => {
    const { clock, device, connectAt } = share({ newcomer: 'kick-old' }, {}, terms)
    const slow = connectAt(0)
    await settle()
    device.port.stall()
    slow.send(bytes('slowly'))
    connectAt(1)
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    device.port.take(Infinity)
    await settle()
    await clock.advance(10)
    expect(device.port.settings.baudRate).toBe(2400)
    expect(text(device.port.received)).toBe('slowly')
  })

  it('have their settings although the device was being opened for another one', async () => {
    const { device, connectAt } = share({}, {}, terms)
    device.hold()
    connectAt(0).end()
    const fast = connectAt(1)
    device.proceed()
    await settle()
    expect(fast.closeReason).toBeUndefined()
    expect(device.port.settings.baudRate).toBe(2400)
  })
})

describe('a share whose device stays open', () => {
  it('opens it at the start, and hands what it says to those who come', async () => {
    const { bridge, device, connect } = share({ hold: true })
    await settle()
    expect(bridge.state.state.type).toBe('open')
    const client = connect()
    device.port.send(bytes('hello'))
    client.ask({ baudRate: 300 })
    await settle()
    client.end()
    await settle()
    expect(text(client.received)).toBe('hello')
    // Nobody is there, and yet it is open: the settings return at once.
    expect(device.port.settings.baudRate).toBe(9600)
    expect(device.ports).toHaveLength(1)
  })

  it('brings back what the device had of itself where nothing is configured', async () => {
    const { device, connect } = share({ hold: true, settings: {} }, { settings: { baudRate: 4800 } })
    await settle()
    const client = connect()
    client.ask({ baudRate: 300, parity: 'even' })
    await settle()
    expect(device.port.settings).toMatchObject({ baudRate: 300, parity: 'even' })
    client.end()
    await settle()
    expect(device.port.settings).toMatchObject({ baudRate: 4800, parity: 'none' })
  })

  it('closes it so long after the last client, and no sooner', async () => {
    const { bridge, clock, device, connect } = share({ keepOpenMs: 5000 })
    connect().end()
    await settle()
    await clock.advance(4999)
    expect(bridge.state.state.type).toBe('open')
    connect()
    await clock.advance(10_000)
    expect(bridge.state.state.type).toBe('open')
    bridge.state.sessions.forEach(() => undefined)
    expect(device.ports).toHaveLength(1)
  })

  it('closes it when the time is over', async () => {
    const { bridge, clock, connect } = share({ keepOpenMs: 5000 })
    const client = connect()
    await settle()
    client.end()
    await settle()
    await clock.advance(5000)
    expect(bridge.state.state.type).toBe('idle')
  })
})

describe('inactivity', () => {
  it('closes the client through which nothing passes, and nobody else', async () => {
    const { clock, device, connect, notices } = share({ inactivityMs: 60_000, writers: 'all' })
    const busy = connect('busy')
    const idle = connect('idle')
    device.port.send(bytes('to both'))
    for (let second = 0; second < 80; second += 10) {
      busy.send(bytes('.'))
      await clock.advance(10_000)
    }
    expect(busy.closeReason).toBeUndefined()
    expect(idle.closeReason).toMatchObject({ code: 'inactive' })
    expect(notices).toContain('client 2 left: idle (nothing was sent or received for too long)')
  })
})

describe('one way alone', () => {
  it('to the device: what that says reaches nobody and stops nothing', async () => {
    const { bridge, device, connect } = share({ oneWay: 'to-device' })
    const client = connect()
    await settle()
    device.port.send(bytes('status'))
    client.send(bytes('print'))
    expect(text(client.received)).toBe('')
    expect(text(device.port.received)).toBe('print')
    expect(bridge.state).toMatchObject({ bytesFromDevice: 0, lostFromDevice: 0 })
  })

  it('from the device: what clients send is lost and counted', async () => {
    const { bridge, device, connect } = share({ oneWay: 'from-device', writers: 'all' })
    const client = connect()
    await settle()
    device.port.send(bytes('reading'))
    client.send(bytes('no'))
    expect(text(client.received)).toBe('reading')
    expect(text(device.port.received)).toBe('')
    expect(bridge.state.lostToDevice).toBe(2)
  })
})

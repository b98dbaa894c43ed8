/** A paired computer that comes again: its new session takes the place of the dead one, and nobody else's. */
import { describe, expect, it } from 'vitest'
import { MemorySession } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

describe('the same use of the same computer', () => {
  it('writes at once where the old session did, and has held it since then', async () => {
    const { bridge, clock, device, connect, connectPeer, notices } = share()
    const old = connectPeer('id-1', 'link-1', { label: 'bench-pc' })
    const other = connect('other')
    await settle()
    const { holdsSince } = bridge.state.sessions[0]!
    bridge.ask(2)
    await clock.advance(50)
    const again = connectPeer('id-1', 'link-1', { label: 'bench-pc' })
    again.send(bytes('mine'))
    other.send(bytes('no'))
    await settle()
    expect(text(device.port.received)).toBe('mine')
    expect(old.closeReason).toEqual({ code: 'taken-over', message: 'the same computer came again' })
    expect(bridge.state.sessions).toMatchObject([
      { id: 2, writer: false },
      { id: 3, writer: true, holdsSince }
    ])
    expect(bridge.state.sessions[0]?.asksSince).toBeDefined()
    expect(notices.slice(-3, -1)).toEqual([
      'client 3 connected: bench-pc',
      'client 1 left: bench-pc (the same computer came again)'
    ])
    expect(notices.some((line) => /control now|took control/.test(line))).toBe(false)
  })

  it('keeps its wish and its place among those who ask', () => {
    const { bridge, connect, connectPeer } = share()
    const holder = connect('holder')
    connectPeer('id-1', 'link-1')
    connect('third')
    bridge.ask(2)
    bridge.ask(3)
    const { asksSince } = bridge.state.sessions[1]!
    connectPeer('id-1', 'link-1')
    expect(bridge.state.sessions).toMatchObject([{ id: 1 }, { id: 3 }, { id: 4, asksSince }])
    holder.end()
    expect(bridge.state.sessions).toMatchObject([
      { id: 3, writer: false },
      { id: 4, writer: true }
    ])
  })

  it('finds a place where all are taken, and takes it from nobody else', async () => {
    const { bridge, connect, connectPeer } = share({ maxClients: 2, newcomer: 'kick-old' })
    const oldest = connect('oldest')
    const old = connectPeer('id-1', 'link-1')
    const again = connectPeer('id-1', 'link-1')
    await settle()
    expect([oldest, old, again].map(({ closeReason }) => closeReason?.code)).toEqual([
      undefined,
      'taken-over',
      undefined
    ])
    expect(bridge.state.sessions).toHaveLength(2)
  })

  it('leaves no ghost in its place, also where the old session still has something to read', () => {
    const { device, connect, connectPeer } = share({ maxClients: 2 })
    const old = connectPeer('id-1', 'link-1')
    old.stall()
    old.write(bytes('unread'))
    connectPeer('id-1', 'link-1')
    expect(old.ended).toBe(false)
    expect(connect('other').closeReason).toBeUndefined()
    expect(connect('late').closeReason).toMatchObject({ code: 'refused' })
    expect(device.tries).toHaveLength(1)
  })

  it('is no newcomer: what another one took from it stays taken', () => {
    const { bridge, connect, connectPeer } = share({ newcomer: 'take-over' })
    connectPeer('id-1', 'link-1')
    connect('taker')
    connectPeer('id-1', 'link-1', { terms: { takeOver: true } })
    expect(bridge.state.sessions).toMatchObject([
      { label: 'taker', writer: true },
      { id: 3, writer: false }
    ])
  })

  it('that may only watch now leaves control to the next one', () => {
    const { bridge, connect, connectPeer } = share()
    connectPeer('id-1', 'link-1')
    connect('next')
    connectPeer('id-1', 'link-1', { terms: { observe: true } })
    expect(bridge.state.sessions).toMatchObject([
      { label: 'next', writer: true },
      { id: 3, writer: false, observes: true }
    ])
    // … and back: a watcher left nothing to inherit.
    connectPeer('id-1', 'link-1')
    expect(bridge.state.sessions).toMatchObject([
      { label: 'next', writer: true },
      { id: 4, writer: false, observes: false }
    ])
  })

  it('is refused with the settings of a listener where others are here with other ones; the old one is probed', () => {
    const { connect, connectPeer } = share()
    connect('other')
    const old = connectPeer('id-1', 'link-1')
    const again = connectPeer('id-1', 'link-1', { terms: { settings: { baudRate: 300 } } })
    expect(again.closeReason).toMatchObject({ code: 'refused' })
    expect(old.closeReason).toBeUndefined()
    expect(old.probes).toBe(1)
  })
})

describe('what the old session left', () => {
  it('is sent before what the new one sends, though the device took nothing for a while', async () => {
    const { bridge, device, connectPeer } = share({}, { highWater: 4, lowWater: 1 })
    const old = connectPeer('id-1', 'link-1')
    await settle()
    device.port.stall()
    old.send(bytes('first '))
    old.send(bytes('second '))
    const again = connectPeer('id-1', 'link-1')
    again.send(bytes('third'))
    device.port.flow()
    await settle()
    expect(text(device.port.received)).toBe('first second third')
    expect(bridge.state.lostToDevice).toBe(0)
  })

  it('stays in force, and is the new one’s: nothing returns in between, and the end brings all back', async () => {
    const { device, connect, connectPeer } = share({ hold: true })
    await settle()
    const old = connectPeer('id-1', 'link-1')
    old.ask({ baudRate: 1200, parity: 'even' })
    old.askControl({ dtr: false, break: true })
    await settle()
    const { applies, controls } = device.port
    applies.length = controls.length = 0
    const again = connectPeer('id-1', 'link-1')
    await settle()
    // A break that was held ends: nobody knows of it any more.
    expect([applies, controls]).toEqual([[], [{ break: false }]])
    expect(device.port.settings).toMatchObject({ baudRate: 1200, parity: 'even' })
    expect(device.port.lines).toMatchObject({ dtr: false, break: false })
    again.ask({ baudRate: 2400 })
    await settle()
    expect(device.port.settings).toMatchObject({ baudRate: 2400, parity: 'even' })
    connect('next')
    again.end()
    await settle()
    expect(device.port.settings).toMatchObject({ baudRate: 9600, parity: 'none' })
    expect(device.ports).toHaveLength(1)
  })

  it('is what a device that was plugged out and in is brought to', async () => {
    const { clock, device, connectPeer } = share()
    const old = connectPeer('id-1', 'link-1')
    await settle()
    old.ask({ baudRate: 1200 })
    old.askControl({ rts: false, break: true })
    await settle()
    connectPeer('id-1', 'link-1')
    device.port.unplug()
    await clock.advance(600)
    expect(device.ports).toHaveLength(2)
    expect(device.port.settings.baudRate).toBe(1200)
    expect(device.port.lines).toMatchObject({ rts: false, break: false })
  })

  it('what it had asked for and the device did not have yet comes in its place, and lasts', async () => {
    const { clock, device, connectPeer } = share({}, { highWater: 4, lowWater: 1 })
    const old = connectPeer('id-1', 'link-1')
    await settle()
    device.port.stall()
    old.send(bytes('at the old speed'))
    old.ask({ baudRate: 1200 })
    const again = connectPeer('id-1', 'link-1')
    again.send(bytes('|new'))
    device.port.flow()
    await clock.advance(20)
    expect(device.port.applies).toEqual([{ baudRate: 1200 }])
    expect(device.port.settings.baudRate).toBe(1200)
    expect(text(device.port.received)).toBe('at the old speed|new')
  })

  it('what it did not read is counted as lost with it; the new one hears what comes from now on', async () => {
    const { bridge, clock, device, connectPeer } = share()
    const old = connectPeer('id-1', 'link-1')
    await settle()
    old.stall()
    device.port.send(new Uint8Array(300 * 1024))
    expect(device.port.paused).toBe(true)
    // It waits for the port to go on, which it does with the old session's end.
    device.port.send(bytes('news'))
    const again = connectPeer('id-1', 'link-1')
    expect(text(again.received)).toBe('news')
    await clock.advance(1000)
    expect(old.ended).toBe(true)
    expect(bridge.state).toMatchObject({ bytesFromDevice: 4, lostFromDevice: 300 * 1024 })
  })

  it('ends with the new one also where that was gone before the old one’s bytes were out', async () => {
    const { clock, device, connect, connectPeer } = share({}, { highWater: 4, lowWater: 1 })
    const old = connectPeer('id-1', 'link-1')
    connect('next')
    await settle()
    old.ask({ baudRate: 1200 })
    await settle()
    device.port.stall()
    old.send(bytes('first '))
    old.send(bytes('second '))
    connectPeer('id-1', 'link-1').end()
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    device.port.flow()
    await clock.advance(20)
    expect(text(device.port.received)).toBe('first second ')
    expect(device.port.settings.baudRate).toBe(9600)
  })

  it('opens no port anew', async () => {
    const { device, connectPeer } = share()
    for (let n = 0; n < 20; n += 1) {
      connectPeer('id-1', 'link-1')
      if (n % 3 === 0) await settle()
    }
    await settle()
    expect(device.tries).toHaveLength(1)
  })
})

describe('another use, another computer, or none that is known', () => {
  it.each([
    ['another use', 'id-1', 'link-2'],
    ['another computer', 'id-2', 'link-1'],
    ['a use that is not said', 'id-1', undefined]
  ])('%s: is a session of its own', (_what, peer, use) => {
    const { bridge, connectPeer } = share()
    const old = connectPeer('id-1', 'link-1')
    connectPeer(peer, use)
    expect(old.closeReason).toBeUndefined()
    expect(bridge.state.sessions).toHaveLength(2)
  })

  it('a use that nobody says is the same as none', () => {
    const { bridge, connectPeer } = share()
    connectPeer('id-1', undefined)
    connectPeer('id-1', undefined)
    expect(bridge.state.sessions).toHaveLength(2)
  })

  it('on a full share: refused, and the other sessions of that computer are asked for a sign of life', () => {
    const { connectPeer } = share({ maxClients: 2 })
    const mine = connectPeer('id-1', 'link-1', { address: '192.0.2.1' })
    const foreign = connectPeer('id-2', 'link-1', { address: '192.0.2.2' })
    const late = connectPeer('id-1', 'link-2', { address: '192.0.2.3' })
    expect(late.closeReason).toMatchObject({ code: 'refused' })
    expect([mine, foreign].map(({ probes }) => probes)).toEqual([1, 0])
    // Each once, also where both the address and the key say who it is.
    connectPeer('id-1', 'link-3', { address: '192.0.2.1' })
    expect([mine, foreign].map(({ probes }) => probes)).toEqual([2, 0])
  })
})

describe('sessions that end while they come', () => {
  it('leave nothing to anybody', async () => {
    const { bridge, device, connectPeer } = share({ hold: true })
    await settle()
    const old = connectPeer('id-1', 'link-1')
    old.ask({ baudRate: 1200 })
    await settle()
    const notice = bridge.onNotice(({ text: line }) => {
      if (line.startsWith('client 2 connected')) bridge.disconnect(2, { code: 'done', message: 'out' })
    })
    const brief = connectPeer('id-1', 'link-1')
    notice.dispose()
    expect(bridge.admit(new MemorySession('next'))).toBe(3)
    bridge.disconnect(3, { code: 'done', message: 'out' })
    await settle()
    expect(brief.closeReason).toMatchObject({ message: 'out' })
    expect(old.closeReason).toMatchObject({ code: 'taken-over' })
    expect(bridge.state.sessions).toEqual([])
    expect(device.port.settings.baudRate).toBe(9600)
    expect(connectPeer('id-1', 'link-1').closeReason).toBeUndefined()
  })
})

/** What a share is told while it runs: where its sessions come from, and the rules for them. */
import { describe, expect, it } from 'vitest'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, link, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

const OFF: CloseReason = { code: 'ended', message: 'switched off' }

describe('a share whose sources come and go', () => {
  it('has a new one, and those who are here notice nothing', async () => {
    const { bridge, door, device, connect } = share({ writers: 'all' })
    const old = connect('old')
    await settle()
    old.send(bytes('one '))
    const second = new MemorySource('memory:second')
    await bridge.arrange([second, door])
    expect(bridge.state.addresses).toEqual(['memory:second', 'memory:door'])
    const fresh = second.connect(new MemorySession('fresh'))
    fresh.send(bytes('two '))
    old.send(bytes('three'))
    await settle()
    device.port.send(bytes('said'))
    expect(text(device.port.received)).toBe('one two three')
    expect([text(old.received), text(fresh.received)]).toEqual(['said', 'said'])
    expect(device.ports).toHaveLength(1)
    expect(device.port.controls).toEqual([])
    expect(device.port.applies).toEqual([])
    expect(bridge.state.sessions).toMatchObject([{ label: 'old' }, { label: 'fresh' }])
  })

  it('ends with a source those who came by it and have no leave to stay, and what they said is still delivered', async () => {
    const { bridge, door, device, connect, clock, notices } = share({ writers: 'all' })
    const second = new MemorySource('memory:second')
    await bridge.arrange([door, second])
    const [kept, stays] = [connect('kept'), new MemorySession('stays', { clock, address: '192.0.2.1' })]
    const leaves = new MemorySession('leaves', { clock, address: '192.0.2.2' })
    second.connect(stays)
    second.connect(leaves)
    await settle()
    device.port.stall()
    leaves.send(bytes('last words'))
    await bridge.shut(second, OFF, ({ address }) => address === '192.0.2.1')
    expect(second.closed).toBe(true)
    expect(leaves.closeReason).toEqual(OFF)
    expect(second.connect(new MemorySession('late')).closeReason).toMatchObject({ code: 'refused' })
    expect(bridge.state.addresses).toEqual(['memory:door'])
    device.port.flow()
    await settle()
    expect(text(device.port.received)).toBe('last words')
    device.port.send(bytes('said'))
    expect([text(kept.received), text(stays.received)]).toEqual(['said', 'said'])
    expect(notices).toContain('client 3 left: leaves (switched off)')
    expect(bridge.state).toMatchObject({ lostToDevice: 0, lostFromDevice: 0 })
    // It came by an address that is there again: with that it goes.
    const again = new MemorySource('memory:second')
    await bridge.arrange([door, again])
    await bridge.shut(again, OFF)
    expect(stays.closeReason).toEqual(OFF)
    expect(kept.closeReason).toBeUndefined()
  })

  it('takes none that come when it is closed, and closes them', async () => {
    const { bridge, door, clock } = share()
    const closed = bridge.close(10)
    const late = new MemorySource('memory:late')
    await bridge.arrange([door, late])
    expect(late.closed).toBe(true)
    await clock.advance(10)
    await closed
  })

  it('is a matter of links as well', async () => {
    const { bridge, door, connect } = link()
    const program = connect()
    await bridge.arrange([door, new MemorySource('memory:second')])
    expect(bridge.state.addresses).toHaveLength(2)
    await bridge.shut(door, OFF)
    expect(program.closeReason).toEqual(OFF)
  })
})

describe('other rules of a share that runs', () => {
  it('let one write where all did: the one who is here longest', async () => {
    const { bridge, device, connect, notices } = share({ writers: 'all' })
    const [first, second] = [connect('first'), connect('second')]
    await settle()
    second.ask({ baudRate: 300 })
    await settle()
    bridge.amend({ writers: 'one' })
    second.send(bytes('lost'))
    first.send(bytes('written'))
    await settle()
    expect(text(device.port.received)).toBe('written')
    // What the other one had set is not in force any more.
    expect(device.port.settings.baudRate).toBe(9600)
    expect(bridge.state.sessions).toMatchObject([
      { writer: true, lostToDevice: 0 },
      { writer: false, observes: false, lostToDevice: 4 }
    ])
    expect(bridge.state.sessions[0]).toHaveProperty('holdsSince')
    expect(notices).toContain('first has control now')
    bridge.takeOver(2)
    expect(bridge.state.sessions).toMatchObject([{ writer: false }, { writer: true }])
    bridge.amend({ writers: 'all' })
    expect(bridge.state.sessions).toMatchObject([{ writer: true }, { writer: true }])
    expect(bridge.state.sessions.some((each) => 'holdsSince' in each)).toBe(false)
  })

  it('let nobody write: what waits is lost and counted', async () => {
    const { bridge, device, connect } = share({}, { highWater: 4, lowWater: 0 })
    const client = connect()
    await settle()
    device.port.stall()
    client.send(bytes('taken'))
    client.send(bytes('waits'))
    bridge.amend({ writers: 'none' })
    expect(bridge.state.sessions).toMatchObject([{ writer: false, observes: true }])
    device.port.flow()
    await settle()
    const { bytesToDevice, lostToDevice } = bridge.state
    expect(text(device.port.received)).toHaveLength(bytesToDevice)
    expect(bytesToDevice + lostToDevice).toBe(10)
    expect(lostToDevice).toBeGreaterThan(0)
  })

  it('are for newcomers where it is about room', async () => {
    const { bridge, connect } = share({ maxClients: 3 })
    const here = [connect(), connect(), connect()]
    bridge.amend({ maxClients: 2 })
    expect(here.map(({ closeReason }) => closeReason)).toEqual([undefined, undefined, undefined])
    const late = connect('late')
    await settle()
    expect(late.closeReason).toMatchObject({ code: 'refused' })
    bridge.amend({ maxClients: 1, newcomer: 'kick-old' })
    connect('newest')
    await settle()
    expect(bridge.state.sessions).toMatchObject([{ label: 'newest' }])
  })

  it('open the device, and close it', async () => {
    const { bridge, device, connect, clock } = share()
    bridge.amend({ hold: true })
    await settle()
    expect(bridge.state.state.type).toBe('open')
    bridge.amend({ keepOpenMs: 1000 })
    await settle()
    expect(bridge.state.state.type).toBe('idle')
    connect().end()
    await settle()
    expect(bridge.state.state.type).toBe('open')
    await clock.advance(500)
    bridge.amend({ keepOpenMs: 2000 })
    await clock.advance(1999)
    expect(bridge.state.state.type).toBe('open')
    bridge.amend({})
    await settle()
    expect(bridge.state.state.type).toBe('idle')
    expect(device.ports).toHaveLength(2)
  })

  it('close whoever is inactive, counted from then on', async () => {
    const { bridge, connect, clock } = share()
    const client = connect()
    await clock.advance(10_000)
    bridge.amend({ inactivityMs: 1000 })
    await clock.advance(900)
    expect(client.closeReason).toBeUndefined()
    await clock.advance(300)
    expect(client.closeReason).toMatchObject({ code: 'inactive' })
    const other = connect()
    bridge.amend({})
    await clock.advance(10_000)
    expect(other.closeReason).toBeUndefined()
  })
})

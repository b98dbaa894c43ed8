/** Whoever only watches because he wants no more: nobody's heir, until he asks. */
import { describe, expect, it } from 'vitest'
import type { Junction } from '../../src-main/bridge/junction.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, link, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

const watch = { terms: { watch: true } } as const

const writers = (bridge: Junction): number[] =>
  bridge.state.sessions.filter(({ writer }) => writer).map(({ id }) => id)

const stateOf = (bridge: Junction, id: number) => bridge.state.sessions.find((each) => each.id === id)

describe('who comes to watch', () => {
  it('has no control of a free port, sets nothing, and what he sends is counted', async () => {
    const { bridge, connectPeer, device, notices } = share()
    const watcher = connectPeer('one', 'u', watch)
    await settle()
    expect(bridge.state.sessions).toMatchObject([{ writer: false, observes: false, watches: true }])
    expect(bridge.state.sessions[0]).not.toHaveProperty('holdsSince')
    device.port.send(bytes('hello'))
    watcher.send(bytes('no'))
    const asked = watcher.ask({ baudRate: 57_600 })
    await settle()
    expect(asked.answers).toMatchObject([{ baudRate: 9600 }])
    expect(text(watcher.received)).toBe('hello')
    expect(device.port.received).toHaveLength(0)
    expect(device.port.settings.baudRate).toBe(9600)
    expect(bridge.state.sessions).toMatchObject([{ lostToDevice: 2 }])
    expect(notices.join()).not.toContain('took control')
  })

  it('is not next when the holder leaves, and leaves control to whoever comes', async () => {
    const { bridge, connectPeer, connect } = share()
    const holder = connect('holder')
    connectPeer('one', 'u', watch)
    holder.end()
    await settle()
    expect(writers(bridge)).toEqual([])
    connect('third')
    expect(writers(bridge)).toEqual([3])
  })

  it('does not take over, though newcomers do here', () => {
    const { bridge, connectPeer, connect } = share({ newcomer: 'take-over' })
    connect('holder')
    connectPeer('one', 'u', { terms: { watch: true, takeOver: true } })
    expect(writers(bridge)).toEqual([1])
  })

  it('writes as soon as he asks where nobody has control', async () => {
    const { bridge, connectPeer, device, notices } = share()
    const watcher = connectPeer('one', 'u', watch)
    await settle()
    bridge.ask(1)
    expect(stateOf(bridge, 1)).toMatchObject({ writer: true, observes: false })
    expect(stateOf(bridge, 1)).not.toHaveProperty('watches')
    expect(notices).toContain('one was given control')
    watcher.send(bytes('yes'))
    await settle()
    expect(text(device.port.received)).toBe('yes')
  })

  it('asks the holder, watches again where that declines, and has it where that grants', () => {
    const { bridge, connectPeer, connect } = share()
    connect('holder')
    connectPeer('one', 'u', watch)
    bridge.ask(2)
    expect(stateOf(bridge, 2)).toHaveProperty('asksSince')
    bridge.decline(2)
    expect(stateOf(bridge, 2)).toMatchObject({ watches: true, writer: false })
    bridge.ask(2)
    bridge.grant(2)
    expect(writers(bridge)).toEqual([2])
    bridge.takeOver(1)
    expect(stateOf(bridge, 2)).not.toHaveProperty('watches')
  })

  it('asked, and has it when the holder leaves', async () => {
    const { bridge, connectPeer, connect } = share()
    const holder = connect('holder')
    connectPeer('one', 'u', watch)
    bridge.ask(2)
    holder.end()
    await settle()
    expect(writers(bridge)).toEqual([2])
  })

  it('writes with all others as soon as he asks, where all may', () => {
    const { bridge, connectPeer, connect } = share({ writers: 'all' })
    connect('one of them')
    connectPeer('one', 'u', watch)
    expect(writers(bridge)).toEqual([1])
    bridge.ask(2)
    expect(writers(bridge)).toEqual([1, 2])
  })

  it('may not even ask where his permission is taken, and watches by choice again where it returns', () => {
    const { bridge, connectPeer } = share()
    connectPeer('one', 'u', watch)
    bridge.restrict(1, true)
    expect(stateOf(bridge, 1)).toMatchObject({ observes: true })
    expect(() => bridge.ask(1)).toThrow('may only watch')
    bridge.restrict(1, false)
    expect(stateOf(bridge, 1)).toMatchObject({ observes: false, watches: true, writer: false })
  })
})

describe('who comes again before his old connection is found dead', () => {
  it('to watch, watches', async () => {
    const { bridge, connectPeer } = share()
    connectPeer('one', 'u', watch)
    connectPeer('one', 'u', watch)
    await settle()
    expect(bridge.state.sessions).toMatchObject([{ id: 2, watches: true, writer: false }])
  })

  it('and was given control meanwhile, has it still', async () => {
    const { bridge, connectPeer } = share()
    connectPeer('one', 'u', watch)
    bridge.ask(1)
    connectPeer('one', 'u', watch)
    await settle()
    expect(bridge.state.sessions).toMatchObject([{ id: 2, writer: true }])
  })

  it('with another wish than before, is heard: to watch from now on, or to watch no longer', async () => {
    const { bridge, connectPeer } = share()
    connectPeer('one', 'u')
    expect(writers(bridge)).toEqual([1])
    connectPeer('one', 'u', watch)
    await settle()
    expect(bridge.state.sessions).toMatchObject([{ id: 2, watches: true, writer: false }])
    connectPeer('one', 'u')
    await settle()
    expect(writers(bridge)).toEqual([3])
  })
})

describe('settings that go with a listener', () => {
  it('keep no watcher out, until he has had control', async () => {
    const terms = [{ settings: { baudRate: 57_600 } }]
    const { bridge, connectPeer, connectAt } = share({}, {}, terms)
    connectPeer('one', 'u', watch)
    const other = connectAt(0, 'other')
    await settle()
    expect(bridge.state.sessions).toHaveLength(2)
    other.end()
    bridge.ask(1)
    connectAt(0, 'again')
    await settle()
    // It found the line as that listener has it.
    expect(bridge.state.sessions).toHaveLength(2)
  })
})

describe('a link that is kept to watching here', () => {
  it('writes nothing, sets nothing, and not even the owner does', async () => {
    const { bridge, connect, device } = link({ observe: true, hold: true })
    await settle()
    const program = connect('program')
    program.send(bytes('no'))
    const before = device.port.settings
    program.ask({ baudRate: 57_600 })
    program.askControl({ dtr: false })
    program.askBreak(100)
    program.askPurge('both')
    await settle()
    expect([...device.port.applies, ...device.port.controls]).toEqual([])
    expect([...device.port.breaks, ...device.port.purges]).toEqual([])
    expect(device.port.received).toHaveLength(0)
    expect(bridge.state).toMatchObject({ onlyWatches: true, lostToDevice: 2 })
    await expect(bridge.applyForOwner({ baudRate: 1200 })).rejects.toThrow('only watches')
    await expect(bridge.controlForOwner({ dtr: false })).rejects.toThrow('only watches')
    await expect(bridge.sendBreakForOwner(100)).rejects.toThrow('only watches')
    expect(device.port.settings).toEqual(before)
  })
})

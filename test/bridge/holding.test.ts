/** Control, as people pass it from one session to another: asked for, granted, taken, declined, forbidden. */
import { describe, expect, it } from 'vitest'
import type { Junction } from '../../src-main/bridge/junction.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, link, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

const writers = (bridge: Junction): number[] =>
  bridge.state.sessions.filter(({ writer }) => writer).map(({ id }) => id)

/** The code and the message of the Fault that it throws. */
function faultOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof Fault) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('the state of a session', () => {
  it('says who holds it since when, who asked, and who only watches', async () => {
    const before = Date.now()
    const { bridge, connectPeer, connectAt } = share({}, {}, [{ observe: true }])
    connectPeer('id-1', 'link', { label: 'bench-pc' })
    connectPeer('id-2', 'link', { label: 'workshop-pc' })
    connectAt(0, 'watcher')
    await settle()
    bridge.ask(2)
    const [bench, workshop, watcher] = bridge.state.sessions
    expect(bench).toMatchObject({ peer: 'id-1', writer: true, observes: false })
    expect(bench).not.toHaveProperty('asksSince')
    expect(bench?.holdsSince).toBeGreaterThanOrEqual(before)
    expect(workshop).toMatchObject({ peer: 'id-2', writer: false, observes: false })
    expect(workshop).not.toHaveProperty('holdsSince')
    expect(workshop?.asksSince).toBeGreaterThanOrEqual(before)
    expect(watcher).toMatchObject({ writer: false, observes: true })
    for (const absent of ['peer', 'holdsSince', 'asksSince', 'use', 'address'])
      expect(watcher).not.toHaveProperty(absent)
  })

  it('names no holder where all write, and nobody is given control where nobody writes', () => {
    const all = share({ writers: 'all' })
    all.connect()
    expect(all.bridge.state.sessions).toMatchObject([{ writer: true, observes: false }])
    expect(all.bridge.state.sessions[0]).not.toHaveProperty('holdsSince')
    const none = share({ writers: 'none' })
    none.connect()
    expect(none.bridge.state.sessions).toMatchObject([{ writer: false, observes: true }])
  })
})

describe('whoever asks', () => {
  it('is announced once, and asks for nothing that it holds', () => {
    const { bridge, connect, notices } = share()
    connect('bench-pc')
    connect('workshop-pc')
    bridge.ask(1)
    bridge.ask(2)
    bridge.ask(2)
    expect(notices.filter((line) => line.includes('control'))).toEqual(['workshop-pc asks for control'])
    expect(bridge.state.sessions[0]).not.toHaveProperty('asksSince')
  })

  it('is next, the first of them first, before those who only are here longer', async () => {
    const { bridge, device, connect, notices } = share()
    const [holder, patient, third, second] = [connect('a'), connect('b'), connect('c'), connect('d')]
    await settle()
    bridge.ask(4)
    bridge.ask(3)
    holder.end()
    second.send(bytes('d'))
    expect(writers(bridge)).toEqual([4])
    expect(bridge.state.sessions.find(({ id }) => id === 4)).not.toHaveProperty('asksSince')
    second.end()
    third.send(bytes('c'))
    expect(writers(bridge)).toEqual([3])
    third.end()
    patient.send(bytes('b'))
    expect(writers(bridge)).toEqual([2])
    await settle()
    expect(text(device.port.received)).toBe('dcb')
    expect(notices.filter((line) => line.endsWith('has control now'))).toEqual([
      'd has control now',
      'c has control now',
      'b has control now'
    ])
  })

  it('and is turned down waits like the others', () => {
    const { bridge, connect, notices } = share()
    const holder = connect('a')
    connect('b')
    connect('c')
    bridge.ask(3)
    bridge.decline(3)
    bridge.decline(3)
    expect(bridge.state.sessions[2]).not.toHaveProperty('asksSince')
    holder.end()
    expect(writers(bridge)).toEqual([2])
    expect(notices.filter((line) => line === 'c was not given control')).toHaveLength(1)
  })

  it('tells its state each time that it changes', async () => {
    const { bridge, connect } = share()
    connect()
    connect()
    await settle()
    let changes = 0
    bridge.onState(() => (changes += 1))
    for (const step of [
      () => bridge.ask(2),
      () => bridge.decline(2),
      () => bridge.grant(2),
      () => bridge.takeOver(1),
      () => bridge.restrict(1, true)
    ]) {
      step()
      await Promise.resolve()
    }
    expect(changes).toBe(5)
  })
})

describe('control that is given or taken', () => {
  it.each([
    ['grant', 'workshop-pc was given control; bench-pc watches from now on'],
    ['takeOver', 'workshop-pc took control; bench-pc watches from now on']
  ] as const)('%s: is the other’s at once, announced, and back when that one leaves', async (how, line) => {
    const { bridge, device, connect, notices } = share()
    const [bench, workshop] = [connect('bench-pc'), connect('workshop-pc')]
    await settle()
    bridge.ask(2)
    device.port.send(bytes('.'))
    bench.send(bytes('1'))
    bridge[how](2)
    bridge[how](2)
    bench.send(bytes('lost'))
    workshop.send(bytes('2'))
    expect(text(device.port.received)).toBe('12')
    expect(notices.filter((each) => each.includes('watches from now on'))).toEqual([line])
    expect(bridge.state.sessions).toMatchObject([{ lostToDevice: 4 }, { lostToDevice: 0 }])
    expect(bridge.state.sessions[1]).not.toHaveProperty('asksSince')
    workshop.end()
    await settle()
    bench.send(bytes('3'))
    expect(text(device.port.received)).toBe('123')
  })

  it('counts what the one before had waiting, and delivers in order what the port had taken', async () => {
    const { bridge, device, connect, notices } = share({}, { highWater: 8, lowWater: 2 })
    const [bench, workshop] = [connect('bench-pc'), connect('workshop-pc')]
    await settle()
    device.port.stall()
    for (let n = 0; n < 10; n += 1) bench.send(bytes(`line ${n};`))
    bridge.takeOver(2)
    workshop.send(bytes('mine'))
    device.port.flow()
    await settle()
    expect(text(device.port.received)).toBe('line 0;line 1;mine')
    expect(bridge.state).toMatchObject({ bytesToDevice: 18, lostToDevice: 56 })
    expect(notices).toContain('lost 56 bytes of client 1 to the device: another one took over')
  })

  it('brings the configured settings back before the other’s first byte, at the speed of each what it sent', async () => {
    const { bridge, clock, device, connect } = share()
    const [bench, workshop] = [connect('bench-pc'), connect('workshop-pc')]
    await settle()
    bench.ask({ baudRate: 1200, parity: 'even' })
    await settle()
    device.port.stall()
    bench.send(bytes('slow '))
    bridge.grant(2)
    workshop.send(bytes('fast'))
    await clock.advance(50)
    expect(device.port.settings).toMatchObject({ baudRate: 1200 })
    device.port.flow()
    await clock.advance(10)
    expect(device.port.settings).toMatchObject({ baudRate: 9600, parity: 'none' })
    expect(device.port.applies).toHaveLength(2)
    expect(text(device.port.received)).toBe('slow fast')
  })

  it('keeps the settings where the owner wants that, and ends a break all the same', async () => {
    const { bridge, device, connect } = share({ keepSettings: true })
    const bench = connect('bench-pc')
    connect('workshop-pc')
    await settle()
    bench.ask({ baudRate: 1200 })
    bench.askControl({ break: true })
    await settle()
    bridge.grant(2)
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    expect(device.port.lines.break).toBe(false)
  })

  it('is taken by whoever comes for it, unless that one may only watch', () => {
    const { bridge, connect, connectPeer, notices } = share()
    connect('bench-pc')
    connectPeer('id-1', undefined, { label: 'watcher', terms: { observe: true, takeOver: true } })
    expect(writers(bridge)).toEqual([1])
    connectPeer('id-1', undefined, { label: 'workshop-pc', terms: { takeOver: true } })
    expect(writers(bridge)).toEqual([3])
    expect(notices.at(-1)).toBe('workshop-pc took control; bench-pc watches from now on')
  })

  it('is announced also where newcomers take it', () => {
    const { connect, notices } = share({ newcomer: 'take-over' })
    connect('first')
    connect('second')
    expect(notices.slice(-2)).toEqual([
      'client 2 connected: second',
      'second took control; first watches from now on'
    ])
  })
})

describe('a permission that changes', () => {
  it('to watching: control is the next one’s, what waited is counted, the line returns', async () => {
    const { bridge, clock, device, connect, notices } = share({}, { highWater: 4, lowWater: 1 })
    const [bench, workshop] = [connect('bench-pc'), connect('workshop-pc')]
    await settle()
    bench.ask({ baudRate: 1200 })
    await settle()
    device.port.stall()
    bench.send(bytes('passed'))
    bench.send(bytes('waiting'))
    bridge.restrict(1, true)
    bridge.restrict(1, true)
    workshop.send(bytes('2'))
    device.port.flow()
    await clock.advance(10)
    expect(text(device.port.received)).toBe('passed2')
    expect(device.port.settings.baudRate).toBe(9600)
    expect(bridge.state.sessions).toMatchObject([
      { writer: false, observes: true, lostToDevice: 7 },
      { writer: true, observes: false }
    ])
    expect(notices.slice(-3)).toEqual([
      'lost 7 bytes of client 1 to the device: it may only watch from now on',
      'bench-pc may only watch from now on',
      'workshop-pc has control now'
    ])
  })

  it('to writing: in its turn, and at once where nobody holds it, at the configured settings', async () => {
    const { bridge, device, connect, notices } = share()
    const only = connect('bench-pc')
    await settle()
    only.ask({ baudRate: 1200 })
    await settle()
    bridge.restrict(1, true)
    await settle()
    expect(writers(bridge)).toEqual([])
    expect(device.port.settings.baudRate).toBe(9600)
    only.send(bytes('no'))
    bridge.restrict(1, false)
    bridge.restrict(1, false)
    only.send(bytes('yes'))
    expect(text(device.port.received)).toBe('yes')
    expect(bridge.state.sessions[0]?.holdsSince).toBeDefined()
    expect(notices.filter((line) => line === 'bench-pc may write again in its turn')).toHaveLength(1)
    connect('workshop-pc')
    bridge.restrict(1, true)
    bridge.restrict(1, false)
    expect(writers(bridge)).toEqual([2])
  })

  it('ends a wish', () => {
    const { bridge, connect } = share()
    const holder = connect()
    connect()
    connect()
    bridge.ask(3)
    bridge.restrict(3, true)
    bridge.restrict(3, false)
    holder.end()
    expect(writers(bridge)).toEqual([2])
  })

  it('holds where all write: its settings stay with those who still do', async () => {
    const { bridge, device, connect } = share({ writers: 'all' })
    const [first, second] = [connect('first'), connect('second')]
    await settle()
    first.ask({ baudRate: 1200 })
    await settle()
    bridge.restrict(1, true)
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
    first.send(bytes('no'))
    second.send(bytes('yes'))
    expect(text(device.port.received)).toBe('yes')
    bridge.restrict(2, true)
    await settle()
    expect(device.port.settings.baudRate).toBe(9600)
  })

  it('makes it a watcher also for those who come in with other settings, and a user of what it finds', async () => {
    const terms = [{ settings: { baudRate: 1200 } }, { settings: { baudRate: 2400 } }]
    const { bridge, device, connect, connectAt } = share({}, {}, terms)
    connect('bench-pc')
    await settle()
    bridge.restrict(1, true)
    const slow = connectAt(0, 'slow')
    await settle()
    expect(slow.closeReason).toBeUndefined()
    expect(device.port.settings.baudRate).toBe(1200)
    bridge.restrict(1, false)
    expect(connectAt(1, 'fast').closeReason).toMatchObject({ code: 'refused' })
    expect(connectAt(0, 'slow too').closeReason).toBeUndefined()
    slow.end()
    bridge.grant(1)
    await settle()
    expect(device.port.settings.baudRate).toBe(1200)
  })
})

describe('whoever only listens', () => {
  it('because it has said that it sends no more, is given nothing', async () => {
    const { bridge, connect } = share()
    const first = connect('first')
    connect('second')
    await settle()
    first.endInput()
    await settle()
    expect(bridge.state.sessions).toMatchObject([
      { writer: false, observes: true },
      { writer: true, observes: false }
    ])
    expect(faultOf(() => bridge.grant(1))).toBe(
      'usage: Client 1 (first) has said that it sends no more, and only listens: it cannot be given control.'
    )
    bridge.restrict(1, false)
    expect(bridge.state.sessions[0]?.observes).toBe(true)
  })
})

describe('what cannot be', () => {
  const steps = ['ask', 'grant', 'takeOver', 'decline'] as const

  it.each(steps)('%s: a number that nobody has, had, or that only watches', (step) => {
    const { bridge, connect, connectAt } = share({}, {}, [{ observe: true }])
    connect('first')
    connectAt(0, 'watcher')
    connect('gone').cut()
    for (const nobody of [0, 4, -1, 1.5, NaN])
      expect(faultOf(() => bridge[step](nobody))).toBe(
        `usage: There is no client ${nobody} here. \`farport list\` shows who is.`
      )
    expect(faultOf(() => bridge[step](3))).toBe('usage: Client 3 has left already.')
    expect(faultOf(() => bridge[step](2))).toBe(
      'usage: Client 2 (watcher) may only watch. Permit it to control this port first.'
    )
  })

  it.each(steps)('%s: where not one alone writes', (step) => {
    const all = share({ writers: 'all' })
    const none = share({ writers: 'none' })
    const own = link()
    for (const { connect } of [all, none, own]) connect()
    const rest = 'may write here: there is no control to ask for or to give.'
    expect(faultOf(() => all.bridge[step](1))).toBe(`usage: Everybody ${rest}`)
    expect(faultOf(() => none.bridge[step](1))).toBe(`usage: Nobody ${rest}`)
    expect(faultOf(() => own.bridge[step](1))).toBe(`usage: Everybody ${rest}`)
  })

  it('restrict and disconnect: a number that nobody has or had', () => {
    const { bridge, connect } = share({ writers: 'all' })
    connect().cut()
    for (const step of [() => bridge.restrict(1, true), () => bridge.disconnect(1, OUT)])
      expect(faultOf(step)).toBe('usage: Client 1 has left already.')
    for (const step of [() => bridge.restrict(2, true), () => bridge.disconnect(2, OUT)])
      expect(faultOf(step)).toMatch(/^usage: There is no client 2 here/)
  })
})

const OUT = { code: 'unpaired', message: 'it is not paired any more' } as const

describe('disconnecting', () => {
  it('closes one: what it still has to read is delivered, the next one has control', async () => {
    const { bridge, device, connect } = share()
    const [first, second] = [connect('first'), connect('second')]
    await settle()
    first.stall()
    device.port.send(bytes('unread'))
    expect(bridge.disconnect(1, OUT)).toBe(1)
    expect(bridge.state.sessions).toMatchObject([{ id: 2, writer: true }])
    first.flow()
    expect(text(first.received)).toBe('unread')
    expect(first.closeReason).toEqual(OUT)
    expect(second.closeReason).toBeUndefined()
    expect(bridge.state.lostFromDevice).toBe(0)
  })

  it('closes all, also those who read nothing, within a second, and counts', async () => {
    const { bridge, clock, device, connect } = share()
    const all = [connect(), connect(), connect()]
    await settle()
    all[2]?.stall()
    device.port.send(bytes('unread'))
    expect(bridge.disconnect(undefined, OUT)).toBe(3)
    expect(bridge.disconnect(undefined, OUT)).toBe(0)
    await clock.advance(1000)
    expect(all.map(({ closeReason }) => closeReason)).toEqual([OUT, OUT, OUT])
    expect(bridge.state).toMatchObject({ sessions: [], lostFromDevice: 6, bytesFromDevice: 12 })
    expect(connect().closeReason).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { never } from '../../src-main/base/event.ts'
import {
  ALL_CAPABILITIES,
  DEFAULT_SETTINGS,
  NO_CAPABILITIES,
  NO_LINE_ERRORS,
  UNKNOWN_MODEM_STATE
} from '../../src-main/contract/line.ts'
import { MemoryPort } from '../../src-main/ports/memory.ts'
import { settle } from '../fake-clock.ts'
import { bench, bytes, text } from './setup.ts'

describe('two clients on one port', () => {
  it('hear the device both, and the first alone speaks to it', async () => {
    const { hub, plug, session, traffic, end } = bench()
    const port = await plug()
    const [first, second] = [session(), session()]
    port.send(bytes('hello'))
    first.send(bytes('AT'))
    second.send(bytes('rm -rf'))
    expect(text(first.received)).toBe('hello')
    expect(text(second.received)).toBe('hello')
    expect(text(port.received)).toBe('AT')
    expect(traffic).toEqual(['<0 hello', '>1 AT'])
    expect(hub.sessions).toMatchObject([
      { id: 1, writer: true, bytesToDevice: 2, lostToDevice: 0, bytesFromDevice: 5 },
      { id: 2, writer: false, bytesToDevice: 0, lostToDevice: 6, bytesFromDevice: 5 }
    ])
    expect(hub.total).toEqual({ bytesToDevice: 2, bytesFromDevice: 10, lostToDevice: 6, lostFromDevice: 0 })
    await end()
  })

  it('hear every chunk in order, also when one makes room for the next while it is handed round', async () => {
    const { plug, session, end } = bench()
    const port = await plug()
    const [slow, helper, last] = [session(), session(), session()]
    slow.stall()
    port.send(new Uint8Array(256 * 1024))
    let helped = false
    helper.onReceived(() => {
      if (helped) return
      helped = true
      expect(port.paused).toBe(true)
      port.send(bytes('second'))
      slow.flow()
    })
    port.send(bytes('first '))
    expect(text(last.received.subarray(256 * 1024))).toBe('first second')
    await end()
  })

  it('are not given what comes while they leave', async () => {
    const { hub, plug, session, end } = bench()
    const port = await plug()
    const [first, second] = [session(), session()]
    first.onReceived(() => second.cut())
    port.send(bytes('abc'))
    expect(hub.total).toMatchObject({ bytesFromDevice: 3, lostFromDevice: 0 })
    await end()
  })

  it('hand over the right to write once all that they sent is with the device, and still hear the answer', async () => {
    const { hub, plug, session, end } = bench()
    const port = await plug()
    const [asker, next] = [session(), session()]
    port.stall()
    asker.send(new Uint8Array(300 * 1024))
    asker.send(bytes('and more '))
    asker.endInput()
    next.send(bytes('too early'))
    expect(hub.sessions.map(({ writer }) => writer)).toEqual([true, false])
    port.flow()
    await settle()
    expect(hub.sessions.map(({ writer }) => writer)).toEqual([false, true])
    next.send(bytes('AT2'))
    port.send(bytes('OK'))
    expect(text(port.received.subarray(300 * 1024))).toBe('and more AT2')
    expect(text(asker.received)).toBe('OK')
    await end()
  })

  it("shows the observer's loss at once, and what follows once a second", async () => {
    const { clock, events, plug, session, end } = bench()
    await plug()
    session()
    const observer = session()
    const losses = (): number[] => events.flatMap((event) => (event.type === 'lost' ? [event.bytes] : []))
    observer.send(bytes('abc'))
    expect(losses()).toEqual([3])
    observer.send(bytes('de'))
    observer.send(bytes('f'))
    expect(losses()).toEqual([3])
    await clock.advance(1000)
    expect(losses()).toEqual([3, 3])
    await end()
  })

  it('hand the right to write on to the one that is here longest', async () => {
    const { hub, plug, session, end } = bench()
    const port = await plug()
    const [first, second, third] = [session(), session(), session()]
    first.end()
    await settle()
    third.send(bytes('3'))
    second.send(bytes('2'))
    expect(text(port.received)).toBe('2')
    expect(hub.sessions.map(({ id, writer }) => [id, writer])).toEqual([
      [2, true],
      [3, false]
    ])
    await end()
  })

  it('write both where the owner says so, one piece of each in turn', async () => {
    const { plug, session, end } = bench({ writers: 'all' })
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const [first, second] = [session(), session()]
    first.send(bytes('x'))
    for (const piece of ['a', 'b', 'c']) first.send(bytes(piece))
    for (const piece of ['1', '2', '3']) second.send(bytes(piece))
    for (let i = 0; i < 10; i += 1) port.take(1)
    expect(text(port.received)).toMatch(/^x(a1b2c3|1a2b3c)$/)
    await end()
  })

  it.each([
    ['all', 4],
    ['one', 64]
  ] as const)(
    'writers %s: the port holds %i KiB at most of what it does not pass on',
    async (writers, kib) => {
      const { plug, session, end } = bench({ writers })
      const port = await plug({ highWater: 0, lowWater: 0 })
      port.stall()
      const [first, second] = [session(), session()]
      first.send(new Uint8Array(64 * 1024).fill(1))
      second.send(bytes('2'))
      expect(port.queued).toBe(kib * 1024)
      port.flow()
      await settle()
      // One alone writes, and whole; where all do, the second one's turn is behind the first piece.
      expect(port.received.indexOf(0x32)).toBe(writers === 'all' ? 4096 : -1)
      expect(port.received.length).toBe(64 * 1024 + (writers === 'all' ? 1 : 0))
      await end()
    }
  )
})

describe('settings', () => {
  it('are answered with what the device took, and told to the others only', async () => {
    const { events, plug, session, end } = bench()
    const port = await plug({
      take: ({ baudRate, ...rest }) => ({ ...rest, ...(baudRate && { baudRate: 230_400 }) })
    })
    const [writer, other] = [session(), session()]
    const before = writer.notices.length
    const asked = writer.ask({ baudRate: 250_000 })
    await settle()
    expect(asked.answers).toEqual([{ ...DEFAULT_SETTINGS, baudRate: 230_400 }])
    expect(port.applies).toEqual([{ baudRate: 250_000 }])
    expect(other.notices.at(-1)).toEqual({ settings: { ...DEFAULT_SETTINGS, baudRate: 230_400 } })
    expect(writer.notices.length).toBe(before)
    expect(events.filter(({ type }) => type === 'settings')).toMatchObject([{ session: 1 }])
    await end()
  })

  it('of one who may not write stay as they are, and it gets the current ones', async () => {
    const { plug, session, end } = bench()
    const port = await plug()
    session()
    const observer = session()
    expect(observer.ask({ baudRate: 300 }).answers).toEqual([DEFAULT_SETTINGS])
    expect(observer.askControl({ dtr: false }).answers).toEqual([{ dtr: true, rts: true, break: false }])
    observer.askBreak(250)
    observer.askPurge('both')
    expect([port.applies, port.controls, port.breaks, port.purges]).toEqual([[], [], [], []])
    await end()
  })

  it('wait for the data before them, and the data behind waits for them', async () => {
    const { clock, plug, session, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    writer.send(bytes('slow '))
    const asked = writer.ask({ baudRate: 115_201 })
    writer.send(bytes('fast'))
    await clock.advance(500)
    expect(port.applies).toEqual([])
    port.holdApplies()
    port.flow()
    await clock.advance(5)
    expect(port.applies).toEqual([{ baudRate: 115_201 }])
    expect(text(port.received)).toBe('slow ')
    expect(asked.answers).toEqual([])
    port.answerApplies()
    await settle()
    expect(asked.answers).toHaveLength(1)
    expect(text(port.received)).toBe('slow fast')
    await end()
  })

  it('wait for the data before them no longer than a second', async () => {
    const { clock, plug, session, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    writer.send(bytes('a'))
    writer.send(bytes('b'))
    const asked = writer.ask({ baudRate: 9600 })
    writer.send(bytes('c'))
    await clock.advance(999)
    expect(port.applies).toEqual([])
    await clock.advance(1)
    expect(asked.answers).toMatchObject([{ baudRate: 9600 }])
    port.flow()
    await settle()
    expect(text(port.received)).toBe('abc')
    await end()
  })

  it('are asked for one at a time', async () => {
    const { plug, session, end } = bench({ writers: 'all' })
    const port = await plug()
    port.holdApplies()
    const [first, second] = [session(), session()]
    const asked = [first.ask({ baudRate: 300 }), second.ask({ baudRate: 600 })]
    await settle()
    expect(port.applies).toEqual([{ baudRate: 300 }])
    port.answerApplies()
    await settle()
    expect(port.applies).toEqual([{ baudRate: 300 }, { baudRate: 600 }])
    expect(asked.map(({ answers }) => answers[0]?.baudRate)).toEqual([300, 600])
    await end()
  })

  it('that are fixed are laid over every wish', async () => {
    const { hub, plug, session, end } = bench({ fixed: { dataBits: 7, parity: 'even' } })
    expect(hub.opening).toEqual({ dataBits: 7, parity: 'even' })
    const port = await plug({ settings: hub.opening })
    const asked = session().ask({ baudRate: 9600, dataBits: 8, parity: 'none' })
    await settle()
    expect(port.applies).toEqual([{ baudRate: 9600, dataBits: 7, parity: 'even' }])
    expect(asked.answers).toMatchObject([{ baudRate: 9600, dataBits: 7, parity: 'even' }])
    await end()
  })

  it('are answered, now and later, where a recorder throws', async () => {
    const { hub, plug, session, end } = bench()
    await plug()
    const faults: string[] = []
    hub.onFault(({ code }) => faults.push(code))
    const broken = hub.tap({
      bytes: () => undefined,
      event: (_timeMs, { type }) => {
        if (type === 'settings' || type === 'lines') throw new Error('no room on the disk')
      }
    })
    const writer = session()
    const rates = [300, 600].map((baudRate) => writer.ask({ baudRate }))
    const rts = writer.askControl({ rts: false })
    await settle()
    expect(rates.map(({ answers }) => answers.map(({ baudRate }) => baudRate))).toEqual([[300], [600]])
    expect(rts.answers).toMatchObject([{ rts: false }])
    expect(faults).toEqual(['bug', 'bug', 'bug'])
    broken.dispose()
    await end()
  })

  it('return to the configured ones when the writer changed, after its data', async () => {
    const { clock, plug, session, end } = bench({ configured: { baudRate: 9600 } })
    const port = await plug({ settings: { baudRate: 9600 } })
    const [first, second] = [session(), session()]
    first.ask({ baudRate: 115_200 })
    await settle()
    port.stall()
    first.send(bytes('last words, '))
    first.end()
    second.send(bytes('first words'))
    await clock.advance(100)
    expect(port.settings.baudRate).toBe(115_200)
    expect(port.queued).toBe('last words, '.length)
    port.flow()
    await clock.advance(10)
    expect(port.applies).toEqual([{ baudRate: 115_200 }, { baudRate: 9600 }])
    expect(text(port.received)).toBe('last words, first words')
    await end()
  })

  it.each([
    ['where the owner keeps them', { configured: { baudRate: 9600 }, keepSettings: true }, true],
    ['where the writer changed none', { configured: { baudRate: 9600 } }, false]
  ])('do not return %s', async (_name, options, changes) => {
    const { plug, session, end } = bench(options)
    const port = await plug()
    const first = session()
    session()
    if (changes) first.ask({ parity: 'odd' })
    await settle()
    first.end()
    await settle()
    expect(port.applies).toEqual(changes ? [{ parity: 'odd' }] : [])
    await end()
  })

  it('return only when the system has sent what it took: another speed would garble that', async () => {
    const { clock, plug, session, end } = bench({ configured: { baudRate: 9600 } })
    const port = await plug({ settings: { baudRate: 9600 } })
    const [writer] = [session(), session()]
    writer.ask({ baudRate: 300 })
    await settle()
    writer.send(bytes('slow'))
    const held = Object.assign(port, { unsent: 400 })
    writer.end()
    for (let second = 0; second < 13; second += 1) {
      await clock.advance(1000)
      held.unsent -= 30
    }
    expect(port.settings.baudRate).toBe(300)
    held.unsent = 0
    await clock.advance(10)
    expect(port.settings.baudRate).toBe(9600)
    await end()
  })

  it('are left alone where nobody follows: the port closes anyway', async () => {
    const { plug, session, end } = bench({ configured: { baudRate: 9600 } })
    const port = await plug()
    const only = session()
    only.ask({ baudRate: 300 })
    await settle()
    only.end()
    await settle()
    expect(port.applies).toEqual([{ baudRate: 300 }])
    await end()
  })

  it.each([
    ['return for one who comes before the port is closed, ahead of its data', {}, [{ baudRate: 9600 }]],
    ['stay for that one too where the owner keeps them', { keepSettings: true }, []],
    ['return for that one where everybody may write', { writers: 'all' }, [{ baudRate: 9600 }]]
  ] as const)('%s', async (_name, options, restored) => {
    const { plug, session, end } = bench({ configured: { baudRate: 9600 }, ...options })
    const port = await plug({ settings: { baudRate: 9600 } })
    const first = session()
    first.ask({ baudRate: 300 })
    await settle()
    first.end()
    const next = session()
    next.send(bytes('hello'))
    expect(text(port.received)).toBe('')
    await settle()
    expect(port.applies).toEqual([{ baudRate: 300 }, ...restored])
    expect(text(port.received)).toBe('hello')
    await end()
  })

  it('are not guessed while the port is being opened: a query waits for it, a second at the most', async () => {
    const { clock, plug, session, end } = bench()
    const client = session()
    const [settings, lines] = [client.ask({}), client.askControl({})]
    await settle()
    expect([settings.answers, lines.answers]).toEqual([[], []])
    const port = await plug({ settings: { baudRate: 1200, parity: 'odd' } })
    expect(settings.answers).toEqual([port.settings])
    expect(lines.answers).toEqual([port.lines])
    await end()

    const other = bench()
    const patient = other.session()
    const asked = patient.ask({})
    await other.clock.advance(999)
    expect(asked.answers).toEqual([])
    await other.clock.advance(1)
    expect(asked.answers).toHaveLength(1)
    await other.end()
    expect(clock.pending).toBe(0)
  })

  it('changed at the far device by another hand are told to everybody', async () => {
    const { plug, session, events, end } = bench()
    const port = await plug()
    const client = session()
    port.changeSettings({ baudRate: 1200 })
    expect(client.notices.at(-1)).toMatchObject({ settings: { baudRate: 1200 } })
    expect(events.at(-1)).toMatchObject({ type: 'settings', session: 0 })
    await end()
  })
})

describe('commands that do not wait for data', () => {
  it('are queries, control lines, break and purge', async () => {
    const { plug, session, events, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    writer.send(bytes('x'))
    writer.send(bytes('waits'))
    expect(writer.ask({}).answers).toEqual([DEFAULT_SETTINGS])
    const asked = writer.askControl({ dtr: false })
    writer.askBreak(300)
    await settle()
    expect(asked.answers).toEqual([{ dtr: false, rts: true, break: false }])
    expect(port.breaks).toEqual([300])
    expect(events.slice(-2)).toMatchObject([
      { type: 'break', session: 1, durationMs: 300 },
      { type: 'lines', session: 1, lines: { dtr: false } }
    ])
    writer.askPurge('transmit')
    expect(port.purges).toEqual(['transmit'])
    port.flow()
    writer.send(bytes('after'))
    expect(text(port.received)).toBe('after')
    await end()
  })

  it('let a purge make room, also at a port that does not tell that it drained', async () => {
    class Silent extends MemoryPort {
      override readonly onDrain = never
    }
    const { clock, hub, session, end } = bench()
    const port = new Silent({ clock, highWater: 0, lowWater: 0 })
    hub.setPort(port, 'discard')
    await settle()
    port.stall()
    const writer = session()
    writer.send(bytes('ab'))
    writer.send(bytes('cd'))
    writer.askPurge('both')
    writer.send(bytes('ef'))
    expect(port.queued).toBe(2)
    await end()
  })

  it('keep what waits when only received data is purged', async () => {
    const { plug, session, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    for (const piece of ['a', 'b', 'c']) writer.send(bytes(piece))
    writer.askPurge('receive')
    port.flow()
    expect(text(port.received)).toBe('abc')
    await end()
  })

  it('are answered in the order in which they were asked all the same', async () => {
    const { plug, session, end } = bench()
    const port = await plug()
    port.holdApplies()
    const writer = session()
    writer.ask({ baudRate: 300 })
    writer.askControl({ rts: false })
    writer.ask({})
    await settle()
    expect(port.controls).toEqual([{ rts: false }])
    expect(writer.answered).toEqual([])
    port.answerApplies()
    await settle()
    expect(writer.answered).toMatchObject([{ baudRate: 300 }, { rts: false }, { baudRate: 300 }])
    await end()
  })

  it('end a break that its session held when that leaves', async () => {
    const { plug, session, end } = bench()
    const port = await plug()
    const writer = session()
    writer.askControl({ break: true })
    await settle()
    writer.cut()
    await settle()
    expect(port.lines.break).toBe(false)
    await end()
  })
})

describe('while there is no port', () => {
  it('holds what a writer sends, and pauses it at 64 KiB', async () => {
    const { hub, plug, session, end } = bench()
    const writer = session()
    const piece = new Uint8Array(4096).fill(7)
    for (let i = 0; i < 40; i += 1) writer.send(piece)
    expect(writer.paused).toBe(true)
    expect(writer.unread).toBe(24 * 4096)
    const port = await plug()
    expect(port.received.length).toBe(40 * 4096)
    expect(writer.paused).toBe(false)
    expect(hub.total).toMatchObject({ bytesToDevice: 40 * 4096, lostToDevice: 0 })
    await end()
  })

  it('lets a paused writer go on when all that waited is gone, not before', async () => {
    const { plug, session, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    for (let i = 0; i < 20; i += 1) writer.send(new Uint8Array(4096))
    expect(writer.paused).toBe(true)
    for (let i = 0; i < 15; i += 1) port.take(4096)
    expect([writer.paused, writer.unread]).toEqual([true, 3 * 4096])
    port.take(4096)
    expect([writer.paused, writer.unread]).toEqual([false, 0])
    await end()
  })

  it('pauses a writer of many tiny pieces too', async () => {
    const { plug, session, end } = bench()
    const writer = session()
    for (let i = 0; i < 2000; i += 1) writer.send(bytes('.'))
    expect(writer.unread).toBe(976)
    const port = await plug()
    expect(port.received.length).toBe(2000)
    await end()
  })

  it('discards and counts it once the first try has failed', async () => {
    const { hub, plug, session, end } = bench()
    const writer = session()
    writer.send(bytes('held'))
    hub.setPort(undefined, 'discard')
    writer.send(bytes('more'))
    expect(hub.sessions).toMatchObject([{ lostToDevice: 8 }])
    const port = await plug()
    writer.send(bytes('now'))
    expect(text(port.received)).toBe('now')
    await end()
  })

  it('answers applies with the wishes after a second, and controls at once', async () => {
    const { clock, session, end } = bench({ configured: { baudRate: 9600 } })
    const writer = session()
    const lines = writer.askControl({ dtr: true })
    const asked = writer.ask({ parity: 'even' })
    await clock.advance(999)
    expect(lines.answers).toEqual([{ dtr: true, rts: false, break: false }])
    expect(asked.answers).toEqual([])
    await clock.advance(1)
    expect(asked.answers).toEqual([{ ...DEFAULT_SETTINGS, baudRate: 9600, parity: 'even' }])
    await end()
  })

  it('lets the device answer an apply where it opens in time', async () => {
    const { plug, session, end } = bench()
    const writer = session()
    const asked = writer.ask({ baudRate: 250_000 })
    const port = await plug({ take: () => ({ baudRate: 230_400 }) })
    expect(asked.answers).toMatchObject([{ baudRate: 230_400 }])
    expect(port.applies).toEqual([{ baudRate: 250_000 }])
    await end()
  })

  it('answers at once in a dead link', async () => {
    const { hub, session, end } = bench()
    hub.setPort(undefined, 'discard')
    const asked = session().ask({ baudRate: 300 })
    await settle()
    expect(asked.answers).toMatchObject([{ baudRate: 300 }])
    await end()
  })

  it('brings the next port to the wishes before the held data', async () => {
    const { hub, plug, session, unplug, end } = bench()
    const first = await plug()
    const writer = session()
    writer.ask({ baudRate: 57_600 })
    writer.askControl({ dtr: false })
    await settle()
    unplug(first)
    expect(hub.opening).toEqual({ baudRate: 57_600 })
    writer.ask({ parity: 'odd' })
    await settle()
    const second = await plug()
    expect(second.applies).toEqual([{ baudRate: 57_600, parity: 'odd' }])
    expect(second.controls).toEqual([{ dtr: false }])
    expect(writer.notices.at(-1)).toMatchObject({ settings: { baudRate: 57_600, parity: 'odd' } })
    await end()
  })

  it('holds data back until the wishes are in force', async () => {
    const { clock, hub, session, unplug, plug, end } = bench()
    const writer = session()
    const first = await plug()
    writer.ask({ baudRate: 57_600 })
    await settle()
    unplug(first)
    const second = new MemoryPort({ clock })
    second.holdApplies()
    second.send(bytes('at the wrong speed'))
    hub.setPort(second, 'discard')
    writer.send(bytes('data'))
    await settle()
    expect(text(second.received) + text(writer.received)).toBe('')
    second.answerApplies()
    await settle()
    expect(text(second.received)).toBe('data')
    expect(second.settings.baudRate).toBe(57_600)
    await end()
  })

  it('counts what is sent after a port that broke before its wishes were in force', async () => {
    const { clock, hub, session, plug, unplug, end } = bench()
    const writer = session()
    const first = await plug()
    writer.ask({ baudRate: 57_600 })
    await settle()
    unplug(first)
    const second = new MemoryPort({ clock })
    second.holdApplies()
    hub.setPort(second, 'discard')
    await settle()
    unplug(second)
    await settle()
    writer.send(bytes('abc'))
    expect(hub.total.lostToDevice).toBe(3)
    await end()
  })

  it('forgets the wishes of those who left', async () => {
    const { hub, plug, session, unplug, end } = bench({ configured: { baudRate: 9600 } })
    const port = await plug()
    const writer = session()
    session()
    writer.ask({ baudRate: 300 })
    await settle()
    unplug(port)
    writer.end()
    await settle()
    expect(hub.opening).toEqual({ baudRate: 9600 })
    expect((await plug({ settings: hub.opening })).applies).toEqual([])
    await end()
  })

  it('answers what was asked of a port that broke meanwhile', async () => {
    const { plug, session, unplug, end } = bench()
    const port = await plug()
    const writer = session()
    port.holdApplies()
    const asked = [writer.ask({ baudRate: 300 }), writer.ask({ baudRate: 600 }), writer.ask({})]
    await settle()
    unplug(port)
    await settle()
    expect(asked.map(({ answers }) => answers.map(({ baudRate }) => baudRate))).toEqual([[600], [600], [600]])
    await end()
  })
})

describe('what sessions are told', () => {
  it('is everything at the beginning, and when the port comes or goes', async () => {
    const { plug, session, unplug, end } = bench()
    const client = session()
    expect(client.notices).toEqual([{ modem: UNKNOWN_MODEM_STATE, capabilities: NO_CAPABILITIES }])
    const modem = { cts: true, dsr: true, dcd: false, ri: 'unknown' } as const
    const port = await plug({ modemState: modem })
    const greeting = { settings: DEFAULT_SETTINGS, modem, capabilities: ALL_CAPABILITIES }
    expect(client.notices.at(-1)).toEqual(greeting)
    expect(session().notices).toEqual([greeting])
    unplug(port)
    expect(client.notices.at(-1)).toEqual({ modem: UNKNOWN_MODEM_STATE, capabilities: NO_CAPABILITIES })
    await end()
  })

  it('is each change of modem and line state', async () => {
    const { events, hub, plug, session, end } = bench()
    const port = await plug()
    const clients = [session(), session()]
    port.setModemState({ cts: true })
    port.reportLine({ framing: 2 })
    for (const client of clients)
      expect(client.notices.slice(-2)).toEqual([
        { modem: { ...UNKNOWN_MODEM_STATE, cts: true } },
        { line: { ...NO_LINE_ERRORS, framing: 2 } }
      ])
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['modem', 'line'])
    expect(hub.modem.cts).toBe(true)
    await end()
  })
})

describe('a session that leaves', () => {
  it('has its bytes delivered first, then the next one has its turn', async () => {
    const { clock, hub, plug, session, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const [first, second] = [session(), session()]
    for (const piece of ['a', 'b', 'c']) first.send(bytes(piece))
    first.end()
    second.send(bytes('d'))
    expect(hub.sessions.map(({ id }) => id)).toEqual([2])
    for (let i = 0; i < 4; i += 1) {
      await clock.advance(9000)
      port.take(1)
    }
    expect(text(port.received)).toBe('abcd')
    expect(hub.total).toMatchObject({ bytesToDevice: 4, lostToDevice: 0 })
    await end()
  })

  it('keeps the port in use until then', async () => {
    const { clock, hub, plug, session, end } = bench()
    const writer = session()
    writer.send(bytes('echo AT > /dev/pts/7'))
    writer.end()
    await clock.advance(9990)
    expect(hub.inUse).toBe(true)
    const port = await plug()
    expect(text(port.received)).toBe('echo AT > /dev/pts/7')
    expect(hub.inUse).toBe(false)
    await end()
  })

  it('loses what did not move for 10 s, and it is counted', async () => {
    const { clock, hub, plug, session, lostInEvents, end } = bench()
    const port = await plug({ highWater: 0, lowWater: 0 })
    port.stall()
    const writer = session()
    writer.send(bytes('ab'))
    writer.send(bytes('cde'))
    writer.end()
    await clock.advance(9999)
    expect(hub.inUse).toBe(true)
    await clock.advance(10)
    expect(hub.inUse).toBe(false)
    expect(hub.total).toMatchObject({ bytesToDevice: 2, lostToDevice: 3 })
    expect(lostInEvents('to-device')).toBe(3)
    await end()
  })

  it('has applies of its own done in their place', async () => {
    const { clock, plug, session, end } = bench({ configured: { baudRate: 9600 } })
    const port = await plug({ settings: { baudRate: 9600 }, highWater: 0, lowWater: 0 })
    port.stall()
    const [first] = [session(), session()]
    first.send(bytes('a'))
    first.ask({ baudRate: 300 })
    first.send(bytes('b'))
    first.end()
    port.flow()
    await clock.advance(20)
    expect(port.applies).toEqual([{ baudRate: 300 }, { baudRate: 9600 }])
    expect(text(port.received)).toBe('ab')
    await end()
  })

  it('counts what it was given and did not take', async () => {
    const { hub, plug, session, lostInEvents, end } = bench()
    const port = await plug()
    const client = session()
    client.stall()
    port.send(bytes('0123456789'))
    client.take(4)
    client.cut()
    expect(hub.total).toMatchObject({ bytesFromDevice: 4, lostFromDevice: 6 })
    await end()
    expect(lostInEvents('from-device')).toBe(6)
  })
})

describe('a port that breaks', () => {
  it('counts what it had taken and what waited, each for its session', async () => {
    const { hub, plug, session, unplug, end } = bench({ writers: 'all' })
    const port = await plug({ highWater: 3, lowWater: 0 })
    port.stall()
    const [first, second] = [session(), session()]
    first.send(bytes('aa'))
    second.send(bytes('bbb'))
    first.send(bytes('waits'))
    port.take(1)
    unplug(port)
    expect(hub.sessions).toMatchObject([
      { bytesToDevice: 1, lostToDevice: 6 },
      { bytesToDevice: 0, lostToDevice: 3 }
    ])
    await end()
  })

  it('knows whose bytes it had also after thousands of chunks', async () => {
    const { hub, plug, session, unplug, end } = bench()
    const port = await plug()
    port.stall()
    const writer = session()
    for (let i = 0; i < 5000; i += 1) writer.send(bytes('.'))
    unplug(port)
    expect(hub.total).toMatchObject({ bytesToDevice: 0, lostToDevice: 5000 })
    await end()
  })

  it('counts all of it also where two took turns thousands of times', async () => {
    const { hub, plug, session, unplug, lostInEvents, clock, end } = bench({ writers: 'all' })
    const port = await plug()
    port.stall()
    const writers = [session(), session()]
    for (let i = 0; i < 5000; i += 1) for (const writer of writers) writer.send(bytes('.'))
    unplug(port)
    expect(hub.total).toMatchObject({ bytesToDevice: 0, lostToDevice: 10_000 })
    await clock.advance(1000)
    expect(lostInEvents('to-device')).toBe(10_000)
    await end()
  })

  it('is told to nobody as a loss when it was drained by its keeper', async () => {
    const { hub, plug, session, end } = bench()
    const port = await plug()
    port.stall()
    session().send(bytes('abc'))
    hub.setPort(undefined, 'hold')
    expect(hub.total.lostToDevice).toBe(0)
    hub.undelivered(1)
    expect(hub.total).toMatchObject({ bytesToDevice: 2, lostToDevice: 1 })
    await end()
  })
})

import { describe, expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { ControlLines, LineSettings, LineWish, ModemState } from '../../src-main/contract/line.ts'
import { DEFAULT_SETTINGS, UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import { HIGH_WATER } from '../../src-main/base/duplex.ts'
import type { RemoteMode } from '../../src-main/net/telnet-link.ts'
import { MAX_UNREAD_REPLIES } from '../../src-main/net/telnet-link.ts'
import { MemoryListener } from '../../src-main/net/memory.ts'
import { RemoteSession } from '../../src-main/sessions/remote.ts'
import { MAX_OPEN_REQUESTS } from '../../src-main/sessions/remote-answers.ts'
import { RemoteSource } from '../../src-main/sessions/remote-source.ts'
import type { Request, Session } from '../../src-main/sessions/session.ts'
import { hex, randomFrom, toHex } from '../hex.ts'
import { ScriptedConnection } from '../scripted-connection.ts'

const GREETING = 'FFFB03 FFFD03 FFFB01 FFFE01 FFFD00 FFFB00'
const spaced = (text: string): string => toHex(hex(text))

interface Served {
  readonly connection: ScriptedConnection
  readonly session: RemoteSession
  /** What the session asked and said, in order. */
  readonly log: string[]
  /** Applies wait here when `hold` is set. */
  readonly held: (() => void)[]
  state: { settings: LineSettings; lines: ControlLines; hold: boolean; refuse: boolean }
}

/** A session with somebody behind it that takes every wish, unless `refuse`. */
function serve(mode: RemoteMode = 'rfc2217', connection = new ScriptedConnection()): Served {
  const session = new RemoteSession(connection, mode)
  const log: string[] = []
  const held: (() => void)[] = []
  const state = {
    settings: DEFAULT_SETTINGS,
    lines: { dtr: true, rts: true, break: false },
    hold: false,
    refuse: false
  }
  session.onData((bytes) => log.push(`data ${toHex(bytes)}`))
  session.onApply((request) => {
    log.push(`apply ${JSON.stringify(request.wish)}`)
    const go = (): void => {
      if (!state.refuse) state.settings = { ...state.settings, ...request.wish }
      request.answer(state.settings)
    }
    if (state.hold) held.push(go)
    else go()
  })
  session.onControl((request) => {
    log.push(`control ${JSON.stringify(request.wish)}`)
    if (!state.refuse) state.lines = { ...state.lines, ...request.wish }
    request.answer(state.lines)
  })
  session.onBreak((ms) => log.push(`break ${ms}`))
  session.onPurge((which) => log.push(`purge ${which}`))
  session.resume()
  connection.heard()
  return { connection, session, log, held, state }
}

/** A client that has agreed to RFC 2217; what was said up to now is over. */
function served(): Served {
  const all = serve()
  all.connection.say('FF FB 2C')
  all.connection.heard()
  return all
}

const modem = (change: Partial<ModemState>): { modem: ModemState } => ({
  modem: { cts: false, dsr: false, dcd: false, ri: false, ...change }
})

describe('the negotiation', () => {
  it('greets as ser2net does, with DO COM-PORT alone', () => {
    const connection = new ScriptedConnection()
    new RemoteSession(connection, 'rfc2217')
    expect(connection.heard()).toBe(spaced(`${GREETING} FFFD2C`))
  })

  it('greets without COM-PORT on a telnet address, and refuses it', () => {
    const connection = new ScriptedConnection()
    const { session } = serve('telnet', connection)
    expect(toHex(connection.received)).toBe(spaced(GREETING))
    connection.say('FF FB 2C | FF FA 2C 01 00 00 00 00 FF F0')
    expect(connection.heard()).toBe('FF FE 2C')
    session.notify(modem({ cts: true }))
    expect(connection.heard()).toBe('')
  })

  it('is silent and transparent on a raw address', () => {
    const { connection, session, log } = serve('raw')
    expect(connection.received.length).toBe(0)
    connection.say('FF FB 2C FF F3 FF FA 2C 00 FF F0 0D 00')
    expect(log).toEqual([`data ${spaced('FFFB2C FFF3 FFFA2C00FFF0 0D00')}`])
    const bytes = hex('FF 00 FF')
    session.write(bytes)
    session.notify(modem({ cts: true }))
    expect(connection.heard()).toBe('FF 00 FF')
  })

  it('never says WILL COM-PORT, also when asked to', () => {
    const { connection } = serve()
    connection.say('FF FD 2C')
    expect(connection.heard()).toBe('FF FC 2C')
  })

  it('never answers a state already set', () => {
    const { connection } = serve()
    // The agreement to all that the greeting asked, and once more.
    for (let n = 0; n < 2; n++) connection.say('FFFD03 FFFB03 FFFD01 FFFC01 FFFB00 FFFD00')
    expect(connection.heard()).toBe('')
    connection.say('FFFB2C FFFB2C')
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 00 FFF0'))
  })

  it('refuses what it does not know', () => {
    const { connection } = serve()
    connection.say('FFFB1F FFFD18')
    expect(connection.heard()).toBe(spaced('FFFE1F FFFC18'))
  })

  it('gives plain telnet to a client that never negotiates', () => {
    const { connection, session, log } = serve()
    connection.say('41 0D 00 FF FF')
    expect(log).toEqual(['data 41 0D 00', 'data FF'])
    session.write(hex('FF 0D 42'))
    session.notify(modem({ cts: true }))
    expect(connection.heard()).toBe('FF FF 0D 42')
  })

  it('serves requests that come before the negotiation is done (hub4com)', () => {
    const { connection } = serve()
    connection.say('FF FA 2C 02 00 FF F0')
    expect(connection.heard()).toBe(spaced('FFFA2C 66 08 FFF0 | FFFA2C 6B 00 FFF0'))
  })

  it('sends the modem state once unasked after the negotiation (pyserial)', () => {
    const { connection, session } = serve()
    session.notify(modem({ cts: true, dcd: true }))
    expect(connection.heard()).toBe('')
    connection.say('FF FB 2C')
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 90 FFF0'))
  })
})

/** Each request of the client with the answer that it must get, from a port at 115200 8N1 that takes everything. */
const REQUESTS: readonly [what: string, request: string, answer: string, asked: string | undefined][] = [
  ['baud rate?', '01 00000000', '65 0001C200', 'apply {}'],
  ['57600', '01 0000E100', '65 0000E100', 'apply {"baudRate":57600}'],
  [
    '2^32-1, with doubled 0xFF',
    '01 FFFFFFFFFFFFFFFF',
    '65 FFFFFFFFFFFFFFFF',
    'apply {"baudRate":4294967295}'
  ],
  ['baud rate in one byte? (Cisco)', '01 00', '65 0E', 'apply {}'],
  ['9600 in one byte', '01 08', '65 08', 'apply {"baudRate":9600}'],
  ['7 bits', '02 07', '66 07', 'apply {"dataBits":7}'],
  ['9 bits, which do not exist', '02 09', '66 08', 'apply {}'],
  ['even', '03 03', '67 03', 'apply {"parity":"even"}'],
  ['parity?', '03 00', '67 01', 'apply {}'],
  ['1.5 stop bits', '04 03', '68 03', 'apply {"stopBits":1.5}'],
  ['2 stop bits', '04 02', '68 02', 'apply {"stopBits":2}'],
  ['stop bits?', '04 00', '68 01', 'apply {}'],
  ['flow control?', '05 00', '69 01', 'apply {}'],
  ['RTS/CTS', '05 03', '69 03', 'apply {"flowControl":"rtscts"}'],
  ['DCD flow control, which we lack', '05 11', '69 01', 'apply {}'],
  ['inbound flow control?', '05 0D', '69 0E', 'apply {}'],
  ['inbound XON/XOFF alone, which we lack', '05 0F', '69 0E', 'apply {}'],
  ['break?', '05 04', '69 06', 'control {}'],
  ['break on', '05 05', '69 05', 'control {"break":true}'],
  ['break off', '05 06', '69 06', 'control {"break":false}'],
  ['DTR?', '05 07', '69 08', 'control {}'],
  ['DTR off', '05 09', '69 09', 'control {"dtr":false}'],
  ['RTS?', '05 0A', '69 0B', 'control {}'],
  ['RTS off', '05 0C', '69 0C', 'control {"rts":false}'],
  ['line state?', '06', '6A 00', undefined],
  ['modem state?', '07', '6B 00', undefined],
  ['line mask', '0A 1E', '6E 1E FFF0 FFFA2C 6B 00', undefined],
  ['modem mask, with doubled 0xFF', '0B FFFF', '6F FFFF FFF0 FFFA2C 6B 00', undefined],
  ['modem mask of nothing', '0B 00', '6F 00', undefined],
  ['purge what came', '0C 01', '70 01', 'purge receive'],
  ['purge what goes', '0C 02', '70 02', 'purge transmit'],
  ['purge both', '0C 03', '70 03', 'purge both'],
  ['purge of nothing known', '0C 00', '70 00', undefined],
  ['signature?', '00', '64 46617270 6F7274', undefined]
]

describe('requests and answers', () => {
  it.each(REQUESTS)('%s', (_, request, answer, asked) => {
    const { connection, log } = served()
    connection.say(`FFFA2C ${request} FFF0`)
    expect(connection.heard()).toBe(spaced(`FFFA2C ${answer} FFF0`))
    expect(log.join()).toBe(asked ?? '')
  })

  it('answers the actual value, not the wished one', () => {
    const { connection, state } = served()
    state.refuse = true
    connection.say('FFFA2C 01 0000E100 FFF0 | FFFA2C 04 03 FFF0 | FFFA2C 05 09 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 65 0001C200 FFF0 FFFA2C 68 01 FFF0 FFFA2C 69 08 FFF0'))
  })

  it('answers a baud rate in the form it was asked in, the long one also after a short one', () => {
    const { connection } = served()
    connection.say('FFFA2C 01 08 FFF0 | FFFA2C 01 00000000 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 65 08 FFF0 | FFFA2C 65 00002580 FFF0'))
  })

  it('answers in the order of the requests, though control acts at once', () => {
    const { connection, log, held, state } = served()
    state.hold = true
    connection.say('FFFA2C 01 0000E100 FFF0 | FFFA2C 05 09 FFF0 | FFFA2C 0C 03 FFF0 | FFFA2C 02 07 FFF0')
    expect(log).toEqual([
      'apply {"baudRate":57600}',
      'control {"dtr":false}',
      'purge both',
      'apply {"dataBits":7}'
    ])
    expect(connection.heard()).toBe('')
    // The later of the two applies is done first: its answer waits.
    held[1]?.()
    expect(connection.heard()).toBe('')
    held[0]?.()
    expect(connection.heard()).toBe(
      spaced('FFFA2C 65 0000E100 FFF0 | FFFA2C 69 09 FFF0 | FFFA2C 70 03 FFF0 | FFFA2C 66 07 FFF0')
    )
  })

  it('answers each request once, however often it is told the answer', () => {
    const connection = new ScriptedConnection()
    const session = new RemoteSession(connection, 'rfc2217')
    session.onApply((request) => {
      request.answer({ ...DEFAULT_SETTINGS, baudRate: 9600 })
      request.answer({ ...DEFAULT_SETTINGS, baudRate: 4800 })
    })
    session.resume()
    connection.say('FF FB 2C')
    connection.heard()
    connection.say('FFFA2C 01 00000000 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 65 00002580 FFF0'))
  })

  it('takes the first answer to a request, also while it waits for its turn', () => {
    const connection = new ScriptedConnection()
    const session = new RemoteSession(connection, 'rfc2217')
    const requests: Request<LineWish, LineSettings>[] = []
    session.onApply((request) => requests.push(request))
    session.resume()
    connection.say('FF FB 2C')
    connection.heard()
    connection.say('FFFA2C 01 00000000 FFF0 | FFFA2C 02 00 FFF0')
    requests[1]?.answer({ ...DEFAULT_SETTINGS, dataBits: 7 })
    requests[1]?.answer({ ...DEFAULT_SETTINGS, dataBits: 5 })
    requests[0]?.answer(DEFAULT_SETTINGS)
    expect(connection.heard()).toBe(spaced('FFFA2C 65 0001C200 FFF0 | FFFA2C 66 07 FFF0'))
  })

  it('makes one request of each setting that comes in one chunk, in order', () => {
    const { connection, log } = served()
    connection.say('FFFA2C 01 00002580 FFF0 | FFFA2C 02 07 FFF0 | FFFA2C 03 03 FFF0 | FFFA2C 04 02 FFF0')
    expect(log).toEqual([
      'apply {"baudRate":9600}',
      'apply {"dataBits":7}',
      'apply {"parity":"even"}',
      'apply {"stopBits":2}'
    ])
  })

  it('keeps data and settings in their order, also over a pause', () => {
    const { connection, session, log } = served()
    session.pause()
    connection.say('41 | FFFA2C 01 00002580 FFF0 | 42')
    expect(log).toEqual([])
    const stop = session.onData(() => {
      session.pause()
    })
    session.resume()
    expect(log).toEqual(['data 41'])
    stop.dispose()
    session.resume()
    expect(log).toEqual(['data 41', 'apply {"baudRate":9600}', 'data 42'])
  })

  it('sends a break of 250 ms for IAC BRK', () => {
    const { connection, log } = served()
    connection.say('41 FF F3 42')
    expect(log).toEqual(['data 41', 'break 250', 'data 42'])
  })

  it('answers IAC AYT', () => {
    const { connection } = serve('telnet')
    connection.say('FF F6')
    expect(String.fromCharCode(...hex(connection.heard()))).toBe('\r\n[Farport: yes]\r\n')
  })

  it('drops a subnegotiation of more than 4 KB and lives on', () => {
    const { connection, session, log } = served()
    const violations: string[] = []
    session.onViolation(({ what }) => violations.push(what))
    connection.send(Uint8Array.of(255, 250, 44, ...new Uint8Array(5000).fill(1), 255, 240, 65))
    connection.say('FFFA2C 63 FFF0')
    expect(log).toEqual(['data 41'])
    expect(violations).toEqual(['a subnegotiation of more than 4096 bytes', 'an unknown subnegotiation'])
    expect(connection.ended).toBe(false)
  })
})

describe('modem and line state', () => {
  it('reports changes with their deltas in the low nibble', () => {
    const { connection, session } = served()
    session.notify(modem({}))
    expect(connection.heard()).toBe('')
    session.notify(modem({ cts: true, dcd: true }))
    session.notify(modem({ cts: true, dcd: true }))
    session.notify(modem({ dcd: true, ri: true }))
    session.notify(modem({ dcd: true }))
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 99 FFF0 | FFFA2C 6B C1 FFF0 | FFFA2C 6B 84 FFF0'))
  })

  it('reports unknown levels as off', () => {
    const { connection, session } = served()
    session.notify({ modem: UNKNOWN_MODEM_STATE })
    connection.say('FFFA2C 07 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 00 FFF0'))
  })

  it('honours the modem mask, and answers a poll with all there is', () => {
    const { connection, session } = served()
    session.notify(modem({}))
    connection.say('FFFA2C 0B 81 FFF0')
    connection.heard()
    session.notify(modem({ dsr: true }))
    expect(connection.heard()).toBe('')
    session.notify(modem({ dsr: true, cts: true }))
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 01 FFF0'))
    session.notify(modem({ dsr: true, cts: true, dcd: true }))
    expect(connection.heard()).toBe(spaced('FFFA2C 6B 80 FFF0'))
    connection.say('FFFA2C 07 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 6B B0 FFF0'))
  })

  it('tells with an acknowledged mask the state of that moment, not the one at the request', () => {
    const { connection, session, held, state } = served()
    state.hold = true
    connection.say('FFFA2C 01 00002580 FFF0 | FFFA2C 0B FFFF FFF0')
    session.notify(modem({ cts: true }))
    connection.heard()
    held[0]?.()
    expect(connection.heard()).toBe(
      spaced('FFFA2C 65 00002580 FFF0 | FFFA2C 6F FFFF FFF0 | FFFA2C 6B 10 FFF0')
    )
  })

  it('reports line errors as the mask says, none before one was set', () => {
    const { connection, session } = served()
    const errors = { overrun: 0, parity: 2, framing: 1, break: 0 }
    session.notify({ line: errors })
    expect(connection.heard()).toBe('')
    connection.say('FFFA2C 06 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 6A 0C FFF0'))
    connection.say('FFFA2C 0A 18 FFF0')
    connection.heard()
    session.notify({ line: errors })
    session.notify({ line: { ...errors, framing: 0, break: 1 } })
    expect(connection.heard()).toBe(spaced('FFFA2C 6A 08 FFF0 | FFFA2C 6A 10 FFF0'))
  })

  it('tells nothing of settings that others made (pyserial would take it for its own answer)', () => {
    const { connection, session } = served()
    session.notify({ settings: { ...DEFAULT_SETTINGS, baudRate: 300 } })
    expect(connection.heard()).toBe('')
  })

  it('tells a client that reads nothing the latest state when it reads again', () => {
    const { connection, session } = served()
    connection.stall()
    session.write(new Uint8Array(HIGH_WATER + 1))
    const queued = session.queued
    for (let n = 0; n < 1001; n++) session.notify(modem({ cts: n % 2 === 0 }))
    expect(session.queued).toBe(queued)
    connection.flow()
    expect(connection.heard().slice(-20)).toBe(spaced('FFFA2C 6B 11 FFF0'))
  })

  it('stops notifying a client that withdrew, and still answers it', () => {
    const { connection, session } = served()
    connection.say('FF FC 2C')
    expect(connection.heard()).toBe('FF FE 2C')
    session.notify(modem({ cts: true }))
    expect(connection.heard()).toBe('')
  })
})

describe('backpressure and bounds', () => {
  it('keeps data back from SUSPEND to RESUME, answers excepted', () => {
    const { connection, session } = served()
    connection.say('FFFA2C 08 FFF0')
    expect(session.write(hex('41 FF'))).toBe(true)
    expect(session.queued).toBe(3)
    connection.say('FFFA2C 02 00 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 66 08 FFF0'))
    connection.say('FFFA2C 09 FFF0')
    expect(connection.heard()).toBe('41 FF FF')
    expect(session.queued).toBe(0)
    session.write(hex('42'))
    expect(connection.heard()).toBe('42')
  })

  it('answers false to a writer while suspended, and drains at RESUME', () => {
    const { connection, session } = served()
    let drains = 0
    session.onDrain(() => drains++)
    connection.say('FFFA2C 08 FFF0')
    expect(session.write(new Uint8Array(HIGH_WATER))).toBe(true)
    expect(session.write(new Uint8Array(1))).toBe(false)
    expect(drains).toBe(0)
    connection.say('FFFA2C 09 FFF0')
    expect(drains).toBe(1)
    expect(hex(connection.heard()).length).toBe(HIGH_WATER + 1)
  })

  it('drops what SUSPEND holds back at a purge', () => {
    const { connection, session } = served()
    connection.say('FFFA2C 08 FFF0')
    session.write(hex('41'))
    connection.say('FFFA2C 0C 01 FFF0 | FFFA2C 09 FFF0')
    expect(connection.heard()).toBe(spaced('FFFA2C 70 01 FFF0'))
  })

  it('goes on after a purge while the client, suspended, is slow to take what went before', () => {
    const { connection, session } = served()
    let drains = 0
    session.onDrain(() => drains++)
    connection.stall()
    expect(session.write(new Uint8Array(HIGH_WATER / 2))).toBe(true)
    connection.say('FFFA2C 08 FFF0')
    expect(session.write(new Uint8Array(HIGH_WATER))).toBe(false)
    connection.say('FFFA2C 0C 01 FFF0 | FFFA2C 09 FFF0')
    connection.flow()
    expect(session.queued).toBe(0)
    expect(drains).toBe(1)
  })

  it('tells at RESUME what changed while more was held back than it notifies past', () => {
    const { connection, session } = served()
    session.notify(modem({}))
    connection.say('FFFA2C 08 FFF0')
    session.write(new Uint8Array(HIGH_WATER + 1))
    session.notify(modem({ cts: true }))
    expect(connection.heard()).toBe('')
    connection.say('FFFA2C 09 FFF0')
    expect(connection.heard().slice(-20)).toBe(spaced('FFFA2C 6B 11 FFF0'))
  })

  it('tells in `queued` what SUSPEND held back when the client goes', () => {
    const { connection, session } = served()
    connection.say('FFFA2C 08 FFF0')
    session.write(hex('41 42'))
    let lost = 0
    session.onClose(() => (lost = session.queued))
    connection.end()
    expect(lost).toBe(2)
  })

  it('sends what SUSPEND held back when it is closed', async () => {
    const { connection, session } = served()
    connection.say('FFFA2C 08 FFF0')
    session.write(hex('41'))
    expect(await session.close(DONE, 1000)).toBe(0)
    expect(connection.heard()).toBe('41')
  })

  it.each([
    ['rfc2217', 'full\r\n'],
    ['telnet', 'full\r\n'],
    ['raw', '']
  ] as const)('tells who is refused why (%s)', async (mode, told) => {
    const { connection, session } = serve(mode)
    expect(await session.close({ code: 'refused', message: 'full' }, 1000)).toBe(0)
    expect(String.fromCharCode(...hex(connection.heard()))).toBe(told)
    expect(connection.ended).toBe(true)
  })

  it('passes write, queue, drain, close and probe through', async () => {
    const { connection, session } = serve('raw')
    connection.stall()
    let drains = 0
    session.onDrain(() => drains++)
    expect(session.write(new Uint8Array(HIGH_WATER + 1))).toBe(false)
    expect(session.queued).toBe(HIGH_WATER + 1)
    connection.flow()
    expect(drains).toBe(1)
    session.probe()
    expect(connection.probes).toBe(1)
    const reasons: string[] = []
    session.onClose(({ code }) => reasons.push(code))
    expect(await session.close({ code: 'shutdown', message: '' }, 1000)).toBe(0)
    session.abort(DONE)
    expect(reasons).toEqual(['shutdown'])
  })

  it('reads no further with 256 requests open', () => {
    const { connection, log, held, state } = served()
    state.hold = true
    const request = hex('FFFA2C 02 00 FFF0')
    const flood = new Uint8Array(request.length * 1000)
    for (let n = 0; n < 1000; n++) flood.set(request, n * request.length)
    connection.send(flood)
    expect(log.length).toBe(MAX_OPEN_REQUESTS)
    expect(connection.paused).toBe(true)
    held.shift()?.()
    expect(log.length).toBe(MAX_OPEN_REQUESTS + 1)
    for (let go = held.shift(); go; go = held.shift()) go()
    expect(log.length).toBe(1000)
    expect(connection.paused).toBe(false)
    expect(hex(connection.heard()).length).toBe(1000 * request.length)
  })

  it('reads no further from a client that leaves its answers unread', () => {
    const { connection, session } = served()
    connection.stall()
    session.write(new Uint8Array(HIGH_WATER + 1))
    for (let n = 0; n < 10_000; n++) connection.say('FF F6')
    expect(session.queued).toBeLessThan(HIGH_WATER + MAX_UNREAD_REPLIES + 100)
    expect(connection.paused).toBe(true)
    connection.flow()
    expect(connection.paused).toBe(false)
    expect(connection.unread).toBe(0)
  })

  it('does not take requests of a paused session for lost', () => {
    const { connection, session, log } = served()
    session.pause()
    connection.say('FFFA2C 02 07 FFF0')
    expect(connection.unread).toBeGreaterThan(0)
    session.resume()
    expect(log).toEqual(['apply {"dataBits":7}'])
  })

  it('survives 2,000 chunks of garbage', () => {
    const random = randomFrom(11)
    const { connection, session } = served()
    const alphabet = hex('FF FF FA F0 FB FD FE FC F3 F6 2C 01 05 08 09 0A 0B 0C')
    for (let n = 0; n < 2000; n++)
      connection.send(Uint8Array.from({ length: 50 }, () => alphabet[random(alphabet.length)] ?? 0))
    connection.say('FFF0 | FFFA2C 09 FFF0')
    connection.heard()
    session.write(hex('41'))
    expect(connection.heard()).toBe('41')
  })
})

describe('who and where from', () => {
  it('is known by its address', () => {
    expect(serve().session.who).toEqual({ kind: 'address', label: '192.0.2.7:50112', address: '192.0.2.7' })
  })

  it('makes a Session of each connection, paused, and refuses where nobody listens', async () => {
    const listener = new MemoryListener()
    const source = new RemoteSource(listener, 'raw')
    expect(source.address).toBe('memory:')
    const refused = await listener.connect()
    await new Promise<void>((resolve) => {
      refused.onClose(() => {
        resolve()
      })
      refused.resume()
    })
    const sessions: Session[] = []
    source.onSession((session) => sessions.push(session))
    const client = await listener.connect()
    expect(sessions.length).toBe(1)
    client.abort(DONE)
    await source.close(DONE)
    await expect(listener.connect()).rejects.toMatchObject({ code: 'peer-refused' })
  })
})

it.each(['raw', 'telnet', 'rfc2217'] as const)('as %s, tells what it lost in bytes of data', async (mode) => {
  const lost: number[] = []
  for (const way of ['abort', 'close'] as const) {
    const connection = new ScriptedConnection()
    const served = serve(mode, connection)
    served.session.onClose(() => lost.push(served.session.queued))
    connection.stall()
    served.session.write(new Uint8Array(100).fill(0xff))
    connection.say('FFF6')
    served.session.write(new Uint8Array(10))
    if (way === 'abort') served.session.abort(DONE)
    else lost.push(await served.session.close(DONE, 0))
  }
  expect(lost).toEqual([110, 110, 110])
})

import { describe, expect, it, vi } from 'vitest'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import {
  DEFAULT_SETTINGS,
  NO_LINE_ERRORS,
  UNKNOWN_MODEM_STATE,
  type ControlWish,
  type LineWish
} from '../../src-main/contract/line.ts'
import { CARRIED } from '../../src-main/contract/virtual.ts'
import { Com0comSource, type Com0comOptions } from '../../src-main/sessions/com0com-source.ts'
import type { Session } from '../../src-main/sessions/session.ts'
import { FakeClock } from '../fake-clock.ts'
import { hex, toHex } from '../hex.ts'
import { duplexSuite } from '../suites/duplex.ts'
import { turns } from '../suites/connection.ts'
import { Com0comPair, type PairWiring } from './com0com-pair.ts'

type Heard = LineWish | ControlWish | string

/** A session, and all that it told in order. */
interface Visit {
  readonly session: Session
  readonly log: Heard[]
}

function listen(session: Session): Visit {
  const log: Heard[] = []
  session.onData((bytes) => log.push(toHex(bytes)))
  session.onApply((request) => {
    log.push(request.wish)
    request.answer({ ...DEFAULT_SETTINGS, ...request.wish })
  })
  session.onControl((request) => {
    log.push(request.wish)
    request.answer({ dtr: true, rts: true, break: false, ...request.wish })
  })
  session.onClose(({ code }) => log.push(code))
  return { session, log }
}

async function rig(wiring: PairWiring = {}, more: Partial<Com0comOptions> = {}) {
  const pair = new Com0comPair(wiring)
  const clock = new FakeClock()
  const source = await Com0comSource.open({
    path: '\\\\.\\CNCB0',
    address: 'COM7',
    presence: 'dcd',
    clock,
    open: pair.open,
    ...more
  })
  const visits: Visit[] = []
  const faults: string[] = []
  source.onSession((session) => visits.push(listen(session)))
  source.onFault(({ message }) => faults.push(message))
  await turns()
  return { pair, clock, source, visits, faults }
}

/** A program has it open, and its session begins. */
async function opened(wiring: PairWiring = {}, more: Partial<Com0comOptions> = {}) {
  const all = await rig(wiring, more)
  all.pair.programOpens()
  await turns()
  const visit = all.visits[0]!
  return { ...all, visit, session: visit.session, log: visit.log }
}

const BEGUN: Heard[] = [
  { baudRate: 1200, dataBits: 7, parity: 'none', stopBits: 1 },
  { dtr: true, rts: true }
]

describe('a program at a com0com pair', () => {
  duplexSuite(async () => {
    const pair = new Com0comPair()
    const source = await Com0comSource.open({
      path: '\\\\.\\CNCB0',
      address: 'COM7',
      presence: 'dcd',
      open: pair.open
    })
    const session = new Promise<Session>((resolve) => source.onSession(resolve))
    await turns()
    pair.programOpens()
    return {
      near: await session,
      far: {
        send: (chunk) => void pair.programWrites(chunk),
        stall: () => pair.programStalls(),
        flow: () => pair.programReads(),
        get received() {
          return pair.programGot
        },
        end: () => pair.programCloses()
      },
      // The driver has room for some bytes that the program has not read.
      exact: false
    }
  })

  it('is not there before it opens its port, and its port is not before we open ours', async () => {
    expect(new Com0comPair().programOpens()).toBe(false)
    const { visits, pair } = await rig()
    expect(visits).toEqual([])
    expect(pair.programOpens()).toBe(true)
    await turns()
    expect(visits).toHaveLength(1)
  })

  it('was there before Farport was', async () => {
    const first = await rig()
    first.pair.programOpens(true, false)
    await turns()
    await first.source.close(SHUTDOWN)
    const visits: Visit[] = []
    const source = await Com0comSource.open({
      path: '\\\\.\\CNCB0',
      address: 'COM7',
      presence: 'dcd',
      open: first.pair.open
    }).catch(() => undefined)
    // The first session is still there, and has our end.
    expect(source).toBeUndefined()
    first.visits[0]?.session.abort(SHUTDOWN)
    await turns()
    const again = await Com0comSource.open({
      path: '\\\\.\\CNCB0',
      address: 'COM7',
      presence: 'dcd',
      open: first.pair.open
    })
    again.onSession((session) => visits.push(listen(session)))
    await turns()
    visits[0]!.session.resume()
    expect(visits[0]!.log).toEqual([BEGUN[0], { dtr: true, rts: false }])
  })

  it('begins with how its port is set, as the driver tells what is new alone', async () => {
    const { session, log } = await opened()
    session.resume()
    expect(log).toEqual(BEGUN)
  })

  it('is heard in order: settings, data, lines and breaks', async () => {
    const { session, log, pair } = await opened()
    session.resume()
    log.length = 0
    pair.programWrites(hex('41 FF 42'))
    pair.programSets({ baudRate: 57_600 })
    pair.programSets({ dataBits: 7, parity: 'even', stopBits: 2 })
    pair.programWrites(hex('43'))
    pair.programBreaks(true)
    pair.programBreaks(false)
    pair.programDrives(false, true)
    pair.programWrites(hex('44'))
    pair.programDrives(false, false)
    await turns()
    expect(log).toEqual([
      '41 FF',
      '42',
      { baudRate: 57_600 },
      { dataBits: 7, parity: 'even', stopBits: 2 },
      '43',
      { break: true },
      { break: false },
      { dtr: false },
      '44',
      { rts: false }
    ])
  })

  it('hears what the far device drives, all four lines', async () => {
    const { session, pair } = await opened()
    session.notify({ modem: { cts: true, dsr: false, dcd: true, ri: false } })
    await turns()
    expect(pair.programSees).toEqual({ cts: true, dsr: false, dcd: true, ri: false })
    session.notify({ modem: { cts: false, dsr: false, dcd: false, ri: true } })
    session.notify({ modem: { cts: false, dsr: true, dcd: false, ri: true } })
    await turns()
    expect(pair.programSees).toEqual({ cts: false, dsr: true, dcd: false, ri: true })
  })

  it('never waits for a line that nobody can tell', async () => {
    const { session, pair } = await opened()
    session.notify({ modem: UNKNOWN_MODEM_STATE })
    await turns()
    expect(pair.programSees).toEqual({ cts: true, dsr: true, dcd: true, ri: false })
  })

  it('sees a break of the device', async () => {
    const { session, pair } = await opened()
    session.notify({ line: { ...NO_LINE_ERRORS, break: 1 } })
    await turns()
    expect(pair.breaks).toBe(1)
  })

  it('ends when it closes its port, and the next one finds nothing stale', async () => {
    const { session, log, pair, visits } = await opened()
    session.resume()
    log.length = 0
    pair.programStalls()
    session.write(new Uint8Array(10_000))
    pair.programWrites(hex('41'))
    pair.programCloses()
    await turns()
    // Its lines fell with it: that is no wish of the program's.
    expect(log).toEqual(['41', 'done'])
    expect(session.queued).toBe(10_000 - 4096)
    pair.programReads()
    pair.programOpens()
    await turns()
    expect(visits).toHaveLength(2)
    visits[1]!.session.write(hex('03'))
    expect(toHex(pair.programGot)).toBe('03')
  })

  it('takes its break back where it closes in the midst of it', async () => {
    const { session, log, pair } = await opened()
    session.resume()
    log.length = 0
    pair.programBreaks(true)
    pair.programCloses()
    await turns()
    expect(log).toEqual([{ break: true }, { break: false }, 'done'])
  })

  it('that opens and closes at once, and again, is two, each with its own', async () => {
    const { session, log, pair, visits } = await opened()
    pair.programWrites(hex('01'))
    pair.programCloses()
    pair.programOpens()
    pair.programSets({ baudRate: 300 })
    pair.programWrites(hex('02'))
    pair.programCloses()
    await turns()
    expect(visits).toHaveLength(1)
    session.resume()
    expect(log.slice(2)).toEqual(['01', 'done'])
    visits[1]!.session.resume()
    expect(visits[1]!.log.slice(2)).toEqual([{ baudRate: 300 }, '02', 'done'])
  })

  it('gets another session where the hub ended the first, and loses nothing meanwhile', async () => {
    const { session, pair, visits, clock } = await opened()
    session.abort(SHUTDOWN)
    pair.programWrites(hex('41 42'))
    await turns()
    expect(visits).toHaveLength(1)
    await clock.advance(500)
    expect(visits).toHaveLength(2)
    visits[1]!.session.resume()
    expect(visits[1]!.log.slice(2)).toEqual(['41 42'])
  })

  it('may write a mebibyte at once to somebody who does not read yet', async () => {
    const { session, log, pair, faults } = await opened()
    const all = new Uint8Array(1024 * 1024).map((_, at) => at % 251)
    expect(pair.programWrites(all)).toBe(0)
    await turns()
    const got: Uint8Array[] = []
    log.length = 0
    session.onData((bytes) => got.push(bytes))
    session.resume()
    await vi.waitFor(() => expect(got.reduce((sum, each) => sum + each.length, 0)).toBe(all.length))
    expect(Buffer.concat(got).equals(all)).toBe(true)
    expect(faults).toEqual([])
  })

  it('never hangs where it writes more than anybody reads: that is counted and told, and its settings are asked for again', async () => {
    const { session, pair, faults, clock, log } = await opened()
    const lost = pair.programWrites(new Uint8Array(6 * 1024 * 1024))
    expect(lost).toBeGreaterThan(1024 * 1024)
    pair.programSets({ baudRate: 300 })
    await clock.advance(1000)
    expect(faults).toEqual([expect.stringContaining(`${lost} bytes that a program wrote to COM7 are lost`)])
    session.resume()
    await vi.waitFor(() => expect(log).toContainEqual({ baudRate: 300 }))
    await clock.advance(5000)
    expect(faults).toHaveLength(1)
    session.resume()
    session.pause()
    const more = pair.programWrites(new Uint8Array(6 * 1024 * 1024))
    await clock.advance(1000)
    session.abort(DONE)
    await turns()
    expect(faults[1]).toContain(`${lost + more} bytes`)
  })

  it('has less room where the system gives no more', async () => {
    const pair = new Com0comPair()
    pair.memory = 300_000
    await Com0comSource.open({ path: 'CNCB0', address: 'COM7', presence: 'dcd', open: pair.open })
    expect(pair.programWrites(new Uint8Array(256 * 1024))).toBe(0)
    expect(pair.programWrites(new Uint8Array(10))).toBe(10)
  })
})

describe('a pair whose driver tells nothing', () => {
  const mute: PairWiring = { capabilities: 0, dcd: 'rdtr' }

  it('says so, and carries data and modem lines', async () => {
    expect((await rig()).source.carries).toBe(CARRIED)
    const { source, pair, visits } = await rig(mute, { presence: 'lines' })
    expect(source.carries).toEqual(['data', 'dtr', 'rts', 'cts', 'dsr'])
    pair.programOpens()
    await turns()
    const { session, log } = visits[0]!
    session.resume()
    pair.programWrites(hex('41 FF 42'))
    await turns()
    pair.programDrives(true, false)
    await turns()
    expect(log).toEqual([{ dtr: true, rts: true }, '41 FF 42', { rts: false }])
    session.notify({ modem: { cts: false, dsr: true, dcd: true, ri: true } })
    await turns()
    expect(pair.programSees).toMatchObject({ cts: false, dsr: true })
    pair.programCloses()
    await turns()
    expect(log.at(-1)).toBe('done')
  })

  it('has a program where somebody writes, though no line is driven', async () => {
    const { pair, visits } = await rig(mute, { presence: 'lines' })
    pair.programOpens(false, false)
    await turns()
    expect(visits).toEqual([])
    pair.programWrites(hex('41'))
    await turns()
    visits[0]!.session.resume()
    expect(visits[0]!.log.at(-1)).toBe('41')
  })
})

describe('a virtual COM port', () => {
  it('whose pair disappears ends its session, and comes back', async () => {
    const { pair, log, session, faults, clock, visits } = await opened()
    session.resume()
    pair.programCloses()
    await turns()
    pair.programOpens()
    await turns()
    pair.disappears()
    expect(visits[1]!.log).toEqual(['done'])
    expect(log.at(-1)).toBe('done')
    expect(faults).toEqual(['The virtual port COM7 is gone: the device is gone. It is tried again.'])
    expect(pair.opened).toBe(1)
    await clock.advance(500)
    await turns()
    expect(pair.opened).toBe(2)
    await vi.waitFor(() => expect(visits).toHaveLength(3))
  })

  it('lets a program that is there finish, and closes behind it', async () => {
    const { source, session, pair } = await opened()
    await source.close(SHUTDOWN)
    session.write(hex('41'))
    expect(await session.close(SHUTDOWN, 100)).toBe(0)
    expect(toHex(pair.programGot)).toBe('41')
    expect(pair.programOpens()).toBe(false)
    // What it writes now goes nowhere, and does not wait.
    expect(pair.programWrites(hex('42'))).toBe(1)
  })

  it('refuses programs where nobody serves it any more, and tries again', async () => {
    const pair = new Com0comPair()
    const clock = new FakeClock()
    const source = await Com0comSource.open({
      path: 'CNCB0',
      address: 'COM7',
      presence: 'dcd',
      clock,
      open: pair.open
    })
    source.onSession(() => expect.fail()).dispose()
    await turns()
    pair.programOpens()
    await turns()
    expect(clock.pending).toBe(1)
  })
})

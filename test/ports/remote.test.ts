import { describe, expect, it } from 'vitest'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { LineState, ModemState } from '../../src-main/contract/line.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { HIGH_WATER } from '../../src-main/base/duplex.ts'
import type { RemoteMode } from '../../src-main/net/telnet-link.ts'
import { MAX_UNREAD_REPLIES, READ_AHEAD } from '../../src-main/net/telnet-link.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { openRemotePort } from '../../src-main/ports/remote.ts'
import type { RemotePortOptions } from '../../src-main/ports/remote.ts'
import { AGREEMENT_TIMEOUT_MS } from '../../src-main/ports/remote-com-port.ts'
import { REQUEST_TIMEOUT_MS } from '../../src-main/ports/remote-requests.ts'
import { RemotePortSource } from '../../src-main/ports/remote-source.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { hex, randomFrom, toHex } from '../hex.ts'
import { ScriptedConnection } from '../scripted-connection.ts'

const OFFER = 'FFFB2C FFFB00 FFFD00 FFFB03 FFFD03'
const spaced = (text: string): string => toHex(hex(text))
const never = new AbortController().signal

/** What an honest server at 9600 7E2 with RTS/CTS answers, by what it is asked. */
const ANSWERS: Readonly<Record<string, string>> = {
  'FF FB 2C FF FB 00 FF FD 00 FF FB 03 FF FD 03': 'FFFD2C',
  'FF FA 2C 01 00 00 00 00 FF F0': 'FFFA2C 65 00002580 FFF0',
  'FF FA 2C 02 00 FF F0': 'FFFA2C 66 07 FFF0',
  'FF FA 2C 03 00 FF F0': 'FFFA2C 67 03 FFF0',
  'FF FA 2C 04 00 FF F0': 'FFFA2C 68 02 FFF0',
  'FF FA 2C 05 00 FF F0': 'FFFA2C 69 03 FFF0',
  'FF FA 2C 05 07 FF F0': 'FFFA2C 69 09 FFF0',
  'FF FA 2C 05 0A FF F0': 'FFFA2C 69 0B FFF0',
  'FF FA 2C 0B FF FF FF F0': 'FFFA2C 6F FFFF FFF0 | FFFA2C 6B 30 FFF0',
  'FF FA 2C 0A 1E FF F0': 'FFFA2C 6E 1E FFF0'
}

/** Answers in a later turn, as a network does. Silent about `except`. */
class Server extends ScriptedConnection {
  readonly asked: string[] = []
  readonly except = new Set<string>()
  readonly answers: Record<string, string> = { ...ANSWERS }

  constructor() {
    super()
    this.onReceived((bytes) => {
      const request = toHex(bytes)
      this.asked.push(request)
      const answer = this.answers[request]
      if (answer !== undefined && !this.except.has(request)) setImmediate(() => this.say(answer))
    })
  }

  /** What was asked since the last call. */
  news(): string[] {
    return this.asked.splice(0)
  }
}

interface Opened {
  readonly server: Server
  readonly clock: FakeClock
  readonly warnings: string[]
  readonly opening: Promise<Port>
}

function open(
  mode: RemoteMode,
  options: RemotePortOptions = {},
  server = new Server(),
  signal = never
): Opened {
  const clock = new FakeClock()
  const warnings: string[] = []
  const warn = (message: string): void => {
    warnings.push(message)
  }
  const opening = openRemotePort(server, mode, { warn, clock, ...options }, signal)
  // Tests that expect a rejection look at it themselves.
  opening.catch(() => undefined)
  return { server, clock, warnings, opening }
}

/** Open, with the masks said and answered. */
async function opened(options: RemotePortOptions = {}): Promise<Opened & { port: Port }> {
  const all = open('rfc2217', options)
  const port = await all.opening
  for (let n = 0; n < 4; n++) await settle()
  all.server.news()
  return { ...all, port }
}

describe('opening with RFC 2217', () => {
  it('offers WILL COM-PORT, asks for what is, and sets nothing', async () => {
    const { server, opening, warnings } = open('rfc2217')
    const port = await opening
    for (let n = 0; n < 4; n++) await settle()
    expect(server.asked).toEqual(Object.keys(ANSWERS))
    expect(port.settings).toEqual({
      baudRate: 9600,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      flowControl: 'rtscts'
    })
    expect(port.lines).toEqual({ dtr: false, rts: true, break: false })
    expect(port.modemState).toEqual({ cts: true, dsr: true, dcd: false, ri: false })
    expect([...port.capabilities.settings].length).toBe(5)
    expect([...port.capabilities.control].sort()).toEqual(['break', 'dtr', 'rts'])
    expect(warnings).toEqual([])
  })

  it('knows no modem state before the server told one', async () => {
    const server = new Server()
    server.answers['FF FA 2C 0B FF FF FF F0'] = 'FFFA2C 6F FFFF FFF0'
    const port = await open('rfc2217', {}, server).opening
    expect(port.modemState).toEqual({ cts: 'unknown', dsr: 'unknown', dcd: 'unknown', ri: 'unknown' })
  })

  it('never negotiates twice: the greeting of ser2net is an answer to the offer', async () => {
    const server = new Server()
    server.answers[spaced(OFFER)] = 'FFFB03 FFFD03 FFFB01 FFFE01 FFFD00 FFFB00 FFFD2C'
    await open('rfc2217', {}, server).opening
    // DO ECHO is the only thing left to say.
    expect(server.asked.filter((each) => !each.startsWith('FF FA'))).toEqual([spaced(OFFER), 'FF FD 01'])
  })

  it('agrees with a server that says WILL COM-PORT too (pyserial)', async () => {
    const server = new Server()
    server.answers[spaced(OFFER)] = 'FFFB2C FFFD2C'
    await open('rfc2217', {}, server).opening
    expect(server.asked[1]).toBe('FF FD 2C')
    expect(server.asked.filter((each) => each.includes('2C') && !each.startsWith('FF FA')).length).toBe(2)
  })

  it('sends no subnegotiation and nothing but three-byte options before DO COM-PORT (QEMU)', async () => {
    const server = new Server()
    server.except.add(spaced(OFFER))
    const { clock, opening } = open('rfc2217', {}, server)
    await clock.advance(AGREEMENT_TIMEOUT_MS - 1)
    expect(server.asked).toEqual([spaced(OFFER)])
    server.say('FFFD2C')
    await opening
    expect(server.asked.length).toBeGreaterThan(5)
  })

  it('applies a wish right after, one request at a time', async () => {
    const server = new Server()
    server.answers['FF FA 2C 01 00 00 E1 00 FF F0'] = 'FFFA2C 65 0000E100 FFF0'
    server.answers['FF FA 2C 04 03 FF F0'] = 'FFFA2C 68 03 FFF0'
    const { opening } = open('rfc2217', { settings: { baudRate: 57_600, stopBits: 1.5 } }, server)
    const port = await opening
    expect(port.settings).toMatchObject({ baudRate: 57_600, stopBits: 1.5, dataBits: 7 })
  })

  it('falls back to plain telnet after 4 s, with a warning, and loses nothing that came meanwhile', async () => {
    const server = new Server()
    server.except.add(spaced(OFFER))
    const { clock, warnings, opening } = open('rfc2217', {}, server)
    server.say('48 69')
    await clock.advance(AGREEMENT_TIMEOUT_MS)
    const port = await opening
    expect(AGREEMENT_TIMEOUT_MS).toBe(4000)
    expect(warnings.join()).toContain(
      'does not speak RFC 2217 (no answer within 4 s): going on as plain telnet'
    )
    expect(port.capabilities.settings.size).toBe(0)
    expect(port.capabilities.modem.size).toBe(0)
    const got: string[] = []
    port.onData((bytes) => got.push(toHex(bytes)))
    port.resume()
    expect(got).toEqual(['48 69'])
    // A DO that comes too late is taken back, and no request is ever sent.
    server.news()
    server.say('FFFD2C')
    expect(await port.apply({ baudRate: 300 }, never)).toEqual({ ...DEFAULT_SETTINGS, baudRate: 300 })
    expect(server.news()).toEqual(['FF FC 2C'])
  })

  it('falls back at once where the server refuses', async () => {
    const server = new Server()
    server.answers[spaced(OFFER)] = 'FFFE2C'
    const { warnings, opening, clock } = open('rfc2217', {}, server)
    await opening
    expect(warnings.join()).toContain('it refused')
    expect(clock.pending).toBe(0)
  })

  it('says what to use instead where RFC 2217 is required', async () => {
    const server = new Server()
    server.answers[spaced(OFFER)] = 'FFFE2C'
    const { opening } = open('rfc2217', { requireRfc2217: true }, server)
    await expect(opening).rejects.toMatchObject({
      code: 'peer-protocol',
      message: '192.0.2.7:50112 does not speak RFC 2217 (it refused). Use telnet:// or raw:// instead.'
    })
    expect(server.ended).toBe(true)
  })

  it.each([1, 3, 8])('is a Fault when the connection ends at step %i', async (step) => {
    const server = new Server()
    server.except.add(Object.keys(ANSWERS)[step - 1] ?? '')
    const { opening, clock } = open('rfc2217', {}, server)
    for (let n = 0; n < 20; n++) await settle()
    server.end()
    await expect(opening).rejects.toMatchObject({ code: 'peer-closed' })
    expect(clock.pending).toBe(0)
  })

  it('tells what the server said before it hung up (ser2net: the port is in use)', async () => {
    const server = new Server()
    server.answers['FF FA 2C 01 00 00 00 00 FF F0'] = '50 6F 72 74 20 69 6E 20 75 73 65 1B 07 0D 0A'
    const { opening } = open('rfc2217', {}, server)
    for (let n = 0; n < 6; n++) await settle()
    server.end()
    await expect(opening).rejects.toMatchObject({
      code: 'peer-closed',
      message: 'The connection to 192.0.2.7:50112 ended: closed. Connect again. It said: Port in use'
    })
  })

  it.each([1, 3])('ends with its signal at step %i, and the connection with it', async (step) => {
    const server = new Server()
    server.except.add(Object.keys(ANSWERS)[step - 1] ?? '')
    const abort = new AbortController()
    const { opening, clock } = open('rfc2217', {}, server, abort.signal)
    for (let n = 0; n < 20; n++) await settle()
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(opening).rejects.toBe(reason)
    expect(server.ended).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('opens with a server that answers no question, and says so', async () => {
    const server = new Server()
    for (const query of Object.keys(ANSWERS).slice(1)) server.except.add(query)
    const { clock, opening, warnings } = open('rfc2217', {}, server)
    await clock.advance(20_000)
    const port = await opening
    expect(port.settings).toEqual(DEFAULT_SETTINGS)
    // Two settings and one line: then it is clear.
    expect(server.asked.slice(1, 5)).toEqual(
      ['01 00000000', '02 00', '05 07', '0B FFFF'].map((each) => spaced(`FFFA2C ${each} FFF0`))
    )
    expect(warnings).toEqual([
      '192.0.2.7:50112 does not tell all of its settings; what is in force may differ from what is shown.'
    ])
  })

  it('waits less than a second for a server that answers no control queries (pyserial)', async () => {
    const server = new Server()
    for (const query of ['07', '0A']) server.except.add(spaced(`FFFA2C 05 ${query} FFF0`))
    const { clock, opening, warnings } = open('rfc2217', {}, server)
    for (let n = 0; n < 12; n++) await settle()
    await clock.advance(1000)
    await opening
    expect(server.asked.filter((each) => each.startsWith('FF FA 2C 05')).length).toBe(2)
    expect(warnings).toEqual([])
  })

  it('reads settings from a chatty device that nobody reads yet', async () => {
    const server = new Server()
    server.send(new Uint8Array(READ_AHEAD / 2).fill(0x41))
    const port = await open('rfc2217', {}, server).opening
    expect(port.settings.baudRate).toBe(9600)
    let bytes = 0
    port.onData((chunk) => (bytes += chunk.length))
    port.resume()
    expect(bytes).toBe(READ_AHEAD / 2)
  })
})

describe('settings and lines', () => {
  it('asks one at a time and answers the actual values', async () => {
    const { server, port } = await opened()
    port.onSettings(() => expect.unreachable('our own wish is no news'))
    const applied = port.apply({ baudRate: 250_000, parity: 'mark', flowControl: 'none' }, never)
    await settle()
    expect(server.news()).toEqual([spaced('FFFA2C 01 0003D090 FFF0')])
    server.say('FFFA2C 65 00038400 FFF0')
    await settle()
    expect(server.news()).toEqual([spaced('FFFA2C 03 04 FFF0')])
    server.say('FFFA2C 67 03 FFF0')
    await settle()
    expect(server.news()).toEqual([spaced('FFFA2C 05 01 FFF0')])
    server.say('FFFA2C 69 01 FFF0')
    expect(await applied).toEqual({
      baudRate: 230_400,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      flowControl: 'none'
    })
  })

  it('drives DTR, RTS and break, and answers the actual lines', async () => {
    const { server, port } = await opened()
    const controlled = port.control({ dtr: true, rts: false, break: true })
    for (const [request, answer] of [
      ['08', '08'],
      ['0C', '0B'],
      ['05', '05']
    ] as const) {
      await settle()
      expect(server.news()).toEqual([spaced(`FFFA2C 05 ${request} FFF0`)])
      server.say(`FFFA2C 69 ${answer} FFF0`)
    }
    expect(await controlled).toEqual({ dtr: true, rts: true, break: true })
    expect(port.lines).toEqual({ dtr: true, rts: true, break: true })
  })

  it('goes on after 2 s without acknowledgement, with one warning, and takes a late answer as news', async () => {
    const { server, port, clock, warnings } = await opened()
    expect(REQUEST_TIMEOUT_MS).toBe(2000)
    server.except.add(spaced('FFFA2C 01 00000000 FFF0'))
    const applied = port.apply({ baudRate: 300, dataBits: 8 }, never)
    await clock.advance(REQUEST_TIMEOUT_MS)
    // Asked what became of it, it says nothing either.
    await clock.advance(250)
    expect(server.news()).toEqual(
      ['01 0000012C', '01 00000000', '02 08'].map((each) => spaced(`FFFA2C ${each} FFF0`))
    )
    server.say('FFFA2C 66 08 FFF0')
    expect(await applied).toMatchObject({ baudRate: 300, dataBits: 8 })
    expect(warnings).toEqual([
      '192.0.2.7:50112 does not acknowledge the baud rate; it may not have taken effect.'
    ])
    const news: number[] = []
    port.onSettings(({ baudRate }) => news.push(baudRate))
    server.say('FFFA2C 65 00000258 FFF0')
    expect(news).toEqual([600])
    expect(port.settings.baudRate).toBe(600)
    const again = port.apply({ baudRate: 300 }, never)
    // It is not waited for as long again.
    await clock.advance(500)
    await again
    expect(warnings.length).toBe(1)
  })

  it('learns what is in force where the server refuses without a word (ser2net: 1.5 stop bits)', async () => {
    const { server, port, clock, warnings } = await opened()
    server.answers[spaced('FFFA2C 04 00 FFF0')] = 'FFFA2C 68 02 FFF0'
    const applied = port.apply({ stopBits: 1.5 }, never)
    await clock.advance(REQUEST_TIMEOUT_MS)
    expect(await applied).toMatchObject({ stopBits: 2 })
    expect(warnings.length).toBe(1)
  })

  it('waits less for DTR and RTS of a device without them (ser2net sends the query back)', async () => {
    const server = new Server()
    server.answers[spaced('FFFA2C 05 07 FFF0')] = 'FFFA2C 69 07 FFF0'
    const { clock, opening } = open('rfc2217', {}, server)
    const port = await opening
    for (let n = 0; n < 4; n++) await settle()
    expect(port.lines.dtr).toBe(true)
    const controlled = port.control({ dtr: false })
    await clock.advance(250)
    expect(await controlled).toMatchObject({ dtr: false })
  })

  it('believes a break only where it asked for one (ser2net says on to whoever asks)', async () => {
    const { server, port } = await opened()
    server.say('FFFA2C 69 05 FFF0')
    expect(port.lines.break).toBe(false)
    server.answers[spaced('FFFA2C 05 05 FFF0')] = 'FFFA2C 69 06 FFF0'
    server.answers[spaced('FFFA2C 05 06 FFF0')] = 'FFFA2C 69 05 FFF0'
    expect(await port.control({ break: true })).toMatchObject({ break: false })
    server.answers[spaced('FFFA2C 05 05 FFF0')] = 'FFFA2C 69 05 FFF0'
    expect(await port.control({ break: true })).toMatchObject({ break: true })
    expect(await port.control({ break: false })).toMatchObject({ break: false })
  })

  it('reports what others changed over there', async () => {
    const { server, port } = await opened()
    const news: string[] = []
    port.onSettings(({ parity }) => news.push(parity))
    server.say('FFFA2C 67 02 FFF0 | FFFA2C 67 02 FFF0')
    expect(news).toEqual(['odd'])
  })

  it('sends a break of the given length, and the next one after it', async () => {
    const { server, port, clock } = await opened()
    server.answers[spaced('FFFA2C 05 05 FFF0')] = 'FFFA2C 69 05 FFF0'
    server.answers[spaced('FFFA2C 05 06 FFF0')] = 'FFFA2C 69 06 FFF0'
    const both = Promise.all([port.sendBreak(100), port.sendBreak(50)])
    for (let n = 0; n < 3; n++) await settle()
    await clock.advance(99)
    expect(server.news()).toEqual([spaced('FFFA2C 05 05 FFF0')])
    await clock.advance(1)
    for (let n = 0; n < 5; n++) await settle()
    expect(server.news()).toEqual([spaced('FFFA2C 05 06 FFF0'), spaced('FFFA2C 05 05 FFF0')])
    await clock.advance(50)
    await both
    expect(server.news()).toEqual([spaced('FFFA2C 05 06 FFF0')])
  })

  it('takes any answer about control as the acknowledgement of a break', async () => {
    const { server, port, warnings } = await opened()
    const controlled = port.control({ break: true })
    await settle()
    server.say('FFFA2C 69 0B FFF0')
    expect(await controlled).toMatchObject({ break: true, rts: true })
    expect(warnings).toEqual([])
  })

  it('takes 105 1 as the acknowledgement of DTR and RTS, and not as news of flow control (sredird)', async () => {
    const { server, port, warnings } = await opened()
    const controlled = port.control({ dtr: true })
    await settle()
    server.say('FFFA2C 69 01 FFF0')
    expect(await controlled).toMatchObject({ dtr: true })
    expect(port.settings.flowControl).toBe('rtscts')
    expect(warnings).toEqual([])
  })

  it('takes a state as the acknowledgement of a mask', async () => {
    const server = new Server()
    server.answers['FF FA 2C 0B FF FF FF F0'] = 'FFFA2C 6B 80 FFF0'
    server.answers['FF FA 2C 0A 1E FF F0'] = 'FFFA2C 6A 00 FFF0'
    const { clock, opening } = open('rfc2217', {}, server)
    const port = await opening
    for (let n = 0; n < 4; n++) await settle()
    expect(server.asked.at(-1)).toBe('FF FA 2C 0A 1E FF F0')
    expect(port.modemState.dcd).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('lets a request go before masks that nobody acknowledges', async () => {
    const server = new Server()
    server.except.add('FF FA 2C 0B FF FF FF F0')
    const { clock, opening } = open('rfc2217', {}, server)
    const port = await opening
    const applied = port.apply({ dataBits: 8 }, never)
    await clock.advance(1000)
    expect(server.asked.slice(-2)).toEqual([spaced('FFFA2C 0B FFFF FFF0'), spaced('FFFA2C 02 08 FFF0')])
    server.say('FFFA2C 66 08 FFF0')
    await applied
  })

  it('ends an apply with its signal', async () => {
    const { port } = await opened()
    const abort = new AbortController()
    const applied = port.apply({ baudRate: 300 }, abort.signal)
    abort.abort(new Error('enough'))
    await expect(applied).rejects.toThrow('enough')
  })

  it('rejects with a Fault what is asked of a port that is gone', async () => {
    const { server, port, clock } = await opened()
    const pending = [port.apply({ baudRate: 300 }, never), port.control({ dtr: true }), port.sendBreak(10)]
    const results = Promise.allSettled(pending)
    await settle()
    server.end({ code: 'error', message: 'reset' })
    for (const result of await results) expect(result).toMatchObject({ reason: { code: 'peer-closed' } })
    await expect(port.apply({ baudRate: 300 }, never)).rejects.toMatchObject({ code: 'peer-closed' })
    expect(clock.pending).toBe(0)
  })

  it('goes on as plain telnet when the server withdraws', async () => {
    const { server, port, warnings } = await opened()
    const applied = port.apply({ baudRate: 300 }, never)
    await settle()
    server.say('FFFE2C')
    await applied
    expect(warnings.join()).toContain('withdrew RFC 2217')
    expect(port.capabilities.settings.size).toBe(0)
    server.news()
    await port.apply({ baudRate: 300 }, never)
    expect(server.news()).toEqual([])
  })
})

describe('what the server says unasked', () => {
  it('modem and line state become events', async () => {
    const { server, port } = await opened()
    const modem: ModemState[] = []
    const line: LineState[] = []
    port.onModemState((state) => modem.push(state))
    port.onLineState((state) => line.push(state))
    server.say('FFFA2C 6B C8 FFF0 | FFFA2C 6B C0 FFF0')
    expect(modem).toEqual([{ dcd: true, ri: true, dsr: false, cts: false }])
    server.say('FFFA2C 6A 00 FFF0 | FFFA2C 6A 61 FFF0 | FFFA2C 6A 1A FFF0')
    expect(line).toEqual([{ overrun: 1, parity: 0, framing: 1, break: 1 }])
  })

  it.each(['6C 6D', '08 09'])('SUSPEND and RESUME hold our data back (%s)', async (codes) => {
    const { server, port } = await opened()
    const [suspend = '', resume = ''] = codes.split(' ')
    server.say(`FFFA2C ${suspend} FFF0`)
    expect(port.suspended).toBe(true)
    let drains = 0
    port.onDrain(() => drains++)
    expect(port.write(hex('41 FF'))).toBe(true)
    expect(port.write(new Uint8Array(HIGH_WATER))).toBe(false)
    expect(port.queued).toBe(HIGH_WATER + 3)
    expect(server.news()).toEqual([])
    server.say(`FFFA2C ${resume} FFF0`)
    expect(port.suspended).toBe(false)
    expect(server.news()[0]).toBe('41 FF FF')
    expect(drains).toBe(1)
  })

  it('a question for our signature is answered', async () => {
    const { server } = await opened()
    server.say('FFFA2C 64 FFF0 | FFFA2C 64 73 65 72 FFF0')
    expect(server.news()).toEqual([spaced('FFFA2C 00 46617270 6F7274 FFF0')])
  })

  it('questions of a server that reads no answer are read no further', async () => {
    const { server, port } = await opened()
    server.stall()
    for (let n = 0; n < 100_000 && !server.paused; n++) server.say('FFFA2C 64 FFF0')
    expect(server.paused).toBe(true)
    expect(port.queued).toBeLessThan(HIGH_WATER + 2 * MAX_UNREAD_REPLIES)
    server.flow()
    expect(server.paused).toBe(false)
  })

  it.each(['close', 'abort'] as const)('nothing of it is told after a %s from within', async (how) => {
    const { server, port } = await opened()
    const log: string[] = []
    port.resume()
    port.onData((bytes) => log.push(toHex(bytes)))
    port.onLineState(() => log.push('line state'))
    port.onModemState(() => {
      if (how === 'abort') port.abort(DONE)
      else void port.close(DONE, 1000)
    })
    server.stall()
    port.write(hex('42'))
    server.say('41 | FFFA2C 6B C0 FFF0 | 43 | FFFA2C 6A 1E FFF0 | 44')
    server.flow()
    expect(log).toEqual([])
    expect(server.ended).toBe(true)
  })

  it('garbage is ignored with one warning', async () => {
    const { server, port, warnings } = await opened()
    server.say('FFFA2C 01 00002580 FFF0 | FFFA2C 02 08 FFF0 | FFFA2C C8 FFF0')
    server.say('FF FA 2C | 00 FF F3')
    expect(port.settings.baudRate).toBe(9600)
    expect(warnings).toEqual([
      '192.0.2.7:50112 sent an unknown com port command; it was ignored.',
      '192.0.2.7:50112 sent a command inside a subnegotiation; it was ignored.'
    ])
  })

  it('2,000 chunks of garbage leave it alive', async () => {
    const { server, port } = await opened()
    const random = randomFrom(5)
    const alphabet = hex('FF FF FA F0 FB FD FE FC F3 2C 65 66 69 6A 6B 6C 6D 01 08 0B')
    for (let n = 0; n < 2000; n++)
      server.send(Uint8Array.from({ length: 50 }, () => alphabet[random(alphabet.length)] ?? 0))
    server.say('FFF0 | FFFA2C 6D FFF0')
    server.news()
    port.write(hex('41'))
    expect(server.news().at(-1)).toBe('41')
  })
})

describe('data', () => {
  it('goes both ways, 0xFF doubled, paused from birth', async () => {
    const { server, port } = await opened()
    const got: string[] = []
    port.onData((bytes) => got.push(toHex(bytes)))
    server.say('41 42')
    expect(got).toEqual([])
    port.resume()
    server.say('FF FF')
    expect(got).toEqual(['41 42', 'FF'])
    port.write(hex('FF 41'))
    expect(server.news()).toEqual(['FF FF 41'])
  })

  it('lets answers past data that nobody takes, and reads ahead a bounded way', async () => {
    const { server, port } = await opened()
    const applied = port.apply({ dataBits: 8 }, never)
    server.send(new Uint8Array(100_000))
    server.say('FFFA2C 66 08 FFF0')
    expect(await applied).toMatchObject({ dataBits: 8 })
    for (let n = 0; n < 100; n++) server.send(new Uint8Array(100_000))
    expect(server.paused).toBe(true)
    expect(server.unread).toBeGreaterThan(8_000_000)
    let bytes = 0
    port.onData((chunk) => (bytes += chunk.length))
    port.resume()
    expect(bytes).toBe(10_100_000)
  })

  it('hands on what came before the end, though paused', async () => {
    const { server, port } = await opened()
    const log: string[] = []
    port.onData((bytes) => log.push(toHex(bytes)))
    port.onClose(({ code }) => log.push(code))
    server.say('41')
    server.end()
    expect(log).toEqual(['41', 'done'])
  })

  it('purges here and over there', async () => {
    const { server, port } = await opened()
    server.say('41 42 | FFFA2C 6C FFF0')
    port.write(hex('43'))
    port.purge('both')
    expect(server.news()).toEqual([spaced('FFFA2C 0C 03 FFF0')])
    server.say('FFFA2C 70 03 FFF0 | FFFA2C 6D FFF0')
    const got: string[] = []
    port.onData((bytes) => got.push(toHex(bytes)))
    port.resume()
    expect(got).toEqual([])
    expect(server.news()).toEqual([])
  })

  it('closes by draining', async () => {
    const { server, port } = await opened()
    server.stall()
    port.write(hex('41 42 43'))
    const lost = port.close(DONE, 1000)
    server.take(3)
    expect(await lost).toBe(0)
  })
})

describe('plain telnet', () => {
  it('says nothing before the far end shows that it speaks telnet, then asks for binary, never for COM-PORT', async () => {
    const { server, opening } = open('telnet')
    const port = await opening
    expect(server.asked).toEqual([])
    server.say('FFFB03 FFFD2C')
    expect(server.news().join(' | ')).toBe(['FFFD03', 'FFFB00 FFFD00', 'FFFC2C'].map(spaced).join(' | '))
    server.say('FFFD00 FFFB00')
    expect(server.news()).toEqual([])
    expect([...port.capabilities.control]).toEqual(['break'])
    expect(port.capabilities.settings.size + port.capabilities.modem.size).toBe(0)
  })

  it('asks once for binary: a server that refuses it is not asked again and again', async () => {
    const { server, opening } = open('telnet')
    await opening
    server.say('FFFB03')
    expect(server.news()).toEqual(['FFFD03', 'FFFB00 FFFD00'].map(spaced))
    for (let n = 0; n < 3; n++) server.say('FFFE00 FFFC00')
    expect(server.news()).toEqual([])
  })

  it('remembers settings and lines, and sends IAC BRK for a break', async () => {
    const { server, opening, clock } = open('telnet', { settings: { baudRate: 300 } })
    const port = await opening
    expect(port.settings).toEqual({ ...DEFAULT_SETTINGS, baudRate: 300 })
    expect(await port.control({ dtr: false })).toEqual({ dtr: false, rts: true, break: false })
    const sent = port.sendBreak(20)
    await clock.advance(20)
    await sent
    expect(server.news()).toEqual(['FF F3'])
    await port.control({ break: true })
    await port.control({ break: true })
    await port.control({ break: false })
    expect(server.news()).toEqual(['FF F3'])
  })
})

describe('a server that says why and hangs up', () => {
  it.each([
    ['telnet', DONE],
    ['raw', DONE],
    ['telnet', { code: 'error', message: 'reset' }]
  ] as const)('is quoted in the reason of the end (%s, %o)', async (mode, end) => {
    const { server, opening } = open(mode)
    const port = await opening
    port.resume()
    const reasons: CloseReason[] = []
    port.onClose((reason) => reasons.push(reason))
    server.say('50 6F 72 74 1B 69 6E 20 75 73 65 0D 0A')
    server.end(end)
    expect(reasons).toEqual([{ code: end.code, message: `${end.message}, after it said "Port in use"` }])
    await expect(port.apply({}, never)).rejects.toMatchObject({ code: 'peer-closed' })
  })

  it.each([
    ['81 bytes came', 81, 0, DONE],
    ['it took its time', 2, 2000, DONE],
    ['it said nothing', 0, 0, DONE],
    ['we ended it', 2, 0, { code: 'shutdown', message: 'over' }]
  ] as const)('is not quoted where %s', async (_, size, ms, end) => {
    const { server, opening, clock } = open('raw')
    const port = await opening
    port.resume()
    const reasons: CloseReason[] = []
    port.onClose((reason) => reasons.push(reason))
    server.send(new Uint8Array(size).fill(0x41))
    await clock.advance(ms)
    server.end(end)
    expect(reasons).toEqual([end])
  })
})

describe('raw', () => {
  it('adds and takes nothing', async () => {
    const { server, opening, clock, warnings } = open('raw', { settings: { baudRate: 300 } })
    const port = await opening
    const got: string[] = []
    port.onData((bytes) => got.push(toHex(bytes)))
    port.resume()
    server.say('FF FD 2C FF FF')
    expect(got).toEqual(['FF FD 2C FF FF'])
    port.write(hex('FF F3'))
    expect(await port.apply({ dataBits: 7 }, never)).toEqual({
      ...DEFAULT_SETTINGS,
      baudRate: 300,
      dataBits: 7
    })
    const sent = port.sendBreak(20)
    await clock.advance(20)
    await sent
    await port.control({ break: true })
    // A share's clients are not refused what has no effect: it is said once.
    expect(warnings).toEqual([expect.stringMatching(/is raw and carries no break: left out\.$/)])
    port.purge('both')
    expect(server.asked).toEqual(['FF F3'])
    expect(port.capabilities.control.size).toBe(0)
  })

  it('reads nothing ahead while paused', async () => {
    const { server, opening } = open('raw')
    await opening
    server.say('41')
    expect(server.unread).toBe(1)
  })
})

describe('a far address as a source', () => {
  it('dials for each open, and passes warnings on', async () => {
    const connections: Server[] = []
    const dial = (): Promise<Server> => {
      const server = new Server()
      server.answers[spaced(OFFER)] = 'FFFE2C'
      connections.push(server)
      return Promise.resolve(server)
    }
    const source = new RemotePortSource({ label: 'rfc2217://host:7000', dial, mode: 'rfc2217' })
    const warnings: string[] = []
    source.onWarning((message) => warnings.push(message))
    expect((await source.open({ baudRate: 300 }, never)).settings.baudRate).toBe(300)
    await source.open({}, never)
    expect(source.label).toBe('rfc2217://host:7000')
    expect(connections.length).toBe(2)
    expect(warnings.length).toBe(2)
  })
})

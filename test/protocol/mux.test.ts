import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MuxEvent } from '../../src-main/protocol/mux.ts'
import { MAX_CHANNELS, MAX_SERVICE, MESSAGE_COST, Mux, WINDOW } from '../../src-main/protocol/mux.ts'
import { hex, toHex } from '../hex.ts'
import { TEN_THOUSAND, bytesOf, cut, cuts, joined } from '../properties.ts'

const INIT = hex('11 00 01 00')
/** gtlssh asks for channel 0 with a window of 16 KiB and the service "mux". */
const ASKED = hex('22 00 00 00 | 00 00 40 00 | 00 03 6D 75 78')

/** A mux whose far side is the hand of the test. */
function mux(): Mux {
  const made = new Mux()
  made.receive(INIT)
  return made
}

/** With channel 0 open, as the far side wanted it: it calls the channel 7. */
function opened(window = '00 00 40 00'): Mux {
  const made = mux()
  made.receive(hex(`22 00 00 07 | ${window} | 00 00`))
  made.accept(0)
  return made
}

const data = (bytes: string, flags = '00', acknowledged = '00 00 00 00'): Uint8Array => {
  const payload = hex(bytes)
  return joined([
    hex(`52 ${flags} 00 00 | ${acknowledged}`),
    Uint8Array.of(payload.length >> 8, payload.length & 0xff),
    payload
  ])
}

const told = (events: readonly MuxEvent[]): string[] =>
  events.map((event) => {
    switch (event.type) {
      case 'violation':
        return event.what
      case 'data':
        return `${event.channel}: ${toHex(event.bytes)} (${event.cost})`
      case 'asked':
        return `${event.channel} for ${Buffer.from(event.service).toString()}`
      case 'refused':
      case 'closed':
        return `${event.channel} ${event.type} ${event.error}`
      case 'opened':
      case 'room':
        return `${event.channel} ${event.type}`
      case 'send':
        return toHex(event.bytes)
      case 'ready':
        return 'ready'
    }
  })

describe('gensio mux', () => {
  it('begins with its version, and takes a channel that is asked for', () => {
    const far = new Mux()
    expect(far.start()).toEqual(INIT)
    expect(told(far.receive(joined([INIT, ASKED])))).toEqual(['ready', '0 for mux'])
    // Called 0 there, with our window, called 0 here, no error.
    expect(far.accept(0)).toEqual(hex('33 00 00 00 | 00 01 00 00 | 00 00 00 00'))
  })

  it('asks for a channel', () => {
    const near = mux()
    const { channel, bytes } = near.open(hex('41 42'))
    expect(bytes).toEqual(hex('22 00 00 00 | 00 01 00 00 | 00 02 41 42'))
    expect(near.room(channel, 10)).toBe(0)
    expect(told(near.receive(hex('33 00 00 00 | 00 00 04 00 | 00 05 00 00')))).toEqual(['0 opened'])
    expect(near.room(channel, 10)).toBe(10)
    expect(near.send(channel, 10)).toEqual(hex('52 00 00 05 | 00 00 00 00 | 00 0A'))
  })

  it('hears that it may not have one', () => {
    const near = mux()
    near.open()
    expect(told(near.receive(hex('33 00 00 00 | 00 00 04 00 | 00 00 00 02')))).toEqual(['0 refused 2'])
  })

  it('refuses a channel, and knows none then', () => {
    const far = opened()
    expect(told(far.receive(hex('22 00 00 08 | 00 00 40 00 | 00 03 74 63 70')))).toEqual(['1 for tcp'])
    expect(far.refuse(1, 2)).toEqual(hex('33 00 00 08 | 00 01 00 00 | 00 00 00 02'))
    expect(told(far.receive(hex('52 00 00 01 | 00 00 00 00 | 00 00')))).toEqual([
      'data for channel 1, which is not open'
    ])
  })

  it('refuses by itself when there are too many, and keeps the beginning of a long name', () => {
    const far = mux()
    const asked = (channel: number): Uint8Array =>
      hex(`22 00 00 ${toHex(Uint8Array.of(channel))} | 00 00 40 00 | 00 00`)
    for (let n = 0; n < MAX_CHANNELS; n++) expect(told(far.receive(asked(n)))).toEqual([`${n} for `])
    expect(told(far.receive(asked(MAX_CHANNELS)))).toEqual(['33 00 00 08 00 01 00 00 00 00 00 0A'])
    const long = mux().receive(joined([hex('22 00 00 00 | 00 00 40 00 | FF FF'), new Uint8Array(0xffff)]))
    expect(long.map((event) => event.type === 'asked' && event.service.length)).toEqual([MAX_SERVICE])
  })

  it('hands on data piece by piece; each message costs three bytes more', () => {
    const far = opened()
    const bytes = data('01 02 03 04 05')
    expect(told(far.receive(bytes.subarray(0, 12)))).toEqual(['0: 01 02 (5)'])
    expect(told(far.receive(bytes.subarray(12)))).toEqual(['0: 03 04 05 (3)'])
    expect(told(far.receive(data('')))).toEqual([])
  })

  it('acknowledges what was taken: with data, or when a quarter of the window is', () => {
    const far = opened()
    far.receive(data('01 02 03 04 05'))
    expect(far.taken(0, 8)).toBeUndefined()
    expect(far.send(0, 1)).toEqual(hex('52 00 00 07 | 00 00 00 08 | 00 01'))
    far.receive(joined([hex('52 00 00 00 | 00 00 00 00 | 7F FF'), new Uint8Array(0x7fff)]))
    expect(far.taken(0, WINDOW / 4 - 1)).toBeUndefined()
    expect(far.taken(0, 1)).toEqual(hex('52 00 00 07 | 00 00 40 00 | 00 00'))
  })

  it('drops out-of-band data, which cost as others do', () => {
    expect(told(opened().receive(data('77 00 08', '02')))).toEqual(['0:  (6)'])
  })

  it('sends at most half a window at once, and no more than is left of it', () => {
    // As ser2net has it: 1 KiB.
    const near = opened('00 00 04 00')
    expect(near.room(0, 10_000)).toBe(512 - MESSAGE_COST)
    near.send(0, 509)
    expect(near.room(0, 10_000)).toBe(509)
    near.send(0, 500)
    expect(near.room(0, 10)).toBe(0)
    expect(near.room(0, 6)).toBe(6)
    expect(told(near.receive(data('', '00', '00 00 02 00')))).toEqual(['0 room'])
    expect(near.room(0, 10_000)).toBe(509)
  })

  it('sends records of TLS where the window is large', () => {
    expect(opened('00 0F FE 40').room(0, 1 << 20)).toBe(16 * 1024 - 10)
  })

  it('closes, and says nothing behind that', () => {
    const near = opened()
    expect(near.close(0)).toEqual(hex('42 00 00 07 | 00 00 00 00'))
    expect(near.close(0)).toBeUndefined()
    expect(near.room(0, 1)).toBe(0)
    expect(told(near.receive(data('01 02')))).toEqual([])
    expect(near.taken(0, WINDOW)).toBeUndefined()
    expect(told(near.receive(hex('42 00 00 00 | 00 00 00 00')))).toEqual(['0 closed 0'])
    expect(told(near.receive(data('01 02')))).toEqual(['data for channel 0, which is not open'])
  })

  it('answers a close when it is told to', () => {
    const far = opened()
    expect(told(far.receive(joined([data('01'), hex('42 00 00 00 | 00 1A 00 00')])))).toEqual([
      '0: 01 (4)',
      '0 closed 26'
    ])
    expect(far.room(0, 1)).toBe(0)
    expect(far.close(0)).toEqual(hex('42 00 00 07 | 00 00 00 00'))
    expect(far.close(0)).toBeUndefined()
  })

  it.each([
    ['01 00', 'no message that we know (0)'],
    ['61', 'no message that we know (6)'],
    ['51 00', 'a header of 4 bytes before data'],
    ['54', 'a header of 16 bytes before data'],
    ['11 00 01 00', 'a second init'],
    ['22 00 00 08 00 00 00 80', 'a window of 128 bytes'],
    ['22 00 00 07 00 00 40 00', 'a second channel 7'],
    ['33 00 00 00 00 00 40 00 00 00 00 00', 'an answer for channel 0, which was not asked for'],
    ['52 00 00 01 00 00 00 00', 'data for channel 1, which is not open'],
    ['52 00 00 00 00 00 00 01', '1 bytes acknowledged, where 0 were sent'],
    ['42 00 00 01 00 00 00 00', 'close of channel 1, which is not open'],
    ['52 00 00 00 00 00 00 00 FF FE', '65537 bytes under way, where 65536 are allowed']
  ])('ends at %s', (bytes, what) => {
    const far = opened()
    expect(told(far.receive(hex(bytes)))).toEqual([what])
    expect(far.receive(data('01'))).toEqual([])
  })

  it('takes nothing before init', () => {
    expect(told(new Mux().receive(ASKED))).toEqual(['open before init'])
  })
})

/** Neighbouring data joined: how data are cut up is no part of the protocol. */
function normal(events: readonly MuxEvent[]): unknown[] {
  const all: ({ channel: number; data: number[]; cost: number } | MuxEvent)[] = []
  for (const event of events) {
    const last = all.at(-1)
    if (event.type === 'violation') all.push({ ...event, bytes: new Uint8Array(0) })
    else if (event.type !== 'data') all.push(event)
    else if (last && 'data' in last && last.channel === event.channel) {
      last.data.push(...event.bytes)
      last.cost += event.cost
    } else all.push({ channel: event.channel, data: [...event.bytes], cost: event.cost })
  }
  return all
}

const messages = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(
          ...['22 00 00 01 00 00 40 00 00 01 41', '42 00 00 00 00 00 00 00', '52 01 00 00 00 00 00 00 00 00'],
          ...['33 00 00 00 00 00 40 00 00 00 00 00', '52 02 00 00 00 00 00 00 00 01 77', '11 00 01 00']
        )
        .map(hex),
      bytesOf([1, 2, 3], 40).map((bytes) => data(toHex(bytes))),
      bytesOf([0x11, 0x22, 0x33, 0x42, 0x52, 0, 0, 0, 1], 12)
    ),
    { maxLength: 12 }
  )
  .map(joined)

describe('gensio mux, for any input', () => {
  it('tells the same however it is cut up', () => {
    fc.assert(
      fc.property(messages, cuts, (bytes, sizes) => {
        const [whole, pieces] = [opened(), opened()]
        expect(normal(cut(bytes, sizes).flatMap((each) => pieces.receive(each)))).toEqual(
          normal(whole.receive(bytes))
        )
      }),
      { numRuns: 2000 }
    )
  })

  it('never throws, and has no more channels than it may', () => {
    fc.assert(
      fc.property(messages, cuts, (bytes, sizes) => {
        const far = mux()
        const asked = cut(bytes, sizes)
          .flatMap((each) => far.receive(each))
          .filter(({ type }) => type === 'asked')
        expect(asked.length).toBeLessThanOrEqual(MAX_CHANNELS)
      }),
      TEN_THOUSAND
    )
  })

  it('carries everything between two of them, whatever is taken when', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400_000 }),
        cuts,
        fc.array(fc.nat(30_000)),
        (total, sizes, takes) => {
          const [near, far] = [new Mux(), new Mux()]
          near.receive(far.start())
          far.receive(near.start())
          const { bytes } = near.open()
          far.receive(bytes)
          near.receive(far.accept(0))
          let [sent, got, untaken, turn] = [0, 0, 0, 0]
          const take = (cost: number): void => {
            const acknowledgement = cost > 0 ? far.taken(0, cost) : undefined
            if (acknowledgement) near.receive(acknowledgement)
            untaken -= cost
          }
          while (got < total) {
            for (let room = near.room(0, total - sent); room > 0; room = near.room(0, total - sent)) {
              const message = joined([near.send(0, room), new Uint8Array(room)])
              sent += room
              const large = sizes.map((size) => size * 1000)
              for (const event of cut(message, large).flatMap((each) => far.receive(each))) {
                if (event.type !== 'data') throw new Error(`unexpected ${event.type}`)
                got += event.bytes.length
                untaken += event.cost
              }
            }
            expect(untaken).toBeLessThanOrEqual(WINDOW)
            // It stands still only while a quarter of the window or more is untaken.
            take(Math.min(untaken, (takes[turn++ % (takes.length || 1)] ?? 0) + 5000))
          }
          expect([sent, got]).toEqual([total, total])
        }
      ),
      { numRuns: 200 }
    )
  })
})

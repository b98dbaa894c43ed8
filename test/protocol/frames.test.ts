import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FRAME_LIMIT, FrameReader, encodeFrame, type FrameEvent } from '../../src-main/protocol/frames.ts'
import { hex, toHex } from '../hex.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'

/** Hex of each frame, or what was wrong. */
function read(chunks: readonly Uint8Array[], limit: number): string[] {
  const reader = new FrameReader(limit)
  return chunks.flatMap((chunk) => reader.receive(chunk)).map(told)
}

const told = (event: FrameEvent): string => (event.type === 'frame' ? toHex(event.payload) : event.what)

describe('frames', () => {
  it('stand behind their length, u32 big endian', () => {
    expect(toHex(encodeFrame(hex('68 65 6C 6C 6F')))).toBe('00 00 00 05 68 65 6C 6C 6F')
    expect(toHex(encodeFrame(hex('')))).toBe('00 00 00 00')
    expect(read([hex('00 00 00 02 AA BB | 00 00 00 00 | 00 00 00 01 CC | 00 00')], 4)).toEqual([
      'AA BB',
      '',
      'CC'
    ])
  })

  it('end at a length above the limit, which is told once', () => {
    const bytes = hex('00 00 00 04 01 02 03 04 | 00 00 00 05 01 02 03 04 05 | 00 00 00 01 01')
    expect(read([bytes, bytes], 4)).toEqual(['01 02 03 04', 'a frame of 5 bytes, where 4 are allowed'])
  })

  it('are of at most 16 MiB when written', () => {
    expect(() => encodeFrame(new Uint8Array(FRAME_LIMIT + 1))).toThrow(RangeError)
    expect(encodeFrame(new Uint8Array(FRAME_LIMIT)).length).toBe(FRAME_LIMIT + 4)
  })

  it('may change the limit of those behind them in the same chunk', () => {
    const reader = new FrameReader(1)
    reader.push(hex('00 00 00 01 01 | 00 00 00 03 01 02 03'))
    expect(reader.next()).toEqual({ type: 'frame', payload: hex('01') })
    reader.limit = 3
    expect(reader.next()).toEqual({ type: 'frame', payload: hex('01 02 03') })
    expect(reader.next()).toBeUndefined()
  })

  it('take no room for what was only announced', () => {
    const reader = new FrameReader(FRAME_LIMIT)
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 64 }, () => new FrameReader(FRAME_LIMIT))
    for (const each of [...readers, reader]) each.receive(hex('01 00 00 00 | AA'))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20)
    expect(reader.held).toBe(5)
  })

  it('read a large one in many pieces', () => {
    const payload = Uint8Array.from({ length: 300_000 }, (_, n) => n * 7)
    const reader = new FrameReader(FRAME_LIMIT)
    const events = cut(encodeFrame(payload), [1, 1000, 4096]).flatMap((each) => reader.receive(each))
    expect(events).toHaveLength(1)
    expect(events[0]?.type === 'frame' && Buffer.compare(events[0].payload, payload)).toBe(0)
  })

  const payloads = fc.array(anyBytes(0, 40), { maxLength: 8 })

  it('come out as they went in, however the bytes are cut up', () => {
    fc.assert(
      fc.property(payloads, cuts, (sent, sizes) => {
        expect(read(cut(joined(sent.map(encodeFrame)), sizes), 40)).toEqual(sent.map(toHex))
      }),
      { numRuns: 3000 }
    )
  })

  it('leave the bytes behind the last one, however the bytes are cut up', () => {
    fc.assert(
      fc.property(anyBytes(0, 40), anyBytes(), cuts, fc.boolean(), (first, rest, sizes, asked) => {
        const reader = new FrameReader(255)
        const frame = encodeFrame(first)
        let seen: FrameEvent | undefined
        let after: Uint8Array[] = []
        for (const chunk of cut(joined([frame, rest]), sizes)) {
          if (seen) {
            after.push(chunk)
            continue
          }
          reader.push(chunk)
          seen = reader.next()
          if (!seen) continue
          // Who looks for another frame before it knows better loses nothing, either, unless that is none.
          if (asked && reader.next()) return
          after = [reader.rest()]
        }
        expect(seen).toEqual({ type: 'frame', payload: first })
        expect(toHex(joined(after))).toBe(toHex(rest))
        expect(reader.held).toBe(0)
      }),
      { numRuns: 3000 }
    )
  })

  it('never throw, nor hold more than their limit: 10,000 malformed inputs', () => {
    const hostile = bytesOf([0, 0, 0, 1, 5, 255], 200)
    fc.assert(
      fc.property(hostile, cuts, (bytes, sizes) => {
        const limit = 20
        const reader = new FrameReader(limit)
        const events = cut(bytes, sizes).flatMap((chunk) => {
          const got = reader.receive(chunk)
          expect(reader.held).toBeLessThan(limit + 4)
          return got
        })
        expect(events.map(told)).toEqual(read([bytes], limit))
        expect(events.slice(0, -1).every(({ type }) => type === 'frame')).toBe(true)
      }),
      TEN_THOUSAND
    )
  })
})

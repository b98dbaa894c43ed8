import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/line.ts'
import { PcapngWriter } from '../../../src-main/capture/files/pcapng-writer.ts'
import { RecordingReader } from '../../../src-main/capture/files/recording-reader.ts'
import type { CaptureFormat } from '../../../src-main/capture/format.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { anyBytes, cut, cuts, TEN_THOUSAND } from '../../properties.ts'
import { happenings, logOf, records } from '../../traffic/logs.ts'
import { CountedStore } from '../../traffic/stores.ts'
import { META, read, written } from './files.ts'

describe('a file of our own', () => {
  it('opens as it was recorded, whatever it holds and however it is read', () => {
    fc.assert(
      fc.property(
        happenings,
        fc.integer({ min: -3, max: 3 }),
        cuts,
        fc.boolean(),
        (all, stepMs, sizes, decode) => {
          const log = logOf(all, { stepMs: stepMs + 0.123456 })
          const file = written(new PcapngWriter(decode ? { decode: 'modbus-rtu' } : {}), log)
          const { recordings, problems } = read(
            cut(
              file,
              sizes.map((size) => size * 100)
            )
          )
          expect(problems).toEqual([])
          expect(recordings.map(({ meta }) => meta)).toEqual([{ ...META, program: 'Farport 1.2.3' }])
          expect(records(recordings[0]!.log)).toEqual(records(log))
        }
      ),
      { numRuns: 200 }
    )
  })

  it('opens the same after it was written in any portions, and from a ring that lost its beginning', () => {
    fc.assert(
      fc.property(happenings, fc.integer({ min: 1, max: 7 }), (all, portion) => {
        const log = logOf(all, { pageSize: 8192, maxPages: 2 })
        const [recording] = read([written(new PcapngWriter(), log, portion)]).recordings
        expect(records(recording!.log)).toEqual(records(log))
        expect(recording!.log.pages[0]?.bytesBefore ?? 0).toBe(log.pages[0]?.bytesBefore ?? 0)
      }),
      { numRuns: 100 }
    )
  })

  it('holds chunks of a megabyte, which Wireshark would take in no packet', () => {
    const log = new TrafficLog({ store: new CountedStore(1 << 20), maxPages: 9, wallOffsetMs: () => 1e12 })
    log.bytes(
      5,
      'to-device',
      3,
      Uint8Array.from({ length: 1_500_000 }, (_, i) => i % 251)
    )
    log.bytes(6, 'from-device', 0, Uint8Array.of(1))
    const [recording] = read([written(new PcapngWriter(), log)]).recordings
    expect(records(recording!.log)).toEqual(records(log))
  })

  it('is a file wherever it was broken off, and says so', () => {
    const log = logOf([
      { afterNs: 1, bytes: Buffer.from('first'), direction: 'to-device', session: 1 },
      { afterNs: 1, event: { type: 'marker', number: 1, text: 'here' } },
      { afterNs: 1, bytes: Buffer.from('last'), direction: 'from-device', session: 0 }
    ])
    const file = written(new PcapngWriter(), log)
    const all = records(log)
    let before = 0
    for (let size = 12; size < file.length; size++) {
      const { recordings, problems } = read([file.subarray(0, size)])
      const found = recordings[0] ? records(recordings[0].log) : []
      expect(found).toEqual(all.slice(0, found.length))
      expect(found.length).toBeGreaterThanOrEqual(before)
      expect(problems.length).toBeGreaterThan(0)
      before = found.length
    }
    expect(before).toBe(all.length)
  })

  it('goes on in the next file of a rotation', () => {
    const log = logOf(
      Array.from({ length: 9 }, (_, i) => ({
        afterNs: 10,
        bytes: Uint8Array.of(i),
        direction: 'to-device' as const,
        session: 1
      }))
    )
    const [page] = log.pages
    const files = [0, 4].map((from) => {
      const form = new PcapngWriter()
      return Buffer.concat([form.start(META), form.page(page!, from, from === 0 ? 4 : 9), form.end()])
    })
    const { recordings, problems } = read(files)
    expect(problems).toEqual([])
    expect(recordings).toHaveLength(1)
    expect(records(recordings[0]!.log)).toEqual(records(log))
  })

  it('tells of the beginning that did not fit', () => {
    const chunk = new Uint8Array(10_000)
    const log = logOf(
      Array.from({ length: 500 }, () => ({
        afterNs: 1,
        bytes: chunk,
        direction: 'to-device' as const,
        session: 1
      })),
      { pageSize: 1 << 20 }
    )
    const reader = new RecordingReader({ maxBytes: 2.5e6 })
    for (const part of cut(written(new PcapngWriter(), log), [65_536])) reader.push(part)
    expect(reader.end()).toEqual([])
    const problems = reader.notKept()
    const [recording] = reader.recordings
    const { first, end, size } = recording!.log
    expect(end).toBe(log.end)
    expect(size).toBeLessThanOrEqual(2.5e6)
    expect(problems).toHaveLength(1)
    const [line] = problems
    expect(line).toMatch(/^bench: the first [0-9,]+ records \([0-9,]+ bytes\) did not fit into memory$/)
    expect(Number(/first ([0-9,]+) records/.exec(line!)?.[1]?.replaceAll(',', ''))).toBe(first)
    expect(Number(/\(([0-9,]+) bytes/.exec(line!)?.[1]?.replaceAll(',', ''))).toBe(
      recording!.log.pages[0]!.bytesBefore
    )
  })
})

describe('hostile files', () => {
  const log = logOf([
    { afterNs: 1, event: { type: 'settings', session: 1, label: 'x', settings: DEFAULT_SETTINGS } },
    { afterNs: 1, bytes: Buffer.from('hello'), direction: 'to-device', session: 1 },
    { afterNs: 1, bytes: Buffer.from('there'), direction: 'from-device', session: 0 },
    { afterNs: 1, event: { type: 'marker', number: 1, text: 'here' } }
  ])
  const good = written(new PcapngWriter({ decode: 'modbus-rtu' }), log)
  const form: CaptureFormat = new PcapngWriter()
  const head = form.start(META)

  it('are read without harm, ten thousand of them', () => {
    const change = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      to: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
      size: fc.integer({ min: 1, max: 4 })
    })
    const broken = fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
      const file = Uint8Array.from(good)
      for (const { at, to, size } of changes) file.fill(to, at, at + size)
      return file
    })
    const cutOff = fc.nat({ max: good.length }).map((size) => good.subarray(0, size))
    const noise = anyBytes(0, 200).map((bytes) => Buffer.concat([head, bytes]))
    fc.assert(
      fc.property(fc.oneof(broken, cutOff, noise, anyBytes(0, 200)), fc.nat({ max: 300 }), (file, at) => {
        const reader = new RecordingReader({ maxBytes: 4e6 })
        reader.push(file.subarray(0, at))
        reader.push(file.subarray(at))
        const problems = reader.end()
        expect(problems.length).toBeLessThan(100)
        for (const { log: found } of reader.recordings) {
          expect(found.size).toBeLessThan(5e6)
          for (const page of found.pages) for (let each = 0; each < page.count; each++) page.event(each)
        }
      }),
      TEN_THOUSAND
    )
  })

  it('with blocks of any length take no memory for them', () => {
    const reader = new RecordingReader({ maxBytes: 4e6 })
    reader.push(head)
    const block = Buffer.alloc(8)
    block.writeUInt32LE(6, 0)
    block.writeUInt32LE(0xffff_fffc, 4)
    reader.push(block)
    const before = process.memoryUsage().arrayBuffers
    const chunk = new Uint8Array(1 << 20)
    for (let i = 0; i < 200; i++) expect(reader.push(chunk)).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6)
    expect(reader.end().join()).toMatch(/a block of 4,294,967,292 bytes was left out.*not whole/)
  })

  it('with any number of interfaces take little memory', () => {
    const reader = new RecordingReader({ maxBytes: 4e6 })
    const section = head.subarray(0, new DataView(head.buffer, head.byteOffset).getUint32(4, true))
    const other = Buffer.from(
      '01000000' + '20000000' + 'fa000000' + '00000000' + '02000100' + '61000000' + '00000000' + '20000000',
      'hex'
    )
    reader.push(section)
    for (let i = 0; i < 20_000; i++) reader.push(other)
    expect(reader.recordings.length).toBe(64)
    expect(reader.end().join()).toMatch(/one of more than 4096 interfaces was left out \(15,904 times\)/)
  })

  it('that are something else are told', () => {
    expect(read([Buffer.from('hello, world')])).toEqual({
      recordings: [],
      problems: ['this is neither a pcapng nor a pcap file']
    })
    expect(read([]).problems).toEqual(['this is neither a pcapng nor a pcap file'])
  })
})

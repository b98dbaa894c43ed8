/** Files of other programs: built here byte by byte, and by Wireshark's own editcap where it is installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PcapngWriter } from '../../../src-main/capture/files/pcapng-writer.ts'
import type { TrafficLog } from '../../../src-main/traffic/log.ts'
import { cut } from '../../properties.ts'
import { lacks } from '../../peers/need.ts'
import { contents } from '../../traffic/stores.ts'
import { logOf, records } from '../../traffic/logs.ts'
import { read, written } from './files.ts'

/** Numbers of either byte order: `[value, bytes]`, or bytes as they are. */
type Field = readonly [number, 2 | 4] | Uint8Array

function bytesOf(isLittle: boolean, ...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (field instanceof Uint8Array) return field
      const [value, size] = field
      const bytes = Buffer.alloc(size)
      if (isLittle) bytes.writeUIntLE(value, 0, size)
      else bytes.writeUIntBE(value, 0, size)
      return bytes
    })
  )
}

function block(isLittle: boolean, type: number, ...fields: readonly Field[]): Buffer {
  const body = bytesOf(isLittle, ...fields)
  const filled = Buffer.concat([body, Buffer.alloc(-body.length & 3)])
  const size = filled.length + 12
  return bytesOf(isLittle, [type, 4], [size, 4], filled, [size, 4])
}

const section = (isLittle: boolean): Buffer =>
  block(isLittle, 0x0a0d0d0a, [0x1a2b3c4d, 4], [1, 2], [0, 2], Buffer.alloc(8, 0xff))
const described = (isLittle: boolean, linkType: number): Buffer =>
  block(isLittle, 1, [linkType, 2], [0, 2], [0, 4])
/** With µs, as where nothing else is said. */
function packet(isLittle: boolean, id: number, us: number, data: Uint8Array, options: Field[] = []): Buffer {
  const filled = Buffer.concat([data, Buffer.alloc(-data.length & 3)])
  const time: Field[] = [
    [Math.floor(us / 2 ** 32), 4],
    [us % 2 ** 32, 4]
  ]
  return block(isLittle, 6, [id, 4], ...time, [data.length, 4], [data.length, 4], filled, ...options)
}
const outbound: Field[] = [
  [2, 2],
  [4, 2],
  [2, 4],
  [0, 4]
]
const rtac = (event: number, lines: number, data = ''): Buffer =>
  Buffer.concat([Buffer.alloc(8), Buffer.of(event, lines, 0, 0), Buffer.from(data)])

const START_US = Date.UTC(2026, 10, 21) * 1000

function found(log: TrafficLog): unknown[] {
  return (
    contents(log.pages) as { timeNs: number; bytes?: number[]; event?: unknown; direction?: string }[]
  ).map(({ timeNs, bytes, event, direction }) => {
    const us = Math.round((log.pages[0]!.wallOffsetMs * 1e6 + timeNs) / 1000 - START_US)
    return event ? [us, event] : [us, direction, Buffer.from(bytes!).toString()]
  })
}

describe.each([true, false])('files of other programs (little-endian: %s)', (isLittle) => {
  const NONE = { overrun: 0, parity: 0, framing: 0, break: 0 }

  it('pcapng with RTAC serial', () => {
    const file = Buffer.concat([
      section(isLittle),
      block(isLittle, 0x0bad, [1, 4], [2, 4]),
      described(isLittle, 1),
      described(isLittle, 250),
      packet(isLittle, 1, START_US, rtac(0, 0x11)),
      packet(isLittle, 0, START_US, Buffer.from('an Ethernet frame')),
      packet(isLittle, 1, START_US + 10, rtac(1, 0, 'AT\r')),
      packet(isLittle, 1, START_US + 20, rtac(2, 0, 'OK')),
      packet(isLittle, 1, START_US + 30, rtac(7, 0)),
      packet(isLittle, 1, START_US + 40, rtac(5, 0)),
      packet(isLittle, 7, START_US + 50, rtac(5, 0))
    ])
    for (const sizes of [[1], [7, 100], [file.length]]) {
      const { recordings, problems } = read(cut(file, sizes))
      expect(found(recordings[0]!.log)).toEqual([
        [0, { type: 'lines', session: 0, lines: { dtr: true, rts: false, break: false } }],
        [0, { type: 'modem', modem: { cts: true, dsr: false, dcd: false, ri: false } }],
        [10, 'to-device', 'AT\r'],
        [20, 'from-device', 'OK'],
        [30, { type: 'line', line: { ...NONE, framing: 1 } }],
        [40, { type: 'missed', records: 0, bytes: 0, why: 'the file says that something is missing here' }]
      ])
      expect(problems).toEqual([
        'a packet of an interface that is not described was left out',
        'packets of link type 1 are no serial traffic: 1 left out'
      ])
    }
  })

  it('pcapng with upper PDU and USER0, by their directions', () => {
    const tags = Buffer.from('000c00086d62727475000000' + '0023000400000000' + '00000000', 'hex')
    const file = Buffer.concat([
      section(isLittle),
      described(isLittle, 252),
      described(isLittle, 147),
      packet(isLittle, 0, START_US, Buffer.concat([tags, Buffer.from('frame')])),
      packet(isLittle, 0, START_US, Buffer.from('000c00ff', 'hex')),
      packet(isLittle, 1, START_US, Buffer.from('out'), outbound),
      packet(isLittle, 1, START_US + 1, Buffer.from('in'))
    ])
    const { recordings, problems } = read([file])
    expect(recordings.map(({ log, meta }) => [meta.name, found(log)])).toEqual([
      ['interface 1', [[0, 'to-device', 'frame']]],
      [
        'interface 2',
        [
          [0, 'to-device', 'out'],
          [1, 'from-device', 'in']
        ]
      ]
    ])
    expect(problems).toEqual(['a packet with broken tags was left out'])
  })

  it.each([
    [0xa1b2c3d4, 1],
    [0xa1b23c4d, 1000]
  ])('classic pcap (%i)', (magic, perUs) => {
    const head = bytesOf(isLittle, [magic, 4], [2, 2], [4, 2], [0, 4], [0, 4], [65_535, 4], [250, 4])
    const records = [rtac(1, 0, 'AT'), rtac(2, 0, 'OK')].map((data, i) =>
      bytesOf(isLittle, [START_US / 1e6, 4], [(i + 5) * perUs, 4], [data.length, 4], [data.length, 4], data)
    )
    const { recordings, problems } = read(cut(Buffer.concat([head, ...records]), [5]))
    expect(found(recordings[0]!.log)).toEqual([
      [5, 'to-device', 'AT'],
      [6, 'from-device', 'OK']
    ])
    expect(problems).toEqual([])
    const torn = read([Buffer.concat([head, ...records]).subarray(0, -1)])
    expect(found(torn.recordings[0]!.log)).toEqual([[5, 'to-device', 'AT']])
    expect(torn.problems).toEqual(['the last block is not whole and was left out'])
  })
})

it.skipIf(lacks('editcap'))(
  'opens what Wireshark wrote anew from our file, and what became classic pcap',
  () => {
    const log = logOf([
      { afterNs: 0, bytes: Buffer.from('AT\r'), direction: 'to-device', session: 3 },
      { afterNs: 1000, event: { type: 'marker', number: 1, text: 'here' } },
      { afterNs: 1000, bytes: Buffer.from('OK'), direction: 'from-device', session: 0 }
    ])
    const folder = mkdtempSync(join(tmpdir(), 'farport-editcap-'))
    try {
      const ours = join(folder, 'ours.pcapng')
      writeFileSync(ours, written(new PcapngWriter(), log))
      const rewritten = (form: string): Uint8Array => {
        const path = join(folder, form)
        const { status, stderr } = spawnSync('editcap', ['-F', form, ours, path], { encoding: 'utf8' })
        expect(stderr, stderr).not.toMatch(/can't/i)
        expect(status).toBe(0)
        return readFileSync(path)
      }
      const again = read([rewritten('pcapng')])
      expect(again.recordings.map((each) => records(each.log))).toEqual([records(log)])
      const classic = read([rewritten('nsecpcap')])
      expect(contents(classic.recordings[0]!.log.pages)).toMatchObject([
        { bytes: [...Buffer.from('AT\r')], direction: 'to-device' },
        { event: { type: 'lines' } },
        { event: { type: 'modem' } },
        { bytes: [...Buffer.from('OK')], direction: 'from-device' }
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
)

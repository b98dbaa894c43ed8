import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS, NO_LINE_ERRORS } from '../../../src-main/contract/line.ts'
import { PcapngWriter } from '../../../src-main/capture/files/pcapng-writer.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { lacks } from '../../peers/need.ts'
import { CountedStore } from '../../traffic/stores.ts'
import { written } from './files.ts'
import { capinfos, tshark } from './tshark.ts'

const START_MS = Date.UTC(2026, 10, 21, 13, 2, 9)

function makeLog(): TrafficLog {
  return new TrafficLog({ store: new CountedStore(1 << 20), maxPages: 4, wallOffsetMs: () => START_MS })
}

describe.skipIf(lacks('tshark', 'capinfos'))('Wireshark', () => {
  it('reads times, directions, bytes, events and what we say of them', () => {
    const log = makeLog()
    const slow = { ...DEFAULT_SETTINGS, baudRate: 9600 }
    log.event(1_000, { type: 'settings', session: 1, label: 'workshop-pc', settings: slow })
    log.event(2_000, { type: 'lines', session: 1, lines: { dtr: true, rts: false, break: false } })
    log.event(3_000, { type: 'modem', modem: { cts: true, dsr: 'unknown', dcd: false, ri: true } })
    log.bytes(123_456_789, 'to-device', 1, Buffer.from('AT\r'))
    log.bytes(223_456_789, 'from-device', 0, Buffer.from('OK\r\n'))
    log.event(300_000_000, { type: 'line', line: { ...NO_LINE_ERRORS, framing: 2 } })
    log.event(300_001_000, { type: 'line', line: { ...NO_LINE_ERRORS, parity: 1 } })
    log.event(300_002_000, { type: 'line', line: { ...NO_LINE_ERRORS, overrun: 1 } })
    log.event(300_003_000, { type: 'break', session: 1, durationMs: 250 })
    log.event(300_004_000, { type: 'missed', records: 3, bytes: 1204, why: '' })
    const file = written(new PcapngWriter(), log)
    const fields = ['frame.time_epoch', 'frame.packet_flags_direction', 'frame.interface_queue']
    const found = tshark(file, [...fields, 'rtacser.eventtype', 'rtacser.dtr', 'rtacser.cts', 'rtacser.ring'])
    const at = (ns: number): string => `${START_MS / 1000}.${String(ns).padStart(9, '0')}`
    expect(found.map(([time]) => time)).toEqual(
      [
        1000, 2000, 3000, 123_456_789, 223_456_789, 3e8, 300_001_000, 300_002_000, 300_003_000, 300_004_000
      ].map(at)
    )
    const direction = found.map(([, each]) => Number(each ?? 0))
    expect(direction).toEqual([0, 0, 0, 2, 1, 1, 1, 1, 2, 0])
    expect(found.map(([, , , event]) => Number(event))).toEqual([0, 0, 0, 1, 2, 7, 8, 10, 9, 5])
    expect(found[3]?.[2]).toBe('1')
    expect(found[3]?.slice(4).map(Number)).toEqual([1, 1, 1])
    expect(found[0]?.slice(4).map(Number)).toEqual([0, 0, 0])

    const comments = tshark(file, ['frame.comment']).map(([comment]) => comment?.split('|')[0])
    expect(comments).toEqual([
      'Settings 115200 → 9600 8N1 (workshop-pc)',
      'DTR on, RTS off',
      'CTS on, DCD off, RI on',
      '',
      '',
      '2 framing errors',
      'Parity error',
      'Overrun',
      'Break 250 ms',
      '1,204 bytes not captured'
    ])
    expect(tshark(file, ['data.data'], ['-Y', 'data'])).toEqual([['41540d'], ['4f4b0d0a']])
    const [first] = tshark(file, ['frame.interface_name', 'frame.interface_description'])
    expect(first).toEqual(['bench', '/dev/ttyUSB0, 115200 8N1, on workshop-pc'])

    const facts = capinfos(file)
    expect(facts).toMatch(/Number of packets:\s+10/)
    expect(facts).toMatch(/Capture application:\s+Farport 1\.2\.3/)
    expect(facts).toMatch(/Time ticks per second = 1000000000/)
    expect(facts).toMatch(/Number of packets = 10/)
  })

  it('decodes Modbus RTU, asked to and by itself', () => {
    const log = makeLog()
    const request = encodeRtu(1, Uint8Array.of(3, 0, 0, 0, 2))
    const answer = encodeRtu(1, Uint8Array.of(3, 4, 0, 17, 0, 42))
    log.bytes(10_000_000, 'to-device', 1, request)
    // A USB adapter hands an answer over in two pieces.
    log.bytes(30_000_000, 'from-device', 0, answer.subarray(0, 4))
    log.bytes(46_000_000, 'from-device', 0, answer.subarray(4))
    log.bytes(90_000_000, 'to-device', 1, encodeRtu(1, Uint8Array.of(6, 0, 5, 1, 2)))
    log.bytes(99_000_000, 'from-device', 0, encodeRtu(1, Uint8Array.of(0x86, 2)))

    const plain = written(new PcapngWriter(), log)
    const asked = tshark(
      plain,
      ['mbrtu.unit_id', 'modbus.func_code'],
      ['-d', 'rtacser.data,mbrtu', '-Y', 'mbrtu']
    )
    expect(asked[0]).toEqual(['1', '3'])

    const both = written(new PcapngWriter({ decode: 'modbus-rtu' }), log)
    const fields = ['frame.interface_id', 'mbrtu.crc16.status', 'modbus.func_code', 'modbus.regval_uint16']
    const types = ['modbus.exception_code', 'frame.time_relative', 'frame.packet_flags_direction']
    const checked = ['-Y', 'mbrtu', '-o', 'mbrtu.crc_verification:TRUE']
    const frames = tshark(both, [...fields, ...types], checked)
    expect(frames.map(([id, status, code]) => [id, status, code])).toEqual([
      ['1', '1', '3'],
      ['1', '1', '3'],
      ['1', '1', '6'],
      ['1', '1', '6']
    ])
    expect(frames[1]?.[3]).toBe('17|42')
    expect(frames[3]?.[4]).toBe('2')
    expect(frames.map((each) => Number(each[5]))).toEqual([0, 0.02, 0.08, 0.089])
    expect(frames.map((each) => Number(each[6]))).toEqual([2, 1, 2, 1])
    // A request and an answer of the same form are told apart by the ports, once the user says which mean Modbus RTU.
    const ports = ['-Y', 'mbrtu', '-o', 'mbrtu.tcp.port:502']
    const words = tshark(both, ['_ws.col.Info'], ports).map(([info]) => info?.split(':')[0]?.trim())
    expect(words).toEqual(['Query', 'Response', 'Query', 'Response'])
  })

  it('takes records of a megabyte', () => {
    const log = makeLog()
    log.bytes(1, 'to-device', 1, new Uint8Array(1_000_000))
    expect(capinfos(written(new PcapngWriter(), log))).toMatch(
      /Number of packets:\s+6\n[^]*Data size:\s+1000 kB/
    )
  })
})

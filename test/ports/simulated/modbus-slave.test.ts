import { beforeEach, describe, expect, it } from 'vitest'
import { Registers } from '../../../src-main/ports/simulated/modbus-registers.ts'
import { ModbusSlave } from '../../../src-main/ports/simulated/modbus-slave.ts'
import { FakeClock } from '../../fake-clock.ts'
import { hex, toHex } from '../../hex.ts'

let clock: FakeClock
let registers: Registers
let slave: ModbusSlave

beforeEach(() => {
  clock = new FakeClock()
  registers = new Registers()
  registers.plugIn({ clock, wallMs: () => 1_700_000_000_000 })
  slave = new ModbusSlave(7, registers)
})

/** A request to unit 7 unless told otherwise; the answer's PDU. */
function ask(pdu: string, unit = 7): string {
  const answer = slave.handle({ type: 'frame', unit, pdu: hex(pdu) })
  return answer ? toHex(answer) : 'nothing'
}

describe('a simulated Modbus device', () => {
  it.each([
    ['reads holding registers', '03 | 00 00 | 00 02', '03 04 00 D7 00 00'],
    ['reads input registers', '04 | 00 00 | 00 02', '04 04 00 D7 01 C2'],
    ['reads the clock', '04 | 00 04 | 00 02', '04 04 65 53 F1 00'],
    ['reads coils, the last byte filled up', '01 | 00 00 | 00 09', '01 02 00 00'],
    ['reads discrete inputs', '02 | 00 00 | 00 03', '02 01 00'],
    ['writes a coil on', '05 | 00 03 | FF 00', '05 00 03 FF 00'],
    ['writes a register', '06 | 00 01 | 12 34', '06 00 01 12 34'],
    ['writes coils', '0F | 00 13 | 00 0A | 02 | CD 01', '0F 00 13 00 0A'],
    ['writes registers', '10 | 00 01 | 00 02 | 04 | 00 0A 01 02', '10 00 01 00 02'],
    ['masks a register', '16 | 00 00 | 00 F2 | 00 25', '16 00 00 00 F2 00 25'],
    ['reads and writes', '17 | 00 00 00 02 | 00 01 00 01 | 02 | AB CD', '17 04 00 D7 AB CD'],
    ['reads its exception status', '07', '07 00'],
    ['returns a query', '08 | 00 00 | A5 37 11', '08 00 00 A5 37 11'],
    ['tells its event counter', '0B', '0B 00 00 00 00'],
    ['tells its name', '11', `11 14 07 FF ${toHex(Buffer.from('Farport SIM-MODBUS'))}`],
    [
      'tells its identity',
      '2B 0E 01 00',
      `2B 0E 01 81 00 00 03 00 07 ${toHex(Buffer.from('Farport'))} 01 0A ${toHex(Buffer.from('SIM-MODBUS'))} 02 01 31`
    ],
    ['tells one object', '2B 0E 04 02', '2B 0E 04 81 00 00 01 02 01 31']
  ])('%s', (_, request, answer) => {
    expect(ask(request)).toBe(answer)
  })

  it.each([
    ['00'],
    ['09'],
    ['14 07 06 00 04 00 01 00 02'],
    ['2B 0D 01 00'],
    ['41'],
    ['08 00 03 00 00'],
    ['08 99 99 00 00']
  ])('knows no function %s: exception 1', (request) => {
    const code = (hex(request)[0] ?? 0) | 0x80
    expect(ask(request)).toBe(`${toHex(Uint8Array.of(code))} 01`)
  })

  it.each([
    ['03 | 01 00 | 00 01'],
    ['03 | 00 FF | 00 02'],
    ['04 | 00 80 | 00 01'],
    ['03 | FF FF | 00 02'],
    ['01 | 08 00 | 00 01'],
    ['02 | 07 FF | 00 02'],
    ['05 | 08 00 | FF 00'],
    ['06 | 01 00 | 00 00'],
    ['0F | 07 FF | 00 02 | 01 | 03'],
    ['10 | 00 FF | 00 02 | 04 | 00 00 00 00'],
    ['16 | 01 00 | 00 00 | 00 00'],
    ['17 | 01 00 00 01 | 00 00 00 01 | 02 | 00 00'],
    ['17 | 00 00 00 01 | 01 00 00 01 | 02 | 00 00'],
    ['2B 0E 04 03']
  ])('has no such address: %s gives exception 2', (request) => {
    expect(ask(request)).toBe(`${toHex(Uint8Array.of((hex(request)[0] ?? 0) | 0x80))} 02`)
  })

  it.each([
    ['03 | 00 00 | 00 00'],
    ['03 | 00 00 | 00 7E'],
    ['03 | 00 00 | 00'],
    ['03 | 00 00 | 00 01 | 00'],
    ['01 | 00 00 | 07 D1'],
    ['05 | 00 00 | 00 01'],
    ['05 | 00 00 | FF FF'],
    ['06 | 00 00 | 00'],
    ['0F | 00 00 | 00 09 | 01 | FF'],
    ['0F | 00 00 | 00 08 | 01'],
    ['10 | 00 00 | 00 02 | 04 | 00 00 00'],
    ['10 | 00 00 | 00 02 | 02 | 00 00'],
    ['10 | 00 00 | 00 00 | 00'],
    ['16 | 00 00 | 00 00'],
    ['17 | 01 00 00 00 | 00 00 00 01 | 02 | 00 00'],
    ['17 | 01 00 00 01 | 00 00 00 00 | 00'],
    ['07 00'],
    ['0B 00'],
    ['11 00'],
    ['08 00'],
    ['08 00 01 00 01'],
    ['08 00 0B 00 01'],
    ['2B 0E 05 00'],
    ['2B 0E 01']
  ])('cannot follow the value: %s gives exception 3', (request) => {
    expect(ask(request)).toBe(`${toHex(Uint8Array.of((hex(request)[0] ?? 0) | 0x80))} 03`)
  })

  it('remembers what was written', () => {
    ask('0F | 00 13 | 00 0A | 02 | CD 01')
    expect(ask('01 | 00 13 | 00 0A')).toBe('01 02 CD 01')
    ask('05 | 00 13 | 00 00')
    expect(ask('01 | 00 10 | 00 10')).toBe('01 02 60 0E')
    ask('10 | 00 01 | 00 02 | 04 | 00 0A 01 02')
    expect(ask('03 | 00 01 | 00 02')).toBe('03 04 00 0A 01 02')
    // (0012 AND 00F2) OR (0025 AND NOT 00F2) is the specification's example.
    ask('06 | 00 04 | 00 12')
    ask('16 | 00 04 | 00 F2 | 00 25')
    expect(ask('03 | 00 04 | 00 01')).toBe('03 02 00 17')
  })

  it('takes the largest requests', () => {
    expect(hex(ask('03 | 00 00 | 00 7D')).length).toBe(252)
    expect(hex(ask('01 | 00 00 | 07 D0')).length).toBe(252)
    expect(ask(`10 | 00 00 | 00 7B | F6 | ${'11 '.repeat(246)}`)).toBe('10 00 00 00 7B')
    expect(ask(`0F | 00 00 | 07 B0 | F6 | ${'11 '.repeat(246)}`)).toBe('0F 00 00 07 B0')
    expect(hex(ask(`17 | 00 00 00 7D | 00 00 00 79 | F2 | ${'11 '.repeat(242)}`)).length).toBe(252)
  })

  it('does what a broadcast says, silently, and answers for no other unit', () => {
    expect(ask('06 | 00 02 | 00 63', 0)).toBe('nothing')
    expect(ask('03 | 00 02 | 00 01', 0)).toBe('nothing')
    expect(ask('06 | 00 02 | 00 64', 8)).toBe('nothing')
    expect(ask('03 | 00 02 | 00 01')).toBe('03 02 00 63')
  })

  it('counts what it heard', () => {
    slave.countError()
    ask('03 | 00 00 | 00 01', 9)
    ask('03 | 00 00 | 00 00')
    ask('06 | 00 00 | 00 00', 0)
    const counter = (sub: string): string => ask(`08 | 00 ${sub} | 00 00`).slice(-5)
    expect(counter('0B')).toBe('00 04')
    expect(counter('0C')).toBe('00 01')
    expect(counter('0D')).toBe('00 01')
    expect(counter('0E')).toBe('00 06')
    expect(counter('0F')).toBe('00 01')
    expect(ask('0B')).toBe('0B 00 00 00 06')
    ask('08 | 00 0A | 00 00')
    expect(counter('0C')).toBe('00 00')
  })

  it('only listens until it is restarted', () => {
    expect(ask('08 | 00 04 | 00 00')).toBe('nothing')
    expect(ask('03 | 00 00 | 00 01')).toBe('nothing')
    expect(ask('08 | 00 01 | 00 00')).toBe('nothing')
    expect(ask('03 | 00 00 | 00 01')).toBe('03 02 00 D7')
  })

  it('lives: its temperature follows the set point, its seconds and its lamp are seen', async () => {
    await clock.advance(15_000)
    expect(ask('04 | 00 00 | 00 04')).toBe('04 08 00 DC 01 A4 00 00 00 0F')
    expect(ask('02 | 00 00 | 00 03')).toBe('02 01 05')
    ask('06 | 00 00 | FF 9C')
    expect(ask('04 | 00 00 | 00 01')).toBe('04 02 FF A1')
    ask('05 | 00 00 | FF 00')
    expect(ask('02 | 00 01 | 00 01')).toBe('02 01 01')
    expect(ask('07')).toBe('07 01')
    registers.plugIn({ clock, wallMs: () => 0 })
    expect(ask('04 | 00 02 | 00 02')).toBe('04 04 00 00 00 00')
    expect(ask('03 | 00 00 | 00 01')).toBe('03 02 FF 9C')
  })
})

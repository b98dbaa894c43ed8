/** What we read in Modbus frames, and what Wireshark's dissector reads in the same ones. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { modbusRtu } from '../../../src-main/traffic/decoders/modbus-rtu.ts'
import { randomFrom } from '../../hex.ts'
import { lacks, programPath } from '../../peers/need.ts'
import { decodeAll, fromDevice, hex, toDevice, valuesOf, type Said } from './rows.ts'

/** A query's port; what goes to it is a request for the dissector, what comes from it an answer. */
const PORT = 502

/** Datagrams between two ports of this computer: libpcap's file header, LINKTYPE_RAW 101, IPv4, UDP. */
function pcapOf(script: readonly Said[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(101, 20)
  const records = script.map(({ direction, bytes }, index) => {
    const ip = Buffer.alloc(28 + bytes.length)
    ip.set([0x45, 0, ip.length >> 8, ip.length & 0xff, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1])
    const [source, target] = direction === 'to-device' ? [40_000, PORT] : [PORT, 40_000]
    ip.writeUInt16BE(source, 20)
    ip.writeUInt16BE(target, 22)
    ip.writeUInt16BE(8 + bytes.length, 24)
    ip.set(bytes, 28)
    const record = Buffer.alloc(16)
    record.writeUInt32LE(1 + index, 0)
    record.writeUInt32LE(ip.length, 8)
    record.writeUInt32LE(ip.length, 12)
    return Buffer.concat([record, ip])
  })
  return Buffer.concat([header, ...records])
}

/** For each field of the dissector, what we call it. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  'mbrtu.unit_id': /^Unit$/,
  'modbus.func_code': /^Function$/,
  'modbus.exception_code': /^Exception$/,
  'modbus.reference_num': /^(Address|Group \d+ record)$/,
  'modbus.read_reference_num': /^Read address$/,
  'modbus.write_reference_num': /^Write address$/,
  'modbus.read_word_cnt': /^Read quantity$/,
  'modbus.write_word_cnt': /^Write quantity$/,
  'modbus.diagnostic_code': /^Sub-function$/,
  'modbus.ev_count': /^Event count$/,
  'modbus.ev_msg_count': /^Message count$/,
  'modbus.and_mask': /^AND mask$/,
  'modbus.or_mask': /^OR mask$/,
  'modbus.diagnostic.bus_message_count': /^Bus messages$/,
  'modbus.diagnostic.bus_comm_error_count': /^Bus communication errors$/,
  'modbus.diagnostic.bus_exception_error_count': /^Bus exception errors$/,
  'modbus.diagnostic.slave_message_count': /^Server messages$/,
  'modbus.diagnostic.no_slave_response_count': /^Messages without response$/,
  'modbus.diagnostic.slave_nak_count': /^NAKs$/,
  'modbus.diagnostic.slave_busy_count': /^Busy answers$/,
  'modbus.diagnostic.bus_char_overrun_count': /^Character overruns$/,
  'modbus.regval_uint16': /^(Register|Value) \d+$/,
  'modbus.bitval': /^(Coils?|Inputs?) /
}

interface Dissected {
  readonly info: string
  readonly crc: string
  readonly fields: Readonly<Record<string, readonly number[]>>
}

const folder = mkdtempSync(join(tmpdir(), 'modbus-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function tshark(script: readonly Said[]): Dissected[] {
  const path = join(folder, 'frames.pcap')
  writeFileSync(path, pcapOf(script))
  const names = Object.keys(FIELDS)
  const out = execFileSync(
    programPath('tshark'),
    // prettier-ignore
    ['-r', path, '-d', `udp.port==${PORT},mbrtu`, '-o', 'mbrtu.crc_verification:TRUE', '-T', 'fields', '-E', 'separator=|',
      ...['_ws.col.Info', 'mbrtu.crc16.status', ...names].flatMap((name) => ['-e', name])],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
  )
  return out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [info = '', crc = '', ...values] = line.split('|')
      const fields = names.map((name, at) => [name, numbersOf(values[at] ?? '')] as const)
      return { info, crc, fields: Object.fromEntries(fields.filter(([, list]) => list.length > 0)) }
    })
}

function numbersOf(list: string): number[] {
  const numbers = list === '' ? [] : list.split(',')
  return numbers.map((each) => (each === 'True' ? 1 : each === 'False' ? 0 : Number(each)))
}

/** What the dissector calls one bit a field stands in ours as eight. */
function ours(script: readonly Said[]): Dissected[] {
  return decodeAll(modbusRtu.make(), script).map((decoded) => {
    const fields = Object.entries(FIELDS).map(([name, ourName]) => {
      const found = decoded?.fields.filter((field) => ourName.test(field.name)) ?? []
      const texts = found.map(({ value }) => value)
      const values =
        name === 'modbus.bitval' ? texts.flatMap((text) => text.split(' ')) : texts.map(firstWord)
      return [name, values.map(Number)] as const
    })
    const crc = valuesOf(decoded, 'CRC')[0]?.endsWith('ok') === true ? '1' : '0'
    return {
      info: decoded?.text ?? '',
      crc,
      fields: Object.fromEntries(fields.filter(([, list]) => list.length > 0))
    }
  })
}

const firstWord = (text: string) => text.split(' ')[0] ?? ''

/** Requests and their answers, made up: every function that has numbers to compare. */
function dialogues(): Said[] {
  const below = randomFrom(11)
  const word = () => [below(256), below(256)]
  const words = (count: number) => Array.from({ length: count }, word).flat()
  const script: Said[] = []
  const talk = (request: readonly number[], answer: readonly number[]) => {
    const unit = 1 + below(247)
    script.push(
      toDevice(encodeRtu(unit, Uint8Array.from(request))),
      fromDevice(encodeRtu(unit, Uint8Array.from(answer)))
    )
  }
  for (let round = 0; round < 12; round++) {
    const address = [below(255), below(256)]
    const count = 1 + below(60)
    const bits = Math.ceil(count / 8)
    const data = words(count)
    const coils = Array.from({ length: bits }, () => below(256))
    // The dissector shows the bits that fill the last byte; so none are left over here.
    for (const code of [1, 2]) talk([code, ...address, 0, 8 * bits], [code, bits, ...coils])
    for (const code of [3, 4]) talk([code, ...address, 0, count], [code, 2 * count, ...data])
    const on = below(2) * 255
    talk([5, ...address, on, 0], [5, ...address, on, 0])
    const value = word()
    talk([6, ...address, ...value], [6, ...address, ...value])
    for (const sub of [11, 12, 13, 14, 15, 16, 17, 18]) talk([8, 0, sub, 0, 0], [8, 0, sub, ...word()])
    talk([11], [11, 0, 0, ...word()])
    talk([12], [12, 8, 0, 0, ...word(), ...word(), 0x20, 0])
    talk([15, ...address, 0, 8 * bits, bits, ...coils], [15, ...address, 0, 8 * bits])
    talk([16, ...address, 0, count, 2 * count, ...data], [16, ...address, 0, count])
    const masks = words(2)
    talk([22, ...address, ...masks], [22, ...address, ...masks])
    talk([23, ...address, 0, count, ...word(), 0, 2, 4, ...words(2)], [23, 2 * count, ...data])
    for (const code of [1, 3, 16, 43])
      talk([code, ...hex('0000 0001 02 0001')].slice(0, code === 16 ? 8 : 5), [code | 0x80, 1 + below(4)])
  }
  return script
}

describe.skipIf(lacks('tshark'))('Modbus as Wireshark reads it', () => {
  it('has the same fields with the same values', () => {
    const script = dialogues()
    const [theirs, mine] = [tshark(script), ours(script)]
    expect(script.length).toBeGreaterThan(500)
    expect(theirs.length).toBe(script.length)
    let compared = 0
    for (const [index, { fields, info }] of theirs.entries()) {
      for (const [name, values] of Object.entries(fields)) {
        compared += values.length
        expect(mine[index]?.fields[name], `${name} in ${info}; ours: ${mine[index]?.info}`).toEqual(values)
      }
      const role = /^ *Query:/.test(info) ? 'request' : /^ *Response:/.test(info) ? 'answer' : undefined
      if (role !== undefined) expect(mine[index]?.info).toContain(role)
    }
    expect(compared).toBeGreaterThan(3000)
  })

  it('has the same verdict on the check sum', () => {
    const below = randomFrom(5)
    const script = dialogues()
      .slice(0, 200)
      .map((said) => {
        const bytes = Uint8Array.from(said.bytes)
        if (below(2) === 0) bytes[below(bytes.length)]! ^= 1 << below(8)
        return { ...said, bytes, afterMs: 2000 }
      })
    const [theirs, mine] = [tshark(script), ours(script)]
    // It looks at no frame of four bytes (version 4.0).
    const judged = theirs.flatMap(({ crc }, index) => (crc === '' ? [] : [index]))
    expect(judged.length).toBeGreaterThan(180)
    expect(judged.map((index) => mine[index]?.crc)).toEqual(judged.map((index) => theirs[index]?.crc))
    expect(mine.filter(({ crc }) => crc === '0').length).toBeGreaterThan(60)
  })
})

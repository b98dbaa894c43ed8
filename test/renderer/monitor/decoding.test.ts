import { flushSync } from 'svelte'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { FRAME_ROWS } from '../../../src-main/traffic/row.ts'
import { DECODED_BLOCK, DecodedRows } from '../../../src-renderer/model/monitor/decoding-rows.ts'
import { DeskDecoding } from '../../../src-renderer/model/monitor/decoding.svelte.ts'
import { FakeTraffic, FakeDesk } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

const kind = decoderKind('modbus-rtu')!

/** A master that asks, and a device that answers but for every seventh time. */
function dialogue(count: number): FakeTraffic {
  const traffic = new FakeTraffic(FRAME_ROWS)
  for (let at = 0; at < count; at++) {
    traffic.bytes('to-device', encodeRtu(1 + (at % 3), Uint8Array.of(3, 0, at & 0xff, 0, 1)), 100)
    if (at % 7 !== 0)
      traffic.bytes('from-device', encodeRtu(1 + (at % 3), Uint8Array.of(3, 2, 0, at & 0xff)), 10)
  }
  return traffic
}

function inOrder(traffic: FakeTraffic): unknown[] {
  const decoder = kind.make()
  return Array.from({ length: traffic.table.end }, (_, row) => decoder.decode(traffic.reader.row(row)))
}

function swept(traffic: FakeTraffic): DecodedRows {
  const rows = new DecodedRows(kind, traffic)
  while (rows.step(1, () => performance.now()));
  return rows
}

describe('a decoder over rows in any order', () => {
  const traffic = dialogue(DECODED_BLOCK * 3)
  const expected = inOrder(traffic)

  it('says of each row what it says of it in order', () => {
    const rows = swept(traffic)
    const places = fc.array(fc.nat(expected.length - 1), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(places, (asked) => {
        for (const row of asked) expect(rows.decoded(row)).toEqual(expected[row])
      }),
      { numRuns: 50 }
    )
  })

  it('pairs answers with what they answer, and tells what nobody answered', () => {
    const rows = swept(traffic)
    expect(rows.decoded(2)?.answers).toMatchObject({ row: 1, afterNs: 10e6 })
    expect([rows.isUnanswered(0), rows.isUnanswered(1)]).toEqual([true, false])
  })

  it('says at once what it can of rows that the sweep has not reached, and corrects it', () => {
    const corrected: number[] = []
    const rows = new DecodedRows(kind, traffic, (from) => corrected.push(from))
    const last = traffic.table.end - 2
    expect(rows.decoded(last)).toEqual(expected[last])
    expect(rows.keys(last)).toMatchObject({ fc: '3' })
    expect(rows.upTo).toBe(0)
    while (rows.step(1, () => performance.now()));
    expect(corrected).toEqual([])
    expect(rows.keys(last)).toMatchObject({ fc: '3' })
  })
})

describe('what a desk says of its rows', () => {
  it('is of the chosen decoder, and suggests one where none is', () => {
    const desk = new FakeDesk({ rules: FRAME_ROWS })
    const turns = new TestTurns()
    const decoding = new DeskDecoding(desk.traffic, desk.options, turns)
    for (let at = 0; at < 30; at++) {
      desk.traffic.bytes('to-device', encodeRtu(1, Uint8Array.of(3, 0, at, 0, 1)), 100)
      desk.traffic.bytes('from-device', encodeRtu(1, Uint8Array.of(3, 2, 0, at)), 10)
    }
    flushSync()
    turns.settle()
    expect(decoding.suggestion).toBe('modbus-rtu')
    expect(decoding.decoded(1)).toBeUndefined()
    desk.options.decoder = 'modbus-rtu'
    flushSync()
    turns.settle()
    expect(decoding.decoded(1)?.answers?.row).toBe(0)
    decoding.dispose()
  })
})

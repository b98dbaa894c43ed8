import { describe, expect, test } from 'vitest'
import type { Direction } from '../../src-main/contract/traffic.ts'
import {
  FilteredRows,
  type FilteredRowsOptions,
  type ShownRow
} from '../../src-main/capture/filtered-rows.ts'
import { decoderKind } from '../../src-main/traffic/decoders/registry.ts'
import { parseFilter } from '../../src-main/traffic/filter/parse.ts'
import { Page } from '../../src-main/traffic/page.ts'
import { PageWriter } from '../../src-main/traffic/page-writer.ts'
import { TEXT_ROWS } from '../../src-main/traffic/row.ts'

const never = (): Promise<never> => Promise.reject(new Error('no expression is asked for'))

const stream = (options: Partial<FilteredRowsOptions> = {}): FilteredRows =>
  new FilteredRows({ rules: TEXT_ROWS, expressions: never, ...options })

interface Chunk {
  readonly text: string
  readonly ms: number
  readonly direction?: Direction
}

/** Records with consecutive numbers, as one page. */
function page(first: number, bytesBefore: number, ...chunks: readonly Chunk[]): Page {
  const bytes = new Uint8Array(64 * 1024)
  const writer = new PageWriter(bytes, first, 0, bytesBefore)
  for (const { text, ms, direction = 'from-device' } of chunks)
    writer.bytes(ms * 1e6, direction, 0, Uint8Array.from(Buffer.from(text, 'latin1')))
  return writer.page
}

const words = ({ row, isRest }: ShownRow): string => {
  const { content } = row
  if (content.type === 'event') return `(${content.event.type})`
  return `${isRest ? '…' : content.direction === 'to-device' ? '>' : '<'}${Buffer.from(content.bytes).toString('latin1')}`
}

describe('rows of a recording that grows', () => {
  test('a row is shown when it is over', async () => {
    const rows = stream()
    expect((await rows.take(page(0, 0, { text: 'one\ntw', ms: 1 }))).map(words)).toEqual(['<one\n'])
    expect(rows.hasOpen).toBe(true)
    expect((await rows.take(page(1, 6, { text: 'o\n', ms: 2 }))).map(words)).toEqual(['<two\n'])
    expect(rows.hasOpen).toBe(false)
  })

  test('or as far as it is there, and then what came behind that', async () => {
    const rows = stream()
    await rows.take(page(0, 0, { text: 'login: ', ms: 1 }))
    expect((await rows.rest()).map(words)).toEqual(['<login: '])
    expect(rows.hasOpen).toBe(false)
    expect(await rows.rest()).toEqual([])
    expect((await rows.take(page(1, 7, { text: 'x', ms: 2 }))).map(words)).toEqual([])
    expect(rows.hasOpen).toBe(true)
    expect((await rows.rest()).map(words)).toEqual(['…x'])
    const more = await rows.take(page(2, 8, { text: 'y\nz\n', ms: 3 }))
    expect(more.map(words)).toEqual(['…y\n', '<z\n'])
  })

  test('what was overtaken is an event', async () => {
    const rows = stream()
    await rows.take(page(0, 0, { text: 'a\n', ms: 1 }))
    const after = await rows.take(page(10, 500, { text: 'b\n', ms: 2 }))
    expect(after.map(words)).toEqual(['(missed)', '<b\n'])
    expect(after[0]?.row.content).toMatchObject({ event: { records: 9, bytes: 498 } })
  })

  test('another recording begins anew', async () => {
    const rows = stream()
    await rows.take(page(7, 0, { text: 'a\nopen', ms: 1 }))
    expect((await rows.rest()).map(words)).toEqual(['<open'])
    rows.restart()
    expect((await rows.take(page(0, 0, { text: 'b\n', ms: 0 }))).map(words)).toEqual(['<b\n'])
  })

  test('a long one is not kept', async () => {
    const rows = stream()
    let bytes = 0
    for (let number = 0; number < 3000; number++) {
      const text = `${'x'.repeat(8000)}\n`
      await rows.take(page(number, bytes, { text, ms: number }))
      bytes += text.length
    }
    // 24 MB passed, 3 MB are kept.
    expect(rows.lastRows(10_000).length).toBeLessThan(1500)
  })
})

describe('a filter', () => {
  test('leaves out rows, and is seen by nobody who counts', async () => {
    const seen: string[] = []
    const rows = stream({
      filter: parseFilter('dir:tx', []),
      seen: (row) => void seen.push(row.content.type === 'bytes' ? row.content.direction : 'event')
    })
    const shown = await rows.take(
      page(
        0,
        0,
        { text: 'a\n', ms: 1 },
        { text: 'b\n', ms: 2, direction: 'to-device' },
        { text: 'c\n', ms: 3 }
      )
    )
    expect(shown.map(words)).toEqual(['>b\n'])
    expect(seen).toEqual(['from-device', 'to-device', 'from-device'])
  })

  test('asks for expressions only where they decide, in one question', async () => {
    const asked: string[][] = []
    const rows = stream({
      filter: parseFilter('dir:rx /^a/', []),
      expressions: (expressions, texts) => {
        asked.push(texts.map((text) => Buffer.from(text).toString()))
        return Promise.resolve(
          texts.map((text) => expressions.map((each) => each.test(Buffer.from(text).toString('latin1'))))
        )
      }
    })
    const shown = await rows.take(
      page(
        0,
        0,
        { text: 'a\nb\n', ms: 1 },
        { text: 'a2\n', ms: 2, direction: 'to-device' },
        { text: 'a3\n', ms: 3 }
      )
    )
    expect(shown.map(words)).toEqual(['<a\n', '<a3\n'])
    expect(asked).toEqual([['a\n', 'b\n', 'a3\n']])
  })

  test('knows what a decoder says', async () => {
    const modbus = decoderKind('modbus-rtu')!
    const rows = stream({
      decoder: modbus,
      rules: modbus.rows,
      filter: parseFilter('crc:bad', ['crc', 'fc'])
    })
    const good = '\x01\x03\x00\x00\x00\x02\xc4\x0b'
    const bad = '\x01\x03\x00\x00\x00\x02\xc4\x0c'
    const chunks = [good, bad, good].map((text, at): Chunk => ({
      text,
      ms: at * 1000,
      direction: 'to-device'
    }))
    const shown = [...(await rows.take(page(0, 0, ...chunks))), ...(await rows.rest())]
    expect(shown.map(words)).toEqual([`>${bad}`])
    expect(shown[0]?.decoded?.verdict).toBe('bad')
  })

  test('gaps are told from every row, also from those that are left out', async () => {
    const rows = stream({ filter: parseFilter('gap>50ms', []) })
    const shown = await rows.take(
      page(
        0,
        0,
        { text: 'a\n', ms: 1 },
        { text: 'b\n', ms: 2 },
        { text: 'c\n', ms: 102 },
        { text: 'd\n', ms: 103 }
      )
    )
    expect(shown.map(words)).toEqual(['<c\n'])
  })
})

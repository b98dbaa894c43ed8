/**
 * Records as one file of the captures folder, in any form: some of them, those that a filter lets pass, written as a monitor shows them. Called
 * by captures.ts, which makes the file.
 */
import type { FileHandle } from 'node:fs/promises'
import type { ExportWish } from '../../contract/recording.ts'
import type { CaptureMeta } from '../../capture/format.ts'
import { Fault } from '../../contract/faults.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { Page } from '../../traffic/page.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { portionsOf } from './capture-reader.ts'
import { Cursor, type Slice } from './cursor.ts'
import { checkDirection, decoderOf } from './forms.ts'

/** Of a recording, read at once. */
const PORTION = 256 * 1024

/** `from` up to, and without, `to`. */
export interface Records {
  readonly from: number
  readonly to: number
}

/** One recording: what is known of it comes first, and then its records in order; each portion until the next one is asked for. */
export type Source = AsyncIterable<{ readonly meta: CaptureMeta; readonly slice?: Slice }>

export interface Written {
  readonly bytes: number
  /** That were read, whether the filter let them pass or not. */
  readonly records: number
}

/** What a form, a decoder and a filter ask for, made once it is known that they can be had: with the file then. */
export type Export = (source: Source, handle: FileHandle, signal: AbortSignal) => Promise<Written>

/** Rejects with `usage` where the wish contradicts itself, there is no such decoder, or the filter cannot be read. */
export async function exportOf(wish: ExportWish, records: Records): Promise<Export> {
  const { format, direction, rules, look, filter: text } = wish
  checkDirection(wish)
  const decoder = await decoderOf(wish.decoder)
  const [{ Exporter }, { ExpressionRunner }, filter] = await Promise.all([
    import('../../capture/exporter.ts'),
    import('../../capture/expressions.ts'),
    filterOf(text)
  ])
  return async (source, handle, signal) => {
    const runner = new ExpressionRunner()
    let bytes = 0
    let read = 0
    const exporter = new Exporter({
      ...{ form: format, direction, decoder, rules, filter, expressions: runner.run, ...look },
      put: async (piece) => {
        await handle.writeFile(piece)
        bytes += piece.length
      }
    })
    try {
      let isBegun = false
      for await (const { meta, slice } of source) {
        signal.throwIfAborted()
        if (!isBegun) await exporter.begin(meta)
        isBegun = true
        if (!slice) continue
        const { page } = slice
        const [from, to] = [
          Math.max(slice.from, records.from - page.first),
          Math.min(slice.to, records.to - page.first)
        ]
        if (from >= to) continue
        // A copy: the page's memory may be written anew while the disk, or an expression, is waited for.
        await exporter.page(Page.from(copyRecords(page, from, to)))
        read += to - from
      }
      await exporter.end()
      return { bytes, records: read }
    } finally {
      runner.dispose()
    }
  }
}

/** What a recording holds from that record on, up to the one that came last before this. */
// eslint-disable-next-line @typescript-eslint/require-await -- An iterable of a kind with that of a file.
export async function* ofLog(log: TrafficLog, meta: CaptureMeta, { from, to }: Records): Source {
  const cursor = new Cursor(log, from)
  yield { meta }
  while (cursor.next < to) {
    const slice = cursor.read(PORTION)
    if (!slice) return
    yield { meta, slice }
  }
}

/** One recording of a stored file. Throws `usage` where the file has none of that number. */
export async function* ofFile(name: string, handle: FileHandle, recording: number): Source {
  let isThere = false
  for await (const { index, recording: found, slice } of portionsOf(handle, PORTION)) {
    if (index !== recording) continue
    isThere = true
    yield { meta: found.meta, slice }
  }
  if (!isThere) throw new Fault('usage', `${name} holds no recording ${recording + 1} that can be read here.`)
}

async function filterOf(text: string | undefined) {
  if (text === undefined) return undefined
  const [{ parseFilter }, { FilterError }, { DECODER_KEYS }] = await Promise.all([
    import('../../traffic/filter/parse.ts'),
    import('../../traffic/filter/filter.ts'),
    import('../../traffic/decoders/registry.ts')
  ])
  try {
    return parseFilter(text, DECODER_KEYS)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw new Fault('usage', `The filter cannot be read: ${error.message}. Mend it, or leave it out.`, error)
  }
}

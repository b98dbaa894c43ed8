/** The records of a stored file, a portion at a time: for whoever shows or replays it. Holds no more of it than a portion. */
import type { FileHandle } from 'node:fs/promises'
import { CaptureFileReader } from '../../capture/files/file-reader.ts'
import type { Recording } from '../../capture/files/recording-reader.ts'
import { Cursor, type Slice } from './cursor.ts'

/** Of a file, read at once. */
const PIECE = 64 * 1024
/** What a reader keeps: more than a piece can hold. */
const KEPT = 8 * 1024 * 1024

export interface Portion {
  /** Which of the file's recordings, from 0. */
  readonly index: number
  readonly recording: Recording
  /** Until the next portion is asked for. */
  readonly slice: Slice
}

/** Each portion once, in the order of the file; returns what was not read, a line each. The caller closes the file. */
export async function* portionsOf(
  handle: FileHandle,
  maxBytes?: number
): AsyncGenerator<Portion, readonly string[]> {
  const reader = new CaptureFileReader({ maxBytes: KEPT })
  const cursors: Cursor[] = []
  const piece = new Uint8Array(PIECE)
  for (let goesOn = true; goesOn;) {
    const { bytesRead } = await handle.read(piece, 0, PIECE)
    if (bytesRead === 0) break
    goesOn = reader.push(piece.subarray(0, bytesRead))
    yield* unread(reader, cursors, maxBytes)
  }
  const problems = reader.end()
  yield* unread(reader, cursors, maxBytes)
  return problems
}

function* unread(
  reader: CaptureFileReader,
  cursors: Cursor[],
  maxBytes: number | undefined
): Generator<Portion> {
  for (const [index, recording] of reader.recordings.entries()) {
    const cursor = (cursors[index] ??= new Cursor(recording.log, recording.log.first))
    for (let slice = cursor.read(maxBytes); slice; slice = cursor.read(maxBytes))
      yield { index, recording, slice }
  }
}

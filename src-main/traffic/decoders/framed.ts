/** Decoders of frames that a byte ends, SLIP and COBS: the frames of a row one by one, wherever they began. */
import type { Decoded, Decoder } from '../decoder.ts'
import type { Row } from '../row.ts'
import { breaksOff, bytesRow, copied, joined, perDirection } from './parts.ts'
import { Pieces, type Piece } from './pieces.ts'

/** Longer ones are shown as far as this, in bytes; RFC 1055 knows packets of 1006. */
const MAX_FRAME = 4096

export interface Framing {
  readonly end: number
  /** What a row says that has an end and nothing else. */
  readonly endWords: string
  readonly describe: (frame: Piece) => Decoded
}

export class FramedDecoder implements Decoder {
  readonly #framing: Framing
  #pieces

  constructor(framing: Framing) {
    this.#framing = framing
    this.#pieces = perDirection(() => new Pieces([framing.end], MAX_FRAME))
  }

  copy(): FramedDecoder {
    const other = new FramedDecoder(this.#framing)
    other.#pieces = copied(this.#pieces, (pieces) => pieces.copy())
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event' && breaksOff(row.content.event))
      for (const pieces of Object.values(this.#pieces)) pieces.reset()
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const pieces = this.#pieces[found.direction]
    const { describe, endWords } = this.#framing
    const frames = pieces.take(found).filter((piece) => piece.to > piece.from)
    const parts = frames.map(describe)
    if (pieces.waiting > 0) parts.push(begun(pieces.waiting))
    return joined(parts, found.bytes.length) ?? { text: endWords, verdict: 'ok', fields: [] }
  }
}

function begun(waiting: number): Decoded {
  return {
    text: `${waiting} bytes of a frame, not ended yet`,
    verdict: 'ok',
    fields: [],
    keys: { frame: 'part' }
  }
}

/** Many texts as two pieces of memory: an object for each would cost whoever hands them to a thread more than all the rest. Pure. */

export interface PackedTexts {
  /** All texts one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Behind each of them. */
  readonly ends: Uint32Array<ArrayBuffer>
}

/** Copies of the texts: theirs may change afterwards. */
export function packed(texts: readonly Uint8Array[]): PackedTexts {
  const ends = new Uint32Array(texts.length)
  let size = 0
  for (const [index, text] of texts.entries()) ends[index] = size += text.length
  const bytes = new Uint8Array(size)
  for (const [index, text] of texts.entries()) bytes.set(text, (ends[index] ?? 0) - text.length)
  return { bytes, ends }
}

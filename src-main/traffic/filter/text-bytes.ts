/** Text as the bytes that a line carries. Pure. */

/** UTF-8; halves of characters become U+FFFD. */
export function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f)
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(0))
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), tail(6), tail(0))
    else bytes.push(0xf0 | (code >> 18), tail(12), tail(6), tail(0))
  }
  return bytes
}

/** An expression's characters beyond ASCII as the bytes that UTF-8 has for them: it is run over bytes, each as one character. */
export function overBytes(source: string): string {
  return source.replace(
    /[^\0-\x7f]/gu,
    (character) =>
      `(?:${utf8(character)
        .map((byte) => `\\x${byte.toString(16)}`)
        .join('')})`
  )
}

/** What devices send, made for tests: frames and sentences as their standards want them, written without looking at our decoders. */

/** RFC 1055, with an END before and behind. */
export function slipOf(bytes: Uint8Array): Uint8Array {
  const escaped = [...bytes].flatMap((byte) =>
    byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte]
  )
  return Uint8Array.of(0xc0, ...escaped, 0xc0)
}

/** Consistent overhead byte stuffing, the zero behind it. */
export function cobsOf(bytes: Uint8Array): Uint8Array {
  const out = [0]
  let code = 0
  for (const byte of bytes) {
    if (byte !== 0) out.push(byte)
    if (byte === 0 || out.length - code === 255) {
      out[code] = out.length - code
      code = out.length
      out.push(0)
    }
  }
  out[code] = out.length - code
  return Uint8Array.of(...out, 0)
}

/** `$GPGGA,…*5B CR LF` out of `GPGGA,…`. */
export function sentenceOf(body: string, sign = '$'): string {
  let sum = 0
  for (const character of body) sum ^= character.charCodeAt(0)
  return `${sign}${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`
}

/**
 * Messages as bytes: MessagePack, of which plain data needs nil, bool, int, float, str, bin, array and map with string keys.
 * Everything else (extensions, other keys) is refused, and so is a message whose announced sizes its bytes do not fill: the
 * library sets room aside for an array before it sees the elements, five bytes being enough for 32 GiB.
 */
import { decode, encode } from '@msgpack/msgpack'
import { Fault } from '../contract/faults.ts'
import { checkPlain, MAX_DEPTH } from './plain.ts'

/** Throws a Fault `bug` for what is no plain data, or has more than `maxBytes`. */
export function packed(message: unknown, maxBytes: number): Uint8Array {
  checkPlain(message)
  const bytes = encode(message, { ignoreUndefined: true })
  if (bytes.length <= maxBytes) return bytes
  throw new Fault('bug', `A message of ${bytes.length} bytes is larger than ${maxBytes}. Please report it.`)
}

/**
 * Nothing in it is part of `payload`, which may be a few bytes of a large slab. Throws a Fault `peer-protocol` for what is no plain data in one piece, or has more
 * than `maxValues` values: an empty object takes one byte here, and a hundred as an object.
 */
export function unpacked(payload: Uint8Array, maxValues: number): unknown {
  new Shape(payload, maxValues).check()
  try {
    return decode(new Uint8Array(payload))
  } catch (error) {
    throw new Fault('peer-protocol', 'The other side sent a message that cannot be read.', error)
  }
}

/** Walks over a message once, setting nothing aside. */
class Shape {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #valuesLeft: number
  #at = 0

  constructor(bytes: Uint8Array, maxValues: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#valuesLeft = maxValues
  }

  check(): void {
    this.#value(0)
    if (this.#at !== this.#bytes.length) throw odd('has bytes behind its end')
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) throw odd('is nested too deep')
    if (--this.#valuesLeft < 0) throw odd('has too many values')
    const head = this.#byte()
    if (head <= 0x7f || head >= 0xe0) return
    if (head <= 0x8f) this.#map(head & 0x0f, depth)
    else if (head <= 0x9f) this.#array(head & 0x0f, depth)
    else if (head <= 0xbf) this.#skip(head & 0x1f)
    else this.#long(head, depth)
  }

  #long(head: number, depth: number): void {
    switch (head) {
      // nil, false, true
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return
      // bin 8, 16, 32; str 8, 16, 32
      case 0xc4:
      case 0xd9:
        this.#skip(this.#byte())
        return
      case 0xc5:
      case 0xda:
        this.#skip(this.#short())
        return
      case 0xc6:
      case 0xdb:
        this.#skip(this.#word())
        return
      // float 32, 64; uint 8 to 64; int 8 to 64
      case 0xcc:
      case 0xd0:
        this.#skip(1)
        return
      case 0xcd:
      case 0xd1:
        this.#skip(2)
        return
      case 0xca:
      case 0xce:
      case 0xd2:
        this.#skip(4)
        return
      case 0xcb:
      case 0xcf:
      case 0xd3:
        this.#skip(8)
        return
      case 0xdc:
        this.#array(this.#short(), depth)
        return
      case 0xdd:
        this.#array(this.#word(), depth)
        return
      case 0xde:
        this.#map(this.#short(), depth)
        return
      case 0xdf:
        this.#map(this.#word(), depth)
        return
      default:
        throw odd(`has an unknown kind of value, 0x${head.toString(16)}`)
    }
  }

  #array(length: number, depth: number): void {
    for (let index = 0; index < length; index++) this.#value(depth + 1)
  }

  #map(length: number, depth: number): void {
    for (let index = 0; index < length; index++) {
      const head = this.#bytes[this.#at] ?? 0
      if ((head & 0xe0) !== 0xa0 && (head < 0xd9 || head > 0xdb)) throw odd('has a field without a name')
      this.#value(depth + 1)
      this.#value(depth + 1)
    }
  }

  #skip(count: number): void {
    if (count > this.#bytes.length - this.#at) throw odd('ends too early')
    this.#at += count
  }

  #byte(): number {
    this.#skip(1)
    return this.#view.getUint8(this.#at - 1)
  }

  #short(): number {
    this.#skip(2)
    return this.#view.getUint16(this.#at - 2)
  }

  #word(): number {
    this.#skip(4)
    return this.#view.getUint32(this.#at - 4)
  }
}

function odd(how: string): Fault {
  return new Fault('peer-protocol', `The other side sent a message that ${how}.`)
}

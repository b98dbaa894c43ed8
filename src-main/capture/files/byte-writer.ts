/** Bytes that grow, little-endian as pcapng's are here. Called by the writers of binary files. */

const FIRST_SIZE = 4096

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_SIZE)
  #view = new DataView(this.#bytes.buffer)
  #end = 0

  /** How many there are since the last `take`. */
  get length(): number {
    return this.#end
  }

  u16(value: number): void {
    const at = this.#room(2)
    this.#view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }

  u64(value: bigint): void {
    const at = this.#room(8)
    this.#view.setBigUint64(at, value, true)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Zeros up to the next multiple of four. */
  pad(): void {
    const size = -this.#end & 3
    const at = this.#room(size)
    this.#bytes.fill(0, at, at + size)
  }

  /** Writes over what stands there already. */
  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  /** All of them, the caller's from now on; the next ones begin anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#end)
    this.#end = 0
    return taken
  }

  #room(size: number): number {
    const at = this.#end
    this.#end += size
    if (this.#end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#end, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

import type { MemoryDuplexOptions } from '../src-main/base/memory-duplex.ts'
import { MemoryDuplex } from '../src-main/base/memory-duplex.ts'
import type { Connection } from '../src-main/net/connection.ts'
import { hex, toHex } from './hex.ts'

/** A Connection whose far side a test plays by hand, in hex: `say` what the peer sends, `heard` what it got. */
export class ScriptedConnection extends MemoryDuplex implements Connection {
  readonly remote = '192.0.2.7:50112'
  readonly remoteAddress = '192.0.2.7'
  probes = 0
  #seen = 0

  constructor(options: MemoryDuplexOptions = {}) {
    super(options)
  }

  probe(): void {
    this.probes++
  }

  say(bytes: string): void {
    this.send(hex(bytes))
  }

  /** What arrived since the last call. */
  heard(): string {
    const all = this.received
    const news = all.subarray(this.#seen)
    this.#seen = all.length
    return toHex(news)
  }
}

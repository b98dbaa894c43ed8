import type { Codec } from './codec.ts'
import type { TelnetEvent, TelnetMessage } from './telnet.ts'

/** Bytes as they are, both ways. What is not data has no form here: nothing is sent for it. */
export class RawCodec implements Codec<TelnetEvent, TelnetMessage> {
  receive(chunk: Uint8Array): TelnetEvent[] {
    return chunk.length === 0 ? [] : [{ type: 'data', bytes: chunk }]
  }

  send(message: TelnetMessage): Uint8Array {
    return message.type === 'data' ? message.bytes : new Uint8Array(0)
  }
}

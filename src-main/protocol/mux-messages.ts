/**
 * The messages of gensio's mux: several channels over one stream of bytes, each with a window. Called by mux.ts, which knows what they
 * mean to a channel.
 *
 *     11 00 01 00                                    init, version 1
 *     22 00 00 00  00 00 40 00  00 06 6C 6F 67 69 6E 3A
 *     |  |  |      |            |     service "login:"
 *     |  |  |      |            length of the service
 *     |  |  |      window: so many bytes may be under way to this channel
 *     |  |  channel, as who asks wants it to be called
 *     |  reserved
 *     message 2 (new channel), a header of 2 words of 32 bits
 *     33 00 00 00  00 00 04 00  00 00 00 00          its answer: channel as asked, window, channel as called here, error
 *     42 00 00 00  00 00 00 00                       close: channel, error
 *     52 01 00 00  00 00 00 05  00 02 41 54          data: flags, channel, bytes acknowledged, length, bytes
 *
 * Numbers are big endian. Flags: 1 is the end of a message, 2 is out of band. Errors are gensio's (include/gensio/gensio_err.h).
 * Source: gensio 2.6.2, lib/gensio_mux.c, the comments at `mux_msgs`.
 */

export const MUX_VERSION = 1

/** The header of each message in bytes at the least; more of it is skipped. */
export const MUX_HEADERS = { init: 4, open: 8, opened: 12, close: 8, data: 8 } as const
export type MuxKind = keyof typeof MUX_HEADERS

const IDS: Readonly<Record<MuxKind, number>> = { init: 1, open: 2, opened: 3, close: 4, data: 5 }
const KINDS: readonly (MuxKind | undefined)[] = [undefined, 'init', 'open', 'opened', 'close', 'data']

/** gensio has room for no longer header. */
export const MAX_HEADER = 12

/** Out of band: gtlssh says so what size its terminal has. */
export const OUT_OF_BAND = 2

/** gensio's numbers for why a channel is refused or closed. */
export const MUX_ERRORS = { none: 0, notSupported: 2, inUse: 10 } as const

/** What the first byte of a message says; a text where no message begins so. */
export function readFirst(byte: number): { readonly kind: MuxKind; readonly length: number } | string {
  const kind = KINDS[byte >> 4]
  const length = (byte & 0xf) * 4
  if (!kind) return `no message that we know (${byte >> 4})`
  if (length < MUX_HEADERS[kind] || length > MAX_HEADER) return `a header of ${length} bytes before ${kind}`
  return { kind, length }
}

/** Fields of a header behind its first byte, as the diagram has them. */
export interface MuxHeader {
  readonly flags: number
  /** As its receiver calls the channel; in `open`, as its sender does. */
  readonly channel: number
  /** The window, or the bytes acknowledged. */
  readonly count: number
  /** Of `opened` alone. */
  readonly senderChannel: number
  /** Of `opened` and `close` alone. */
  readonly error: number
}

export function readHeader(kind: MuxKind, bytes: Uint8Array): MuxHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u16 = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at) : 0)
  return {
    flags: bytes[1] ?? 0,
    channel: u16(2),
    count: kind === 'init' || kind === 'close' ? 0 : view.getUint32(4),
    senderChannel: kind === 'opened' ? u16(8) : 0,
    error: kind === 'opened' ? u16(10) : kind === 'close' ? u16(4) : 0
  }
}

export function encodeInit(): Uint8Array {
  return Uint8Array.of((IDS.init << 4) | 1, 0, MUX_VERSION, 0)
}

/** `service`: at most 65535 bytes. */
export function encodeOpen(channel: number, window: number, service: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(10 + service.length)
  const view = header(bytes, 'open', 2, channel)
  view.setUint32(4, window)
  view.setUint16(8, service.length)
  bytes.set(service, 10)
  return bytes
}

export function encodeOpened(
  channel: number,
  window: number,
  senderChannel: number,
  error: number
): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = header(bytes, 'opened', 3, channel)
  view.setUint32(4, window)
  view.setUint16(8, senderChannel)
  view.setUint16(10, error)
  return bytes
}

export function encodeClose(channel: number, error: number): Uint8Array {
  const bytes = new Uint8Array(8)
  header(bytes, 'close', 2, channel).setUint16(4, error)
  return bytes
}

/** What stands before so many bytes of data; 0: an acknowledgement alone. */
export function encodeDataHeader(channel: number, acknowledged: number, length: number): Uint8Array {
  const bytes = new Uint8Array(10)
  const view = header(bytes, 'data', 2, channel)
  view.setUint32(4, acknowledged)
  view.setUint16(8, length)
  return bytes
}

function header(bytes: Uint8Array, kind: MuxKind, words: number, channel: number): DataView {
  bytes[0] = (IDS[kind] << 4) | words
  const view = new DataView(bytes.buffer)
  view.setUint16(2, channel)
  return view
}

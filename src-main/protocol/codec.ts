/**
 * A sans-IO protocol: bytes in, events out; commands in, bytes out. No socket, no clock, no role that a caller could
 * not choose. One file serves both roles.
 */
export interface Codec<Event, Command> {
  /** Never throws on remote bytes: what is wrong is an event. Any chunking of the same bytes gives the same events. */
  receive(chunk: Uint8Array): Event[]
  /** The bytes to send; the very same buffer where nothing needs escaping. */
  send(command: Command): Uint8Array
}

/** What a peer did against its protocol; the connection lives on. `section` names the rule, e.g. `RFC 854`. */
export interface Violation {
  readonly type: 'violation'
  readonly what: string
  readonly section: string
  readonly bytes: Uint8Array
}

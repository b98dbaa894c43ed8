/** What a network client is greeted with, answered with, and told goodbye for; the bytes are ready to be sent. */
export interface Greeting {
  /** Sent before anything of the device. */
  readonly banner?: Uint8Array
  /** The answer to RFC 2217's SIGNATURE; 24 characters are sent at the most. Absent: ours. */
  readonly signature?: string
  /** The client is closed when the device has said this, and after it got it. */
  readonly closeOn?: Uint8Array
}

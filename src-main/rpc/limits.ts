/** How large messages may be, and how many may wait: the same for every carrier that has bytes. */

/** Arguments of commands: the largest are bytes to send. */
export const MAX_REQUEST_BYTES = 1024 * 1024
/** A snapshot of 64 shares with 8 sessions each has 85 kB. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** What waits to be sent may be this much, and one message more: credit keeps a reader that is merely slow far below. */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024
/** A message has at most one value for so many bytes of its limit: values take more room in memory than on the wire. */
export const BYTES_PER_VALUE = 8

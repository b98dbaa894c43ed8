/** Whether this computer's clock is kept right by something. Called by the doctor. Looks only. */
import { adjtimex } from './libc.ts'

/** Larger than struct timex on any Linux (208 bytes on 64 bit), and all zero: modes 0 asks and sets nothing. */
const TIMEX_SIZE = 512
/** adjtimex(2): the clock is not synchronised. */
const TIME_ERROR = 5

/** As the kernel was told by NTP, PTP or a time server's program; undefined: this system does not say. */
export function isClockSynchronised(): boolean | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return adjtimex(new Uint8Array(TIMEX_SIZE)) !== TIME_ERROR
  } catch {
    return undefined // forbidden, as in some containers
  }
}

import { writeSync } from 'node:fs'
import { isSystemError } from './libc.ts'

/**
 * Offers bytes to a descriptor that does not block; answers how many the kernel took, or its error. Without a stream's
 * request, callback and turn of the event loop.
 */
export function writeNow(fd: number, chunk: Uint8Array): number | Error {
  try {
    return writeSync(fd, chunk)
  } catch (error) {
    if (isSystemError(error, 'EAGAIN')) return 0
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Files that another program holds for a moment. Called by private-file.ts. */
import { setTimeout as pause } from 'node:timers/promises'
import { isSystemError } from '../os/libc.ts'

/** How long it is waited between the tries, in ms. */
const PAUSES_MS = [10, 30, 100, 300, 1000]

/**
 * Windows refuses to rename what a virus scanner or an indexer has open just then, and calls that a lack of rights. Elsewhere the first
 * refusal is the answer. Rejects with the last one.
 */
export async function untilFree(
  call: () => Promise<void>,
  { platform = process.platform, pausesMs = PAUSES_MS } = {}
): Promise<void> {
  for (const pauseMs of platform === 'win32' ? pausesMs : []) {
    try {
      await call()
      return
    } catch (error) {
      if (!isSystemError(error, 'EPERM', 'EACCES', 'EBUSY')) throw error
    }
    await pause(pauseMs)
  }
  await call()
}

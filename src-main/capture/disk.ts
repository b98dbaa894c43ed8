/**
 * The few things that trace files ask of the file system, none of which ever holds anything else up: what a dead network drive
 * blocks is a thread, and traces together take only some of those that Node has.
 */
import { constants } from 'node:fs'
import { open, rename } from 'node:fs/promises'

export interface Disk {
  /** Made where it is missing; appended to. Rejects with the system's error. */
  open(path: string): Promise<DiskFile>
  /** Whatever was there as `to` is replaced. */
  rename(from: string, to: string): Promise<void>
}

export interface DiskFile {
  /** When it was opened, in bytes. */
  readonly size: number
  /** Not a pipe, a terminal, `/dev/full`. */
  readonly regular: boolean
  /** Answers how many bytes were taken, which may be fewer. */
  write(chunks: readonly Uint8Array[]): Promise<number>
  close(): Promise<void>
}

/** As ser2net makes them: what goes over a serial line may be a password. */
const MODE = 0o600

/** Non-blocking for pipes: an opening without a reader, or a write to a full one, fails and is tried again. */
const FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY

/** Of the four threads of Node's pool, which also look up names. */
const THREADS = 2

let busy = 0
const waiting: (() => void)[] = []

async function withThread<T>(task: () => Promise<T>): Promise<T> {
  if (busy >= THREADS) await new Promise<void>((resolve) => waiting.push(resolve))
  else busy++
  try {
    return await task()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else busy--
  }
}

export const disk: Disk = {
  open: (path) =>
    withThread(async () => {
      const handle = await open(path, FLAGS, MODE)
      try {
        const stat = await handle.stat()
        return {
          size: stat.size,
          regular: stat.isFile(),
          write: (chunks) => withThread(async () => (await handle.writev([...chunks])).bytesWritten),
          close: () => withThread(() => handle.close())
        }
      } catch (error) {
        await handle.close()
        throw error
      }
    }),
  rename: (from, to) => withThread(() => rename(from, to))
}

/** Runs a program of the system to its end: no shell, no input, what it says in one piece. For commands that answer at once. */
import { execFile } from 'node:child_process'

export interface CommandResult {
  /** Its exit code; -1 where a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Ended then, which rejects; 30 s where absent. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Rejects with what the system said where it cannot be started (ENOENT, EACCES), and with ETIMEDOUT where it does not end. */
export type RunCommand = (
  file: string,
  words: readonly string[],
  options?: RunOptions
) => Promise<CommandResult>

const DEFAULT_TIMEOUT_MS = 30_000
/** More than any of them says; what says more is ended. */
const MAX_OUTPUT = 8 * 1024 * 1024

export const runCommand: RunCommand = (file, words, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) =>
  new Promise((resolve, reject) => {
    const options = {
      timeout: timeoutMs,
      maxBuffer: MAX_OUTPUT,
      windowsHide: true,
      signal,
      encoding: 'utf8' as const
    }
    execFile(file, words, options, (failure, stdout, stderr) => {
      const error: (Error & { code?: unknown; killed?: boolean }) | null = failure
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
      // A text says why it did not start, or that it said too much; null is a signal, of its own or ours.
      else if (typeof error.code === 'string') reject(error)
      else if (error.killed === true) reject(new TimedOut(file))
      else resolve({ code: -1, stdout, stderr })
    })
  })

class TimedOut extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(file: string) {
    super(`${file} did not end in time`)
    this.name = 'TimedOut'
  }
}

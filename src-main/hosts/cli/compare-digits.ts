/** Asks the person, or the script, whether both computers show the same digits. Called by `pair`; decides nothing by itself. */
import { createInterface } from 'node:readline'
import type { CliIo } from './cli-io.ts'

/** `unsaid`: the input ended, or the question was taken back. */
export type Comparison = 'same' | 'different' | 'unsaid'

/**
 * At a terminal a person says yes, or types the digits of the other computer. Elsewhere only the digits count: a word that is always
 * there (`yes |`) compares nothing. `signal` takes the question back.
 */
export async function compareDigits(digits: string, io: CliIo, signal: AbortSignal): Promise<Comparison> {
  const isPerson = io.stdin.isTTY
  if (isPerson) process.stderr.write('Same digits there? [y/N] ')
  const line = await nextLine(io, signal)
  if (line === undefined) return 'unsaid'
  const typed = line.replaceAll(/\s/g, '')
  if (typed === digits || (isPerson && /^y(es)?$/i.test(typed))) return 'same'
  return 'different'
}

/** A person at a terminal says yes; anything else, and the end of the input, is no. */
export async function askYes(question: string, io: CliIo, signal: AbortSignal): Promise<boolean> {
  process.stderr.write(question)
  const line = await nextLine(io, signal)
  return /^\s*y(es)?\s*$/i.test(line ?? '')
}

function nextLine(io: CliIo, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: io.stdin })
    const end = (line: string | undefined): void => {
      signal.removeEventListener('abort', stop)
      resolve(line)
      lines.close()
    }
    const stop = (): void => end(undefined)
    signal.addEventListener('abort', stop, { once: true })
    lines.once('line', end)
    lines.once('close', stop)
    if (signal.aborted) stop()
  })
}

/**
 * What a script waits for in what a device says. Called by run-script.ts with the bytes that came and were not matched yet;
 * keeps nothing itself.
 */
import { createContext, Script } from 'node:vm'
import { Fault } from '../contract/faults.ts'

/** Where a match begins and ends, as offsets in bytes. */
export interface Match {
  readonly start: number
  readonly end: number
}

export interface Pattern {
  /** For people: as it was written. */
  readonly shown: string
  /** The first match in `held`; `scanned` bytes of it were looked at before, in vain. Throws Fault `usage` (see `regexPattern`). */
  find(held: Buffer, scanned: number): Match | undefined
}

/**
 * How long one look with a regular expression may take, in ms: 64 KiB need less than one, but nested repetitions ("(a+)+$") can take
 * years, and nothing else runs meanwhile.
 */
export const REGEX_LIMIT_MS = 250

/** These bytes in a row; at least one. */
export function bytesPattern(wanted: Uint8Array, shown: string): Pattern {
  const needle = Buffer.from(wanted)
  return {
    shown,
    find(held, scanned) {
      const start = held.indexOf(needle, Math.max(0, scanned - needle.length + 1))
      return start < 0 ? undefined : { start, end: start + needle.length }
    }
  }
}

/**
 * A regular expression of JavaScript; each byte is a character, U+0000 to U+00FF. Throws SyntaxError where it is none. A look that
 * takes too long is cut off by the engine itself, and is a Fault.
 */
export function regexPattern(source: string, flags: string, shown: string): Pattern {
  new RegExp(source, flags)
  const room = { text: '', source, flags }
  const context = createContext(room)
  new Script('expression = new RegExp(source, flags)').runInContext(context)
  const look = new Script('found = expression.exec(text); found && [found.index, found[0].length]')
  return {
    shown,
    find(held) {
      room.text = held.toString('latin1')
      try {
        const found = look.runInContext(context, { timeout: REGEX_LIMIT_MS }) as [number, number] | null
        return found ? { start: found[0], end: found[0] + found[1] } : undefined
      } catch (error) {
        throw new Fault(
          'usage',
          `${shown} takes too long on what came. Write it without repetitions inside repetitions.`,
          error
        )
      }
    }
  }
}

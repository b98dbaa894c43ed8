/**
 * The lines of a ser2net.conf (3.x): a line whose very last character is a backslash goes on in the next one, before anything else is
 * looked at. Pure. Called by conf-reader.ts.
 */

export interface ConfLine {
  /** Where it begins, from 1. */
  readonly line: number
  readonly text: string
}

/** Without empty lines and comments. */
export function* confLines(text: string): Generator<ConfLine> {
  let begun: { line: number; parts: string[] } | undefined
  const all = text.split(/\r?\n/)
  for (const [index, each] of all.entries()) {
    // As in ser2net: a comment is looked at before its end, so it is not continued; within a line that goes on, `#` is a character.
    if (!begun && (each === '' || each.startsWith('#'))) continue
    begun ??= { line: index + 1, parts: [] }
    if (each.endsWith('\\') && index < all.length - 1) begun.parts.push(each.slice(0, -1))
    else {
      begun.parts.push(each)
      const joined = begun.parts.join('')
      if (joined.trim() !== '') yield { line: begun.line, text: joined }
      begun = undefined
    }
  }
}

/** What stands before the first colon, and what is behind it; undefined: there is none. */
export function cutAtColon(text: string): [string, string | undefined] {
  const at = text.indexOf(':')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

export const STATES = ['raw', 'rawlp', 'telnet', 'off'] as const
export type ConfState = (typeof STATES)[number]

export interface ConfPort {
  /** `7000`, `localhost,7000`, `ipv6,::1,7000`: its colons belong to it. */
  readonly port: string
  readonly state: ConfState
  readonly timeout: string
  readonly device: string
  readonly options: string
}

/** `PORT:STATE:TIMEOUT:DEVICE:OPTIONS`; undefined: it is no such line. Fields that are missing are empty. */
export function readConfPort(text: string): ConfPort | undefined {
  const match = /^(.*?):(raw|rawlp|telnet|off):(.*)$/s.exec(text)
  const [, port = '', state, rest = ''] = match ?? []
  const found = STATES.find((each) => each === state)
  if (!found) return undefined
  const [timeout, behind = ''] = cutAtColon(rest)
  const [device, options = ''] = cutAtColon(behind)
  return { port: port.trim(), state: found, timeout: timeout.trim(), device: device.trim(), options }
}

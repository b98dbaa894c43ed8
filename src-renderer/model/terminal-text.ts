/** What a terminal sends for what is typed, and how it shows that itself. Pure. */

export const LINE_ENDINGS = ['cr', 'lf', 'crlf'] as const
export type LineEnding = (typeof LINE_ENDINGS)[number]

const ENDING: Readonly<Record<LineEnding, string>> = { cr: '\r', lf: '\n', crlf: '\r\n' }

const utf8 = new TextEncoder()

/** Enter, and each line of what is pasted, ends as the device wants it. `typed`: as xterm.js tells it, with CR for both. */
export function sentFor(typed: string, ending: LineEnding): Uint8Array<ArrayBuffer> {
  return utf8.encode(typed.replaceAll('\r', ENDING[ending]))
}

/** Mouse reports and such, which xterm.js tells a character for each byte. */
export function binaryOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Local echo: what was typed, as a device that echoes would show it. Keys that are no text are not. */
export function echoFor(typed: string): string {
  if (typed.startsWith('\u001b')) return ''
  return typed.replaceAll('\r', '\r\n').replaceAll('\u007f', '\b \b')
}

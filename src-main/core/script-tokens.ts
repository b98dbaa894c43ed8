/** A line of a console script as words, texts and regular expressions. Called by script.ts. */

/** What is wrong with a line, without the full stop. */
export class Mistake extends Error {}

export interface Token {
  readonly kind: 'word' | 'text' | 'regex'
  /**
   * Of a text: escapes and variables replaced, a character for each byte of UTF-8 or `\xHH`. Of a regular expression: what stands
   * between the slashes.
   */
  readonly text: string
  /** Of a regular expression. */
  readonly flags: string
  /** As it was written: variables by their names. */
  readonly shown: string
}

const PATTERNS = [
  ['space', /\s+|#.*/y],
  ['text', /"((?:[^"\\]|\\.)*)"/y],
  ['regex', /\/((?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)\/(\w*)/y],
  ['variable', /\$(?:([a-z_]\w*)|\{(\w+)\})/iy],
  ['word', /[^\s"#/$]+/y]
] as const

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  0: '\0',
  e: '\x1b',
  '\\': '\\',
  '"': '"',
  $: '$'
}

/** Throws Mistake; `valueOf` answers a variable's value, or throws one. */
export function readTokens(line: string, valueOf: (name: string) => string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < line.length) {
    const found = next(line, at)
    if (!found) throw new Mistake(`"${line.slice(at).trim()}" cannot be read: is a quote or a slash missing`)
    const [kind, [shown, first = '', second = '']] = found
    at += shown.length
    if (kind === 'text') tokens.push({ kind, text: unescape(first, valueOf), flags: '', shown })
    else if (kind === 'variable')
      tokens.push({ kind: 'text', text: utf8(valueOf(first || second)), flags: '', shown })
    else if (kind === 'regex') tokens.push({ kind, text: ascii(first), flags: flagsOf(second), shown })
    else if (kind === 'word') tokens.push({ kind, text: shown, flags: '', shown })
  }
  return tokens
}

function next(
  line: string,
  at: number
): readonly [(typeof PATTERNS)[number][0], RegExpExecArray] | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const match = pattern.exec(line)
    if (match) return [kind, match]
  }
  return undefined
}

/** A `$` before anything but a name is itself: prompts end with it. */
function unescape(text: string, valueOf: (name: string) => string): string {
  return utf8(text).replaceAll(
    /\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(.)|\$(?:([a-z_]\w*)|\{(\w+)\})/gi,
    (all: string, hex?: string, unicode?: string, short?: string, name?: string, braced?: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
      if (unicode !== undefined) return utf8(String.fromCharCode(parseInt(unicode, 16)))
      const variable = name ?? braced
      if (variable !== undefined) return utf8(valueOf(variable))
      const character = short === undefined ? undefined : SHORT_ESCAPES[short]
      if (character === undefined)
        throw new Mistake(`${all} is no escape. There are: \\r \\n \\t \\0 \\e \\\\ \\" \\$ \\xHH \\uHHHH`)
      return character
    }
  )
}

/** A character for each byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Bytes are matched, not letters: of what is more than one byte, a class would take a half. */
function ascii(source: string): string {
  if (/[^ -~]/.test(source))
    throw new Mistake('a regular expression sees bytes: give other letters than ASCII as a text, or as \\xHH')
  return source
}

function flagsOf(flags: string): string {
  if (!/^[ims]*$/.test(flags)) throw new Mistake(`/${flags} is not possible. Flags are i, m and s`)
  return flags
}

/**
 * `exec:COMMAND` as people write it, and the words that the program gets. No shell: nothing is expanded, so a file name or an
 * address from elsewhere can never become a command.
 *
 *   words      are separated by blanks
 *   '…'        as it stands
 *   "…"        as it stands, but \" and \\ mean " and \
 *   \x         x, outside of quotes
 */
import { basename } from 'node:path'
import { Fault } from '../../contract/faults.ts'

export const PIPE_PREFIX = 'exec:'
export const TERMINAL_PREFIX = 'exec+pty:'

export interface CommandLine {
  /** On a terminal of its own instead of pipes. */
  readonly terminal: boolean
  /** The program as it was named, and its arguments; at least the first. */
  readonly words: readonly [string, ...string[]]
}

/** Words that only a shell understands. Quoted, they are words like any other. */
const SHELL_WORDS = new Set(['|', '||', '&', '&&', ';', '<', '>', '>>', '2>', '2>&1'])

const BLANK = /\s/

export function isProgram(target: string): boolean {
  return target.startsWith(PIPE_PREFIX) || target.startsWith(TERMINAL_PREFIX)
}

/** `ipmitool` of `exec:/usr/bin/ipmitool …`: what a port of it is called. Throws Fault `usage`. */
export function programName(target: string): string {
  return basename(parseCommandLine(target).words[0])
}

/** Throws Fault `usage`. */
export function parseCommandLine(target: string): CommandLine {
  const terminal = target.startsWith(TERMINAL_PREFIX)
  const prefix = terminal ? TERMINAL_PREFIX : PIPE_PREFIX
  const words = splitWords(target.slice(prefix.length))
  const shell = words.find(({ text, bare }) => bare && SHELL_WORDS.has(text))
  if (shell)
    throw new Fault(
      'usage',
      `${prefix} starts a program without a shell, which "${shell.text}" would need. Write ${prefix}sh -c '…', or '${shell.text}' in quotes.`
    )
  const [program, ...rest] = words.map(({ text }) => text)
  if (program === undefined || program === '')
    throw new Fault('usage', `${prefix} names no program. Give one, e.g. ${prefix}'ssh -T host cat'.`)
  if (target.includes('\0')) throw new Fault('usage', `${prefix} holds a NUL character. Leave it out.`)
  return { terminal, words: [program, ...rest] }
}

interface Word {
  readonly text: string
  /** No character of it was quoted. */
  readonly bare: boolean
}

/** Throws Fault `usage` for a quote without its end. */
export function splitWords(text: string): Word[] {
  const words: Word[] = []
  let at = 0
  while (at < text.length) {
    if (BLANK.test(text.charAt(at))) {
      at += 1
      continue
    }
    let word = ''
    let bare = true
    while (at < text.length && !BLANK.test(text.charAt(at))) {
      const { piece, next, quoted } = readPiece(text, at)
      word += piece
      if (quoted) bare = false
      at = next
    }
    words.push({ text: word, bare })
  }
  return words
}

function readPiece(text: string, at: number): { piece: string; next: number; quoted: boolean } {
  const first = text.charAt(at)
  if (first === "'") {
    const end = text.indexOf("'", at + 1)
    if (end < 0) throw open(first)
    return { piece: text.slice(at + 1, end), next: end + 1, quoted: true }
  }
  if (first === '"') return readDoubleQuoted(text, at)
  if (first !== '\\') return { piece: first, next: at + 1, quoted: false }
  if (at + 1 === text.length)
    throw new Fault('usage', 'The command ends with a backslash. Leave it out, or write \\\\ for one.')
  return { piece: text.charAt(at + 1), next: at + 2, quoted: true }
}

function readDoubleQuoted(text: string, start: number): { piece: string; next: number; quoted: boolean } {
  let piece = ''
  for (let at = start + 1; at < text.length; at++) {
    const each = text.charAt(at)
    if (each === '"') return { piece, next: at + 1, quoted: true }
    const next = text.charAt(at + 1)
    if (each === '\\' && (next === '"' || next === '\\')) {
      piece += next
      at += 1
    } else piece += each
  }
  throw open('"')
}

function open(quote: string): Fault {
  return new Fault(
    'usage',
    `The command has a ${quote} without its end. Add it, or write \\${quote} for the character.`
  )
}

/** A word that `splitWords` reads back as it is. */
export function quoteWord(word: string): string {
  if (word !== '' && !/[\s'"\\]/.test(word) && !SHELL_WORDS.has(word)) return word
  return word.includes("'") ? `"${word.replace(/["\\]/g, '\\$&')}"` : `'${word}'`
}

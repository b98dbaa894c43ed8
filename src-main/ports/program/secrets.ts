/**
 * Secrets in a command line: every user of the computer can read it (ps). What is told and shown of one goes through here; better
 * ways are named.
 */
import { basename } from 'node:path'
import { isProgram, PIPE_PREFIX, quoteWord, splitWords, TERMINAL_PREFIX } from './command-line.ts'

export const MASK = '***'

/** Options whose value is a secret, by the program's name; `short`: one letter each. And how the program takes it otherwise. */
const PROGRAMS: Readonly<Record<string, { readonly short: string; readonly better: string }>> = {
  ipmitool: { short: 'Pky', better: 'ipmitool -E with --env IPMI_PASSWORD=@FILE' },
  sshpass: { short: 'p', better: 'sshpass -e with --env SSHPASS=@FILE' }
}

/** In any program. */
const LONG = /^--?(pass(word|wd|phrase)?|token|secret|api-?key|[a-z-]+-(password|token|secret))(=|$)/i
const URL_PASSWORD = /(\w:\/\/[^\s/:@]*:)([^\s/@]+)(@)/g
const ASSIGNMENT = /^(\w*(?:PASSWORD|PASSWD|TOKEN|SECRET)\w*=)(.+)$/i

/**
 * A target, or what was given in the place of one, fit to be shown: as it is, but for the secrets in a program's arguments and the
 * password in an address.
 */
export function shownTarget(target: string): string {
  return examine(target)?.shown ?? target.replace(URL_PASSWORD, `$1${MASK}$3`)
}

/** Why this command line should not hold what it holds, and what to do instead; undefined: nothing was found. */
export function secretWarning(target: string): string | undefined {
  const found = examine(target)
  if (!found) return undefined
  return `a password in a command line can be read by every user of this computer (ps): use ${found.better} instead`
}

function examine(target: string): { shown: string; better: string } | undefined {
  if (!isProgram(target)) return undefined
  const prefix = target.startsWith(TERMINAL_PREFIX) ? TERMINAL_PREFIX : PIPE_PREFIX
  const masked = maskText(target.slice(prefix.length))
  return masked && { shown: prefix + masked.shown, better: masked.better }
}

/** Undefined: there is no secret in it. */
function maskText(text: string): { shown: string; better: string } | undefined {
  const words = wordsOf(text)
  if (!words) return undefined
  const { masked, better } = maskWords(words)
  return better === undefined ? undefined : { shown: masked.map(quoteWord).join(' '), better }
}

/** Undefined: the text is no row of words, as a script may be. */
function wordsOf(text: string): string[] | undefined {
  try {
    return splitWords(text).map((each) => each.text)
  } catch {
    return undefined
  }
}

function maskWords(words: readonly string[]): { masked: string[]; better: string | undefined } {
  let better: string | undefined
  let program: (typeof PROGRAMS)[string] | undefined
  let next = false
  const found = (how: string): void => {
    better ??= how
  }
  const masked = words.map((word) => {
    program = PROGRAMS[basename(word)] ?? program
    if (next) {
      next = false
      return MASK
    }
    if (program && /^-[^-]/.test(word) && program.short.includes(word.charAt(1))) {
      found(program.better)
      next = word.length === 2
      return next ? word : word.slice(0, 2) + MASK
    }
    if (LONG.test(word)) {
      found(GENERAL)
      const [name = word, value] = word.split(/=(.*)/s)
      next = value === undefined
      return next ? word : `${name}=${MASK}`
    }
    // A script for a shell is one word with commands in it.
    const script = /\s/.test(word) ? maskText(word) : undefined
    if (script) found(script.better)
    const rest = script?.shown ?? word
    const shown = rest.replace(ASSIGNMENT, `$1${MASK}`).replace(URL_PASSWORD, `$1${MASK}$3`)
    if (shown !== rest) found(GENERAL)
    return shown
  })
  return { masked, better }
}

const GENERAL = 'a file that the program reads, or an environment variable with --env NAME=@FILE,'

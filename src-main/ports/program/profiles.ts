/**
 * Programs that read commands for themselves in the middle of their input: an escape character right behind the end of a line.
 * It is how a break is sent, and why data may not reach them as it is. One table; a new program is a row and, where its escape
 * depends on how it is called, a function.
 *
 * What each does was read in its source or manual:
 * - ipmitool 1.8.19, `sol activate`: `~`, or what -e says; at the start and behind CR or LF; `~B` sends a break, `~.` ends,
 *   `~~` is one `~`. At the end of its input it ends the session in good order; on SIGHUP and SIGTERM it does not, and the
 *   session stays at the BMC until that gives up. It tells of each escape on standard output, among the data.
 * - OpenSSH (ssh(1), "Escape characters"): the same, where a terminal was asked for at the far side; else data is data.
 */
import { basename } from 'node:path'
import { ESCAPE_NAMES, type EscapeName } from '../../contract/commands.ts'
import type { CommandLine } from './command-line.ts'

export interface Escapes {
  /** One byte. */
  readonly character: number
  /** What follows it to send a break. */
  readonly break: number
  /** What follows it to end the session. */
  readonly end: number
}

export interface ProgramProfile {
  /** Absent: every byte is data. */
  readonly escapes?: Escapes
  /** What it says at each start and means nothing here. */
  readonly noise?: RegExp
}

const TILDE = 0x7e
const TILDE_ESCAPES: Escapes = { character: TILDE, break: 0x42, end: 0x2e }

/** The named one as if it were called so, or the one that fits the program's name and arguments. */
export function profileOf(command: CommandLine, name: EscapeName | undefined): ProgramProfile {
  const [program, ...args] = command.words
  const known = ESCAPE_NAMES.find((each) => each === basename(program))
  switch (name ?? known ?? 'none') {
    case 'none':
      return {}
    case 'ipmitool':
      return ipmitool(args, name !== undefined)
    case 'ssh':
      return name === undefined && !sshHasTerminal(args, command.terminal)
        ? {}
        : { escapes: sshEscapes(args) }
  }
}

function ipmitool(args: readonly string[], forced: boolean): ProgramProfile {
  // Pipes are no terminal, which it says and goes on.
  const noise = /^tc[gs]etattr: /
  const sol = args.findIndex((each) => each === 'sol' || each === 'isol' || each === 'tsol')
  if (!forced && (sol < 0 || args[sol + 1] !== 'activate')) return { noise }
  return { noise, escapes: { ...TILDE_ESCAPES, character: optionCharacter(args, 'e') ?? TILDE } }
}

/** The first byte of `-e X` or `-eX`. */
function optionCharacter(args: readonly string[], option: string): number | undefined {
  for (const [index, arg] of args.entries()) {
    const value =
      arg === `-${option}` ? args[index + 1] : arg.startsWith(`-${option}`) ? arg.slice(2) : undefined
    if (value !== undefined && value !== '') return Buffer.from(value)[0]
  }
  return undefined
}

/** ssh's options that take a value (OpenSSH 9). */
const SSH_WITH_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw'

interface SshCall {
  /** Each letter given, in order: `tt`. */
  readonly flags: string
  readonly escape: string | undefined
  readonly hasCommand: boolean
}

function readSsh(args: readonly string[]): SshCall {
  let flags = ''
  let escape: string | undefined
  let host = false
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ''
    if (!arg.startsWith('-') || arg === '-') {
      // Options may also stand behind the host; whatever follows is the command.
      if (host) return { flags, escape, hasCommand: true }
      host = true
      continue
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg.charAt(at)
      if (!SSH_WITH_VALUE.includes(letter)) {
        flags += letter
        continue
      }
      const value = arg.slice(at + 1) || (args[++index] ?? '')
      if (letter === 'e') escape = value
      if (letter === 'W') flags += 'T'
      break
    }
  }
  return { flags, escape, hasCommand: false }
}

/** Whether it asks for a terminal at the far side, by which it heeds escapes: -tt always, -t and a login only on a terminal. */
function sshHasTerminal(args: readonly string[], onTerminal: boolean): boolean {
  const { flags, escape, hasCommand } = readSsh(args)
  if (escape === 'none' || flags.includes('T') || flags.includes('N')) return false
  const asked = flags.replace(/[^t]/g, '').length
  return asked >= 2 || (onTerminal && (asked === 1 || !hasCommand))
}

function sshEscapes(args: readonly string[]): Escapes {
  const { escape } = readSsh(args)
  if (escape === undefined || escape === '' || escape === 'none') return TILDE_ESCAPES
  const [first = TILDE, second] = Buffer.from(escape)
  const control = escape.length === 2 && first === 0x5e && second !== undefined // ^X
  return { ...TILDE_ESCAPES, character: control ? second & 0x1f : first }
}

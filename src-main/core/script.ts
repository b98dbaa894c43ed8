/**
 * The language of console scripts: a statement per line, read as a whole before anything is opened. Called by the command
 * line; run by run-script.ts.
 *
 *   # log in                        set 115200 8N1 rtscts        dtr on | off, rts on | off
 *   send "root\r"                   break 250                    log "logged in"
 *   timeout 5                       reset esp32
 *   expect "word:"                  wait 0.5
 *   send $PASSWORD "\r"             expect /# $/
 */
import { Fault } from '../contract/faults.ts'
import { FLOW_CONTROLS, parseBaudRate, parseLine, type ControlWish, type LineWish } from '../contract/line.ts'
import { STAYING_RESET_NAMES, type ResetName } from '../contract/reset.ts'
import { bytesPattern, regexPattern, type Pattern } from './pattern.ts'
import { Mistake, readTokens, type Token } from './script-tokens.ts'

export type Action =
  | { readonly do: 'send'; readonly bytes: Uint8Array; readonly shown: string }
  | { readonly do: 'expect'; readonly pattern: Pattern }
  | { readonly do: 'timeout' | 'wait' | 'break'; readonly ms: number }
  | { readonly do: 'reset'; readonly profile: ResetName }
  | { readonly do: 'set'; readonly settings: LineWish }
  | { readonly do: 'lines'; readonly wish: ControlWish }
  | { readonly do: 'log'; readonly text: string }

/** `where` begins messages: `boot.script, line 4`; empty where there is one thing to do only. */
export type Statement = Action & { readonly where: string }

export interface Script {
  readonly statements: readonly Statement[]
  /** Values of the variables used, by name: they are not shown in messages. */
  readonly secrets: ReadonlyMap<string, string>
}

export interface ScriptLine {
  readonly where: string
  readonly text: string
}

export type Environment = Readonly<Record<string, string | undefined>>

const MAX_SECONDS = 86_400
const MAX_BREAK_MS = 60_000
const BREAK_MS = 250

/** Throws Fault `usage`, which begins with `where` of the line that is wrong. */
export function readScript(lines: readonly ScriptLine[], environment: Environment): Script {
  const secrets = new Map<string, string>()
  const valueOf = (name: string): string => {
    const value = environment[name]
    if (value === undefined) throw new Mistake(`$${name} is not set in the environment`)
    secrets.set(name, value)
    return value
  }
  const statements = lines.flatMap(({ where, text }) => {
    try {
      const tokens = readTokens(text, valueOf)
      return tokens.length === 0 ? [] : [{ ...readStatement(tokens), where }]
    } catch (error) {
      if (error instanceof Mistake) throw new Fault('usage', `${where}: ${error.message}.`)
      throw error
    }
  })
  return { statements, secrets }
}

function readStatement([first, ...rest]: readonly Token[]): Action {
  const name = first?.kind === 'word' ? first.text : ''
  switch (name) {
    case 'send': {
      const text = textOf(rest, name)
      return { do: 'send', bytes: Buffer.from(text, 'latin1'), shown: shownOf(rest) }
    }
    case 'log':
      return { do: 'log', text: Buffer.from(textOf(rest, name), 'latin1').toString() }
    case 'expect':
      return { do: 'expect', pattern: patternOf(rest) }
    case 'timeout':
    case 'wait':
      return { do: name, ms: Math.round(numberOf(rest, `${name} needs seconds`, 0.001, MAX_SECONDS) * 1000) }
    case 'break':
      return {
        do: name,
        ms: rest.length === 0 ? BREAK_MS : numberOf(rest, 'break needs ms', 1, MAX_BREAK_MS)
      }
    case 'reset': {
      const profile = STAYING_RESET_NAMES.find((each) => each === wordOf(rest))
      if (!profile) throw new Mistake(`reset needs one of: ${STAYING_RESET_NAMES.join(', ')}`)
      return { do: 'reset', profile }
    }
    case 'set':
      return { do: 'set', settings: settingsOf(rest) }
    case 'dtr':
    case 'rts': {
      const level = wordOf(rest)
      if (level !== 'on' && level !== 'off') throw new Mistake(`${name} is on or off`)
      return { do: 'lines', wish: { [name]: level === 'on' } }
    }
    default:
      throw new Mistake(
        `"${first?.shown ?? ''}" is no statement. There are: send, expect, timeout, wait, break, reset, set, dtr, rts, log`
      )
  }
}

/** Texts and variables, one behind the other; a character for each byte. */
function textOf(tokens: readonly Token[], name: string): string {
  const wrong = tokens.find((token) => token.kind !== 'text')
  if (wrong) throw new Mistake(`put the text in quotes: ${name} "${wrong.shown.replaceAll("'", '')}"`)
  if (tokens.length === 0) throw new Mistake(`${name} what? Give a text in quotes, or $NAME`)
  return tokens.map(({ text }) => text).join('')
}

function shownOf(tokens: readonly Token[]): string {
  return tokens.map(({ shown }) => shown).join(' ')
}

function patternOf(tokens: readonly Token[]): Pattern {
  const [first] = tokens
  if (first?.kind === 'regex' && tokens.length === 1) {
    try {
      return regexPattern(first.text, first.flags, first.shown)
    } catch (error) {
      throw new Mistake(error instanceof Error ? error.message : String(error))
    }
  }
  const text = textOf(tokens, 'expect')
  if (text === '') throw new Mistake('an empty text is always there. Name what shall come')
  return bytesPattern(Buffer.from(text, 'latin1'), shownOf(tokens))
}

function wordOf(tokens: readonly Token[]): string | undefined {
  const [only] = tokens
  return tokens.length === 1 && only?.kind === 'word' ? only.text : undefined
}

function numberOf(tokens: readonly Token[], what: string, least: number, most: number): number {
  const text = wordOf(tokens) ?? ''
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : -1
  if (number < least || number > most) throw new Mistake(`${what}, from ${least} to ${most}`)
  return number
}

function settingsOf(tokens: readonly Token[]): LineWish {
  let settings: LineWish = {}
  for (const { text } of tokens) {
    const baudRate = parseBaudRate(text)
    const line = parseLine(text)
    const flowControl = FLOW_CONTROLS.find((each) => each === text)
    if (baudRate === undefined && !line && !flowControl)
      throw new Mistake(`"${text}" is no setting. Give a baud rate, 8N1, or ${FLOW_CONTROLS.join(', ')}`)
    settings = {
      ...settings,
      ...(baudRate !== undefined && { baudRate }),
      ...line,
      ...(flowControl && { flowControl })
    }
  }
  if (tokens.length === 0) throw new Mistake('set what? For example: set 9600 8N1')
  return settings
}

/** What escape sequences of terminals do, in words (ECMA-48, DEC VT510, xterm's control sequences). Pure functions. */

/** By what stands between CSI and the parameters, the intermediate bytes, and the final byte. */
const CSI: Readonly<Record<string, string>> = {
  '@': 'insert characters',
  A: 'cursor up',
  B: 'cursor down',
  C: 'cursor right',
  D: 'cursor left',
  E: 'cursor to next line',
  F: 'cursor to line before',
  G: 'cursor to column',
  H: 'cursor to',
  I: 'next tab',
  J: 'erase display',
  K: 'erase line',
  L: 'insert lines',
  M: 'delete lines',
  P: 'delete characters',
  S: 'scroll up',
  T: 'scroll down',
  X: 'erase characters',
  Z: 'tab before',
  '`': 'cursor to column',
  a: 'cursor right',
  b: 'repeat character',
  c: 'ask what the terminal is',
  d: 'cursor to row',
  e: 'cursor down',
  f: 'cursor to',
  g: 'clear tab',
  h: 'set mode',
  i: 'print',
  l: 'reset mode',
  m: 'style',
  n: 'ask for status',
  q: 'lights',
  r: 'scroll region',
  s: 'save cursor',
  t: 'window',
  u: 'restore cursor',
  R: 'cursor position',
  y: 'self-test',
  '~': 'key',
  '?J': 'erase display, unprotected',
  '?K': 'erase line, unprotected',
  '?h': 'switch on',
  '?l': 'switch off',
  '?n': 'ask for status',
  '?r': 'restore modes',
  '?s': 'save modes',
  '?c': 'terminal is',
  '>c': 'ask for terminal version',
  '>m': 'key format',
  '=c': 'ask for terminal number',
  '!p': 'soft reset',
  ' q': 'cursor shape',
  $p: 'ask for mode',
  '?$p': 'ask for mode',
  '"p': 'conformance level',
  '"q': 'protect characters',
  $r: 'style of area',
  $x: 'fill area',
  $z: 'erase area'
}

const PRIVATE_MODES: Readonly<Record<number, string>> = {
  1: 'application cursor keys',
  3: '132 columns',
  4: 'smooth scroll',
  5: 'reverse screen',
  6: 'origin mode',
  7: 'line wrap',
  8: 'key repeat',
  9: 'mouse clicks',
  12: 'blinking cursor',
  25: 'cursor',
  40: 'switching of 80 and 132 columns',
  45: 'reverse wrap',
  47: 'alternate screen',
  66: 'application keypad',
  1000: 'mouse buttons',
  1002: 'mouse dragging',
  1003: 'mouse moves',
  1004: 'focus reports',
  1005: 'mouse in UTF-8',
  1006: 'mouse in decimal',
  1047: 'alternate screen',
  1048: 'saved cursor',
  1049: 'alternate screen with saved cursor',
  2004: 'bracketed paste',
  2026: 'synchronized output'
}

const ANSI_MODES: Readonly<Record<number, string>> = {
  2: 'keyboard lock',
  4: 'insert mode',
  12: 'no local echo',
  20: 'new line mode'
}

const ESC: Readonly<Record<string, string>> = {
  '6': 'back index',
  '7': 'save cursor and style',
  '8': 'restore cursor and style',
  '9': 'forward index',
  '=': 'application keypad',
  '>': 'numeric keypad',
  D: 'index',
  E: 'next line',
  F: 'cursor to lower left',
  H: 'set tab',
  M: 'reverse index',
  N: 'character of set G2',
  O: 'character of set G3',
  Z: 'ask what the terminal is',
  c: 'full reset',
  n: 'use set G2',
  o: 'use set G3',
  '#3': 'double height, upper half',
  '#4': 'double height, lower half',
  '#5': 'single width',
  '#6': 'double width',
  '#8': 'screen alignment test',
  '%@': 'default character set',
  '%G': 'UTF-8'
}

const OSC: Readonly<Record<number, string>> = {
  0: 'title and icon name',
  1: 'icon name',
  2: 'title',
  4: 'palette',
  7: 'working folder',
  8: 'link',
  9: 'notification',
  10: 'text colour',
  11: 'background colour',
  12: 'cursor colour',
  52: 'clipboard',
  104: 'reset palette',
  110: 'reset text colour',
  111: 'reset background colour',
  112: 'reset cursor colour',
  133: 'shell prompt mark'
}

const STYLES: Readonly<Record<number, string>> = {
  0: 'normal',
  1: 'bold',
  2: 'faint',
  3: 'italic',
  4: 'underlined',
  5: 'blinking',
  6: 'fast blinking',
  7: 'inverse',
  8: 'hidden',
  9: 'crossed out',
  21: 'double underlined',
  22: 'neither bold nor faint',
  23: 'not italic',
  24: 'not underlined',
  25: 'not blinking',
  27: 'not inverse',
  28: 'not hidden',
  29: 'not crossed out',
  39: 'default colour',
  49: 'default background',
  53: 'overlined',
  55: 'not overlined'
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** Of `\x1b[?25h`: name and what it does, as `switch on: cursor`; undefined: not known. */
export function csiWords(
  prefix: string,
  parameters: string,
  intermediates: string,
  final: string
): string | undefined {
  const key = `${prefix}${intermediates}${final}`
  const name = own(CSI, key)
  if (name === undefined) return undefined
  const numbers = parameters.split(/[;:]/).map(Number)
  if (key === 'm') return `style: ${styleWords(numbers)}`
  if (final === 'h' || final === 'l') {
    const modes = prefix === '?' ? PRIVATE_MODES : ANSI_MODES
    return `${name}: ${numbers.map((mode) => own(modes, mode) ?? `mode ${mode}`).join(', ')}`
  }
  if (key === 'J')
    return `${name}: ${['below', 'above', 'all', 'all with history'][numbers[0] ?? 0] ?? parameters}`
  if (key === 'K') return `${name}: ${['to the right', 'to the left', 'all'][numbers[0] ?? 0] ?? parameters}`
  return parameters === '' ? name : `${name} ${parameters}`
}

export function escWords(intermediates: string, final: string): string | undefined {
  const set = { '(': 'G0', ')': 'G1', '*': 'G2', '+': 'G3' }[intermediates]
  if (set !== undefined)
    return `character set ${set}: ${own({ '0': 'line drawing', A: 'British', B: 'ASCII' }, final) ?? final}`
  return own(ESC, `${intermediates}${final}`)
}

export function oscWords(content: string): string {
  const [, number = '', text = ''] = /^(\d*);?([^]*)$/.exec(content) ?? []
  const name = number === '' ? undefined : own(OSC, Number(number))
  return `${name ?? `command ${number}`}: ${text}`
}

function styleWords(numbers: readonly number[]): string {
  const words: string[] = []
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] ?? 0
    if (
      (number === 38 || number === 48 || number === 58) &&
      (numbers[at + 1] === 5 || numbers[at + 1] === 2)
    ) {
      const many = numbers[at + 1] === 5 ? 1 : 3
      const value = numbers.slice(at + 2, at + 2 + many).join('/')
      words.push(`${number === 38 ? 'colour' : number === 48 ? 'background' : 'underline colour'} ${value}`)
      at += 1 + many
    } else words.push(own(STYLES, number) ?? colourWords(number))
  }
  return words.join(', ')
}

function colourWords(number: number): string {
  const colour = COLOURS[number % 10]
  const tens = Math.floor(number / 10)
  const words = { 3: 'colour', 4: 'background', 9: 'bright colour', 10: 'bright background' }[tens]
  return colour !== undefined && words !== undefined ? `${words} ${colour}` : String(number)
}

function own(table: Readonly<Record<string | number, string>>, key: string | number): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** README's table of what a virtual port carries: it says what the program says, and the tests that it names are there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CARRIED, WAY_CARRIES, type VirtualWayName } from '../../src-main/contract/virtual.ts'

const TOP = join(import.meta.dirname, '../..')
const COLUMNS = [
  ...['data', 'baud rate', 'data bits', 'parity', 'stop bits'],
  ...['DTR', 'RTS', 'CTS', 'DSR', 'DCD', 'RI', 'break']
]
/** In the order of the columns. */
const NAMES = [...CARRIED.filter((each) => each !== 'break'), 'break'] as const
const ROWS: Readonly<Record<string, VirtualWayName>> = {
  'Linux, PTY': 'pty',
  'Linux, USB/IP': 'usbip',
  'Windows, com0com': 'com0com',
  'Windows, usbip-win2': 'usbip',
  'Windows, hub4com': 'hub4com',
  'macOS, PTY': 'pty'
}

const [, section = ''] =
  /\n## What a virtual port carries\n(.*?)\n## /s.exec(readFileSync(join(TOP, 'README.md'), 'utf8')) ?? []
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const [head = [], , ...rows] = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map(cellsOf)
const named = [...section.matchAll(/^- (\d+): `([^`]+)`, “(.+)”$/gm)].map(([, number, file, title]) => ({
  ...{ number: number ?? '', file: file ?? '', title: title ?? '' }
}))

describe('what a virtual port carries, as the README has it', () => {
  it('has a row for each kind of each system, and a column for each signal', () => {
    expect(head.slice(1)).toEqual(COLUMNS)
    expect(rows.map(([name]) => name)).toEqual(Object.keys(ROWS))
  })

  it.each(Object.entries(ROWS))('%s: says no where the program does, and nowhere else', (name, way) => {
    const [, ...cells] = rows.find(([first]) => first === name) ?? []
    const told = NAMES.filter((_, at) => cells[at] !== 'no')
    expect(told).toEqual(NAMES.filter((each) => WAY_CARRIES[way].includes(each)))
  })

  it('names a test, or that there is none, and no test for nothing', () => {
    const numbers = new Set<string>()
    for (const [, ...cells] of rows)
      for (const cell of cells) {
        expect(cell).toMatch(/^(?:no|not proven|\d+(?:, \d+)*)$/)
        for (const number of cell.match(/\d+/g) ?? []) numbers.add(number)
      }
    expect([...numbers].sort()).toEqual(named.map(({ number }) => number).sort())
  })

  it.each(named)('$number: $file, “$title”', ({ file, title }) => {
    expect(existsSync(join(TOP, file)), file).toBe(true)
    expect(readFileSync(join(TOP, file), 'utf8')).toContain(`'${title}'`)
  })
})

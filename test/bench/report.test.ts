import { join } from 'node:path'
import { expect, it } from 'vitest'

interface Answer {
  readonly p50?: number
  readonly p95?: number
  readonly bytes?: number
  readonly seconds?: number
  readonly cpuSeconds?: number
  readonly ms?: number
  readonly mebibytes?: number
  readonly error?: string
}
type Results = Record<string, Record<string, Answer[]>>

interface Report {
  summarise(results: Results): { row: { title: string }; cells: Record<string, unknown> }[]
  figures(summary: unknown, names: string[]): string[]
  goalsTable(summary: unknown): string | undefined
}

// Plain JavaScript: the benchmark runs without anything installed.
const path = join(import.meta.dirname, '../../bench/report.mjs')
const report = (await import(path)) as Report

const echo = (...p50: number[]): { echo: Answer[] } => ({
  echo: p50.map((each) => ({ p50: each, p95: 2 * each }))
})
const up = (megabytes: number, cpuSeconds: number): Answer => ({
  bytes: megabytes * 1e6,
  seconds: 1,
  cpuSeconds
})

/** Every scene's table, one after the other. */
function tables(summary: unknown, names: string[]): string {
  return report.figures(summary, names).join('\n')
}

/** The cells of a row of a table, without padding. */
function cells(table: string, title: string): string[] {
  const row = table.split('\n').find((line) => line.startsWith(`| ${title} `))
  return (row ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim())
}

it('compares within a round, and takes the median of that', () => {
  // The second round was disturbed for both; the ratio of the medians would be 1.5.
  const results = { 'C relay': echo(20, 100, 30), Farport: echo(30, 150, 33) }
  const table = tables(report.summarise(results), ['C relay', 'Farport'])
  expect(cells(table, '1-byte echo, p50, µs')).toEqual(['30.0', '33.0 (1.50)'])
})

it('takes CPU per byte over all rounds, where a round is short', () => {
  const results = {
    'C relay': { up: [up(100, 0.1), up(100, 0.3)] },
    Farport: { up: [up(100, 0), up(300, 0.88)] }
  }
  const summary = report.summarise(results)
  expect(cells(tables(summary, ['C relay', 'Farport']), 'device → client, CPU s/GB')).toEqual([
    '2.0',
    '2.2 (1.10)'
  ])
  expect(cells(report.goalsTable(summary)!, 'device → client, CPU s/GB').at(-1)).toBe('met')
})

it.each([
  [22, 'met'],
  [25, 'goal missed'],
  [27, '**floor missed**']
])('judges an echo of %d µs against one of 20: %s', (p50, verdict) => {
  const summary = report.summarise({ 'C relay': echo(20), Farport: echo(p50) })
  expect(cells(report.goalsTable(summary)!, '1-byte echo, p50, µs').at(-1)).toBe(verdict)
})

it.each([
  [95, 'met'],
  [86, 'goal missed'],
  [84, '**floor missed**']
])('judges %d MB/s against 100: %s', (rate, verdict) => {
  const summary = report.summarise({ 'C relay': { up: [up(100, 1)] }, Farport: { up: [up(rate, 1)] } })
  expect(cells(report.goalsTable(summary)!, 'device → client, MB/s').at(-1)).toBe(verdict)
})

it('names rounds that failed, and judges nothing where Farport was not measured', () => {
  const results = {
    'C relay': echo(20, 20),
    Farport: { echo: [{ p50: 21, p95: 40 }, { error: 'no echo' }] },
    ser2net: { echo: [{ error: 'no echo' }, { error: 'no echo' }] }
  }
  const summary = report.summarise(results)
  const table = tables(summary, Object.keys(results))
  expect(cells(table, '1-byte echo, p50, µs')).toEqual(['20.0', '21.0 (1.05, 1 failed)', 'failed'])
  expect(table).not.toMatch(/device → client|Telnet/)
  expect(report.goalsTable(report.summarise({ 'C relay': echo(20) }))).toBeUndefined()
})

it('compares a virtual port with socat, a stall with the same program, and start and memory with nothing', () => {
  const broadcast = (megabytes: number): Answer => ({ bytes: megabytes * 1e6, seconds: 1 })
  const results = {
    'C relay': {
      clients8: [broadcast(40)],
      stalled: [broadcast(4)],
      startUp: [{ ms: 2, mebibytes: 1.5 }]
    },
    Farport: {
      clients8: [broadcast(36)],
      stalled: [broadcast(35)],
      startUp: [{ ms: 90, mebibytes: 51 }],
      ptyEcho: [{ p50: 21, p95: 30 }]
    },
    'socat, tuned': { ptyEcho: [{ p50: 20, p95: 30 }] }
  }
  const summary = report.summarise(results)
  const table = tables(summary, Object.keys(results))
  expect(cells(table, 'eight clients, MB/s')).toEqual(['40.0', '36.0 (0.90)'])
  expect(cells(table, 'seven clients beside a stalled one, MB/s')).toEqual(['4.0 (0.10)', '35.0 (0.97)'])
  expect(cells(table, 'virtual port, 1-byte echo, p50, µs')).toEqual(['21.0 (1.05)', '20.0'])
  expect(cells(table, 'start to listening, ms')).toEqual(['2.0', '90.0'])
  const goals = report.goalsTable(summary)!
  expect(cells(goals, 'eight clients, MB/s').at(-1)).toBe('goal missed')
  expect(cells(goals, 'idle, MiB').at(-1)).toBe('goal missed')
})

it('takes the load of many ports in percent of a processor', () => {
  const load = (cpuSeconds: number): Answer => ({ bytes: 1, seconds: 2, cpuSeconds })
  const results = { 'C relay': { ports64: [load(0.2)] }, Farport: { ports64: [load(0.3)] } }
  const table = tables(report.summarise(results), ['C relay', 'Farport'])
  expect(cells(table, '64 ports at 115200, CPU %')).toEqual(['10.0', '15.0 (1.50)'])
})

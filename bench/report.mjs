/**
 * From the answers of all rounds to Markdown. Pure; called by run.mjs.
 *
 * `results` is {contender: {call: [{...answer, cpuSeconds}, …one per round]}}; a round that failed is {error}.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REFERENCE, ROWS, SCENES, sceneOf } from './measures.mjs'

const OURS = 'Farport'

/** One figure and its ratio to the reference for every row and contender; both undefined where nothing was measured. */
export function summarise(results) {
  return ROWS.map((row) => ({
    row,
    cells: Object.fromEntries(Object.keys(results).map((name) => [name, cell(row, name, results)]))
  }))
}

const referenceOf = (row) => sceneOf(row.call).reference ?? REFERENCE

function cell(row, name, results) {
  const own = results[name][row.call] ?? []
  const reference = row.beside
    ? (results[name][row.beside] ?? [])
    : (results[referenceOf(row)]?.[row.call] ?? [])
  const failures = own.filter((answer) => !ok(answer)).length
  if (row.cost) {
    const [value, limit] = [COSTS[row.cost](own.filter(ok)), COSTS[row.cost](reference.filter(ok))]
    if (row.beyond) {
      const isOther = name !== referenceOf(row) && value !== undefined && limit !== undefined
      return { value: isOther ? value - limit : undefined, failures }
    }
    return { value, ratio: limit && value / limit, failures }
  }
  // The ratio of each round first: both stood next to each other in time, so what slowed one slowed the other.
  // A crowd of which one got nothing within a short round is no measure for anybody.
  const pairs = own
    .map((answer, round) => [answer, reference[round]])
    .filter(([a, b]) => b && ok(a) && ok(b) && row.figure(b) > 0)
  return {
    value: median(own.filter(ok).map(row.figure)),
    ratio: median(pairs.map(([a, b]) => row.figure(a) / row.figure(b))),
    failures
  }
}

const ok = (answer) => !answer.error

const COSTS = {
  gigabyte: (rounds) => perUnit(rounds, ({ bytes }) => bytes / 1e9),
  percent: (rounds) => perUnit(rounds, ({ seconds }) => seconds / 100)
}

function perUnit(rounds, units) {
  const all = sum(rounds.map(units))
  return all > 0 ? sum(rounds.map(({ cpuSeconds }) => cpuSeconds)) / all : undefined
}

const sum = (values) => values.reduce((total, value) => total + value, 0)

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2) return sorted[middle]
  return sorted.length ? (sorted[middle - 1] + sorted[middle]) / 2 : undefined
}

/** The figures side by side, a table for each scene: value, and in brackets the ratio to its reference. */
export function figures(summary, names) {
  return Object.values(SCENES).flatMap((scene) => {
    const rows = summary.filter(
      ({ row, cells }) => sceneOf(row.call) === scene && Object.values(cells).some(hasFigure)
    )
    const present = names.filter((name) => rows.some(({ cells }) => hasFigure(cells[name])))
    if (present.length === 0) return []
    const lines = rows.map(({ row, cells }) => [
      row.title,
      ...present.map((name) => text(cells[name], row.alone || (!row.beside && name === referenceOf(row))))
    ])
    return [`**${scene.title}**`, table(['', ...present], lines)]
  })
}

const hasFigure = ({ value, failures }) => value !== undefined || failures > 0

function text({ value, ratio, failures }, plain) {
  if (value === undefined) return failures ? 'failed' : '-'
  const figure = number(value)
  const rounds = failures ? `, ${failures} failed` : ''
  return plain || ratio === undefined ? figure + rounds : `${figure} (${ratio.toFixed(2)}${rounds})`
}

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2))

/** What was asked of Farport, what came out. Undefined where Farport was not measured. */
export function goalsTable(summary) {
  const of = (row) => row.judged ?? OURS
  const judged = summary.filter(({ row, cells }) => row.goal && cells[of(row)]?.value !== undefined)
  if (judged.length === 0) return undefined
  return table(
    ['', 'Goal', 'Floor', 'Measured', 'Verdict'],
    judged.map(({ row, cells }) => {
      const { value, ratio } = cells[of(row)]
      const measured = row.goal.ratio ? ratio : value
      return [
        row.title,
        bound(row, row.goal),
        bound(row, row.floor),
        measured === undefined ? '-' : measure(row.goal, measured),
        verdict(row, measured)
      ]
    })
  )
}

const bound = (row, limit) => `${row.more ? '≥' : '≤'} ${measure(limit, limit.ratio ?? limit.value)}`

const measure = (limit, value) => (limit.ratio ? `${value.toFixed(2)} ×` : number(value))

function verdict(row, measured) {
  if (measured === undefined) return `no ${referenceOf(row)} to compare with`
  const holds = (limit) => {
    const asked = limit.ratio ?? limit.value
    return row.more ? measured >= asked : measured <= asked
  }
  if (holds(row.goal)) return 'met'
  return holds(row.floor) ? 'goal missed' : '**floor missed**'
}

/** A Markdown table as prettier writes it: first column to the left, figures to the right. */
export function table(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column].length)))
  const line = (cells) => `| ${cells.join(' | ')} |`
  const pad = (cells) =>
    line(cells.map((each, column) => (column ? each.padStart(widths[column]) : each.padEnd(widths[column]))))
  const rule = line(widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))))
  return [pad(head), rule, ...rows.map(pad)].join('\n')
}

const README = join(import.meta.dirname, 'README.md')

/** Puts a report into the page of figures, between its marks. */
export function writeReadme(marks, report) {
  const text = readFileSync(README, 'utf8')
  const [start, end] = marks.map((mark) => text.indexOf(mark))
  if (start < 0 || end < start) throw new Error(`${README} lost its marks ${marks.join(' and ')}.`)
  writeFileSync(README, `${text.slice(0, start)}${marks[0]}\n\n${report}\n\n${text.slice(end)}`)
}

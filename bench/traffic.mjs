/**
 * `npm run bench:traffic`: what the traffic engine costs in processor time: recording, cutting rows, searching, decoding, pcapng; beside grep,
 * Buffer.indexOf, tshark and editcap where they do the same work. Prints Markdown.
 *
 *     node bench/traffic.mjs [--only CASE,…] [--write] [--quick]
 *
 * `--write` puts the tables into bench/README.md. `--quick`: to see that it works; its figures mean nothing. A program that is not installed has
 * no figure.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table, writeReadme } from './report.mjs'
import { trafficEngine } from './traffic-bundle.mjs'
import { CASES } from './traffic-cases.mjs'

const MARKS = ['<!-- figures of the traffic -->', '<!-- end of figures of the traffic -->']

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false }
  }
})

const wanted = options.only.flatMap((each) => each.split(','))
const unknown = wanted.find((name) => !(name in CASES))
if (unknown !== undefined)
  throw new Error(`There is no case "${unknown}". There are: ${Object.keys(CASES).join(', ')}.`)
const folder = mkdtempSync(join(tmpdir(), 'farport-bench-'))
try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main() {
  const engine = await trafficEngine()
  const tables = []
  const goals = []
  for (const [name, measure] of Object.entries(CASES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    process.stderr.write(`bench: ${name}\n`)
    const found = await measure(engine, { isQuick: options.quick, folder })
    tables.push(table(found.table.head, found.table.lines))
    goals.push(...found.goals)
  }
  const report = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.versions.node}.`,
    ...tables,
    ...(goals.length > 0 ? ['What it is to reach:', goalsTable(goals)] : [])
  ].join('\n\n')
  process.stdout.write(`${report}\n`)
  if (options.write) writeReadme(MARKS, report)
}

function goalsTable(goals) {
  return table(
    ['', 'Goal', 'Measured', 'Verdict'],
    goals.map((goal) => [goal.title, `≤ ${goal.limit}`, goal.value.toPrecision(3), verdict(goal)])
  )
}

/** Where the machine takes longer for the least of it, nobody can keep the limit. */
function verdict({ value, limit, bare = 0 }) {
  if (value <= limit) return 'met'
  return bare > limit ? `a bare copy takes ${bare.toPrecision(3)}` : '**missed**'
}

/**
 * `node bench/monitor.mjs`: how fast the list of a monitor is, in the real browser with software rendering: a million rows scrolled, 20,000
 * rows a second followed, gigabytes pushed through an open window. Prints Markdown. Needs Chromium.
 *
 *     node bench/monitor.mjs [--only CASE,…] [--write] [--quick]
 *
 * `--write` puts the table into bench/README.md. `--quick`: to see that it works.
 */
import { existsSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { CASES } from './monitor-cases.mjs'
import { openStage } from './monitor-stage.mjs'
import { table, writeReadme } from './report.mjs'
import { CHROMIUM_FLAGS } from './ui-flags.mjs'
import { framesDuring, quantile } from './ui-frames.mjs'

const MARKS = ['<!-- figures of the monitor -->', '<!-- end of figures of the monitor -->']
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
/** With the sizes of memory as they are. */
const FLAGS = [...CHROMIUM_FLAGS, '--enable-precise-memory-info', '--js-flags=--expose-gc']
const GOALS = { p95Ms: 17, maxMs: 34, heapMB: 300 }

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false }
  }
})

const stage = await openStage()
const browser = await chromium.launch({ executablePath: programPath(), args: FLAGS })
try {
  await main()
} finally {
  await browser.close()
  await stage.close()
}

async function main() {
  const wanted = options.only.flatMap((each) => each.split(','))
  const results = []
  for (const each of CASES) {
    if (wanted.length > 0 && !wanted.includes(each.name)) continue
    process.stderr.write(`bench: ${each.title}\n`)
    const page = await (await browser.newContext({ viewport: { width: 960, height: 640 } })).newPage()
    await page.goto(stage.url)
    await page.waitForFunction(() => globalThis.stage !== undefined)
    const size = options.quick ? { rows: 50_000, ms: 1500, bytes: 64e6 } : { rows: 1e6, ms: 8000, bytes: 2e9 }
    await each.prepare?.(page, size)
    let told = ''
    const act = async () => {
      told = (await each.act(page, size)) ?? ''
    }
    // Minutes of a trace are more than a string may hold.
    const frames = each.isLong ? await untraced(act) : await framesDuring(page, act)
    results.push({ title: each.title, told, ...frames })
    process.stderr.write(`${framesTable(results.slice(-1)).split('\n').at(-1)}\n`)
    await page.context().close()
  }
  const report = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Chromium ${browser.version()}, software rendering, 960 × 640.`,
    framesTable(results)
  ].join('\n\n')
  process.stdout.write(`${report}\n`)
  if (options.write) writeReadme(MARKS, report)
}

async function untraced(act) {
  await act()
  return { intervals: [], work: [] }
}

function framesTable(results) {
  const ms = (value) => (value === undefined ? '-' : value.toFixed(1))
  const names = ['frame p50, ms', 'p95', 'max', 'work p50, ms', 'p95', 'max', 'busy', '', 'verdict']
  return table(
    ['The list of a monitor', ...names],
    results.map(({ title, intervals, work, busy, told }) => {
      const [p95, most] = [quantile(intervals, 0.95), quantile(intervals, 1)]
      return [
        title,
        ...[quantile(intervals, 0.5), p95, most].map(ms),
        ...[quantile(work, 0.5), quantile(work, 0.95), quantile(work, 1)].map(ms),
        busy === undefined ? '-' : `${(busy * 100).toFixed(0)} %`,
        told,
        p95 === undefined
          ? '-'
          : p95 <= GOALS.p95Ms && most <= GOALS.maxMs
            ? 'met'
            : quantile(work, 0.95) <= GOALS.p95Ms
              ? 'work fits'
              : '**missed**'
      ]
    })
  )
}

function programPath() {
  for (const name of BROWSERS)
    for (const folder of (process.env.PATH ?? '').split(':'))
      if (existsSync(join(folder, name))) return join(folder, name)
  throw new Error('There is no Chromium here. On Debian: apt-get install chromium')
}

/**
 * `node bench/ui.mjs`: how fast the page is, in the real browser with software rendering: how soon it can be used, how much of it goes over
 * the wire, and its frames with 500 ports and 50 computers that change ten times a second. Prints Markdown. Needs Chromium.
 *
 *     node bench/ui.mjs [--only CASE,…] [--write] [--quick]
 *
 * `--only`: these cases of frames alone. `--write` puts the tables into bench/README.md. `--quick`: to see that it works.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { table, writeReadme } from './report.mjs'
import { CHROMIUM_FLAGS } from './ui-flags.mjs'
import { framesDuring, quantile } from './ui-frames.mjs'
import { clearBundle, crowdHost, realHost } from './ui-host.mjs'
import { CASES, PLACES } from './ui-cases.mjs'

const TOP = join(import.meta.dirname, '..')
const UI = join(TOP, 'dist/ui')
const MARKS = ['<!-- figures of the page -->', '<!-- end of figures of the page -->']
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

export const MOST = { ports: 500, peers: 50, portsOfPeer: 10, hz: 10 }
/** `firstKilobytes`: of what loads at once; `kilobytes`: of all that there is. Both compressed, and without fonts. */
const GOALS = { usableMs: 1000, firstKilobytes: 350, kilobytes: 400, frameMs: 17 }

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false }
  }
})

const hosts = []
let browser
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void finish().then(() => process.exit(130)))
try {
  await main()
} finally {
  await finish()
}

async function finish() {
  await browser?.close()
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
  clearBundle()
}

async function main() {
  if (!existsSync(join(UI, 'index.html')) || !existsSync(join(TOP, 'dist/main/farport.js')))
    execFileSync('npx', ['vite', 'build', '--app'], { cwd: TOP, stdio: ['ignore', 2, 2] })
  browser = await chromium.launch({ executablePath: programPath(), args: [...CHROMIUM_FLAGS] })
  const few = realHost(5)
  hosts.push(few)
  const crowd = await crowdHost(MOST)
  hosts.push(crowd)
  const wanted = options.only.flatMap((each) => each.split(','))
  const firsts = wanted.length > 0 ? [] : await firstTables(few, crowd)
  const page = await signedIn(await crowd.another())
  const frames = await allFrames(page, wanted)
  const report = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Chromium ${browser.version()}.`,
    ...firsts,
    framesTable(frames)
  ].join('\n\n')
  process.stdout.write(`${report}\n`)
  if (options.write) writeReadme(MARKS, report)
}

async function firstTables(few, crowd) {
  const load = [
    ['5 ports, the real core', await loads(few)],
    [`${MOST.ports} ports, ${MOST.peers} computers`, await loads(crowd)]
  ]
  return [loadTable(load), wireTable(await bytesOf(few))]
}

function programPath() {
  for (const name of BROWSERS)
    for (const folder of (process.env.PATH ?? '').split(':'))
      if (existsSync(join(folder, name))) return join(folder, name)
  throw new Error('There is no Chromium here. On Debian: apt-get install chromium')
}

async function signedIn(link) {
  const page = await (await newContext()).newPage()
  await page.goto(link)
  await page.locator('.ports [data-row]').first().waitFor()
  return page
}

function newContext() {
  return browser.newContext({ viewport: { width: 960, height: 640 } })
}

/** Of a browser that never was there: ms to the first row, and to the answer of a click on it. */
async function loads(host) {
  const all = []
  // The first one is not counted: the server reads and compresses its files then.
  for (let round = -1; round < (options.quick ? 1 : 10); round++) {
    const link = round < 0 ? await host.link() : await host.another()
    const context = await newContext()
    const page = await context.newPage()
    await page.addInitScript(useAtOnce)
    await page.goto(link)
    const usable = await page.waitForFunction(() => globalThis.__usable).then((each) => each.jsonValue())
    if (round >= 0) all.push(usable)
    await context.close()
  }
  return all
}

/** Runs in the page before anything of its own: looks for a row, goes to another page at once, looks for that. */
function useAtOnce() {
  let rowMs
  const title = () => document.querySelector('#page-title')?.textContent
  const look = () => {
    if (rowMs === undefined && document.querySelector('.ports [data-row]')) {
      rowMs = performance.now()
      document.querySelector('nav a[href="#settings"]').click()
    }
    if (rowMs !== undefined && title() === 'Settings')
      // What was drawn is seen a frame later.
      requestAnimationFrame(() => (globalThis.__usable = { rowMs, usableMs: performance.now() }))
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}

/** What comes over the wire, in bytes: for the first page, and for its terminal. */
async function bytesOf(host) {
  const page = await (await newContext()).newPage()
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  const [urls, got] = [new Map(), []]
  client.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url))
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    got.push({ path: new URL(urls.get(requestId) ?? 'x:').pathname, bytes: encodedDataLength })
  )
  await page.goto(await host.another())
  await page.locator('.ports [data-row]').first().waitFor()
  await page.waitForLoadState('networkidle')
  const first = got.splice(0)
  await page
    .getByRole('button', { name: /^More for rack/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Terminal' }).click()
  await page.locator('.xterm-rows').waitFor()
  const later = got.splice(0)
  await page.context().close()
  const isFont = ({ path }) => path.endsWith('.woff2')
  const sum = (all) => all.reduce((total, { bytes }) => total + bytes, 0)
  const assets = readdirSync(UI, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !/\.(woff2|txt)$/.test(each.name))
    .map((each) => gzipSync(readFileSync(join(each.parentPath, each.name)), { level: 9 }).length)
  return {
    first: sum(first.filter((each) => !isFont(each))),
    fonts: sum(first.filter(isFont)),
    terminal: sum(later.filter((each) => !isFont(each))),
    all: assets.reduce((total, each) => total + each, 0)
  }
}

async function allFrames(page, wanted) {
  const results = []
  for (const { name, title, place, act } of CASES) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    process.stderr.write(`bench: ${title}\n`)
    await PLACES[place](page)
    const result = await framesDuring(page, () => act(page, options.quick ? 1000 : 6000))
    results.push({ title, ...result })
  }
  return results
}

function loadTable(rows) {
  const cell = (all, what) =>
    `${quantile(
      all.map((each) => each[what]),
      0.5
    ).toFixed(0)}`
  const worst = (all) => `${Math.max(...all.map(({ usableMs }) => usableMs)).toFixed(0)}`
  return table(
    [
      'From the click on the link, ms',
      'first rows',
      'a click is answered',
      'the slowest load',
      'goal',
      'verdict'
    ],
    rows.map(([title, all]) => [
      title,
      cell(all, 'rowMs'),
      cell(all, 'usableMs'),
      worst(all),
      `≤ ${GOALS.usableMs}`,
      Number(worst(all)) <= GOALS.usableMs ? 'met' : '**missed**'
    ])
  )
}

function wireTable({ first, fonts, terminal, all }) {
  const row = (title, bytes, goal) => [
    title,
    (bytes / 1000).toFixed(1),
    goal === undefined ? '-' : `≤ ${goal}`,
    goal === undefined ? '-' : bytes <= goal * 1000 ? 'met' : '**missed**'
  ]
  return table(
    ['Over the wire, gzip, kB', 'size', 'goal', 'verdict'],
    [
      row('the page, without its fonts', first, GOALS.firstKilobytes),
      row('its fonts', fonts),
      row('the terminal, when it is opened', terminal),
      row('all there is, without fonts', all, GOALS.kilobytes)
    ]
  )
}

function framesTable(results) {
  const ms = (value) => (value === undefined ? '-' : value.toFixed(1))
  return table(
    [
      `${MOST.ports} ports, ${MOST.peers} computers, ${MOST.hz} changes a second`,
      ...[
        'frame p50, ms',
        'frame p95, ms',
        'work p50, ms',
        'work p95, ms',
        'longest task, ms',
        'busy',
        'verdict'
      ]
    ],
    results.map(({ title, intervals, work, tasks, busy }) => [
      title,
      ms(quantile(intervals, 0.5)),
      ms(quantile(intervals, 0.95)),
      ms(quantile(work, 0.5)),
      ms(quantile(work, 0.95)),
      ms(Math.max(0, ...tasks)),
      `${(busy * 100).toFixed(0)} %`,
      quantile(intervals, 0.95) <= GOALS.frameMs
        ? 'met'
        : quantile(work, 0.95) <= GOALS.frameMs
          ? 'work fits'
          : '**missed**'
    ])
  )
}

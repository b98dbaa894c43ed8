/** What the page weighs, and what 500 ports and 50 computers that change ten times a second cost it. The figures are `node bench/ui.mjs`'s. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { temporaryFolder, TOP } from '../e2e/cli.ts'
import { lacks } from '../peers/need.ts'
import { useBrowser } from './browser.ts'
import { openCrowd } from './crowd.ts'

interface Frames {
  readonly intervals: readonly number[]
  readonly work: readonly number[]
  readonly busy: number
}
interface FramesModule {
  readonly framesDuring: (page: Page, act: () => Promise<unknown>) => Promise<Frames>
  readonly quantile: (values: readonly number[], part: number) => number
}

// Plain JavaScript, as all of the bench.
const { framesDuring, quantile } = (await import(join(TOP, 'bench/ui-frames.mjs'))) as FramesModule

const UI = join(TOP, 'dist/ui')
/** Of what a browser loads before the page can be used, without its fonts, by gzip, in bytes … */
const MAX_FIRST_BYTES = 350_000
/** … and with all that it loads when it is asked for: the terminal, the monitor, its plot. */
const MAX_BYTES = 400_000
/** Of the main thread for one frame, in ms of processor time: 17 ms is one frame, and a busy machine takes three times as long. */
const MAX_WORK_MS = 50

const zipped = (path: string): number => gzipSync(readFileSync(path)).length
const sum = (sizes: readonly number[]): number => sizes.reduce((all, each) => all + each, 0)

it('weighs no more than 350 kB until it can be used, and 400 in all, without its fonts', () => {
  const index = readFileSync(join(UI, 'index.html'), 'utf8')
  const first = [...index.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+\.(?:js|css))"/g)].map(
    ([, path]) => path!
  )
  expect(first.length).toBeGreaterThan(1)
  expect(sum(first.map((path) => zipped(join(UI, path))))).toBeLessThan(MAX_FIRST_BYTES)
  const all = readdirSync(UI, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !/\.(woff2|txt)$/.test(each.name))
    .map((each) => zipped(join(each.parentPath, each.name)))
  expect(sum(all)).toBeLessThan(MAX_BYTES)
})

describe.skipIf(lacks('chromium'))('500 ports and 50 computers', () => {
  const browser = useBrowser()

  it('are shown, scrolled and searched while they change ten times a second', async () => {
    const options = { ports: 500, peers: 50, portsOfPeer: 10, hz: 10 }
    const crowd = await openCrowd({ folder: temporaryFolder(), files: UI, ...options })
    atTestEnd(() => crowd.close())
    const page = await browser.open(crowd.link())
    await page.getByText('500 ports').waitFor()
    const shown = await framesDuring(page, () => pause(page, 2000))
    const scrolled = await framesDuring(page, () => scroll(page, 2000))
    const field = page.getByRole('searchbox')
    const searched = await framesDuring(page, async () => {
      await field.pressSequentially('rack17-0', { delay: 100 })
      await page.getByText('9 ports').waitFor()
      await field.clear()
      await page.getByText('500 ports').waitFor()
    })
    for (const { work } of [shown, scrolled, searched]) expect(quantile(work, 0.95)).toBeLessThan(MAX_WORK_MS)
    // It does change: bytes go through.
    await page.getByText(/^[1-9]\d* kB\/s$/).waitFor()
  })
})

function pause(page: Page, ms: number): Promise<void> {
  return page.evaluate((ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)), ms)
}

/** Some rows with each frame. */
function scroll(page: Page, ms: number): Promise<void> {
  return page.evaluate(`new Promise((resolve) => {
    const main = document.querySelector('main')
    const end = performance.now() + ${ms}
    const step = (now) => {
      main.scrollTop += 30
      if (now < end) requestAnimationFrame(step)
      else resolve()
    }
    requestAnimationFrame(step)
  })`)
}

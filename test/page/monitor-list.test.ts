/** The list of a monitor in the real browser, over rows that are made up in the page. The figures are `node bench/monitor.mjs`'s. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TOP } from '../e2e/cli.ts'
import { lacks } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { screenshot, useBrowser } from './browser.ts'

interface Frames {
  readonly work: readonly number[]
  readonly intervals: readonly number[]
}
interface FramesModule {
  readonly framesDuring: (page: Page, act: () => Promise<unknown>) => Promise<Frames>
  readonly quantile: (values: readonly number[], part: number) => number
}
interface StageModule {
  readonly openStage: () => Promise<{ readonly url: string; close(): Promise<void> }>
}

// Plain JavaScript, as all of the bench.
const { framesDuring, quantile } = (await import(join(TOP, 'bench/ui-frames.mjs'))) as FramesModule
const { openStage } = (await import(join(TOP, 'bench/monitor-stage.mjs'))) as StageModule

/** Of the main thread for one frame, in ms of processor time: 17 ms is one frame, and a busy machine takes three times as long. */
const MAX_WORK_MS = 50

describe.skipIf(lacks('chromium'))('the list of a monitor', () => {
  const browser = useBrowser()
  let stage = undefined as Awaited<ReturnType<StageModule['openStage']>> | undefined
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())

  async function opened(rows: number, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.open(stage?.url ?? '', { scheme })
    await page.waitForFunction('window.stage !== undefined')
    await page.evaluate(`stage.fill(${rows})`)
    return page
  }

  /** The time of each row that is seen, from the top. */
  const times = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('.row')]
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((row) => row.querySelector('.time').textContent)`)

  it('shows the newest rows, and what is read stays when more come', async () => {
    const page = await opened(20_000)
    const list = page.getByRole('listbox')
    await page.getByText('OK 19999:').waitFor()
    await list.press('Home')
    await page.getByText('READ 0').first().waitFor()
    const before = await times(page)
    await page.evaluate('stage.flow(5000, 600)')
    expect(await times(page)).toEqual(before)
    await list.press('End')
    const end = await page.evaluate<number>('stage.desk.traffic.table.end')
    expect(end).toBeGreaterThan(20_500)
    await page.getByText(`OK ${end % 2 === 0 ? end - 1 : end - 2}:`).waitFor()
  })

  it('is used by keys, and says which row is meant', async () => {
    const page = await opened(500)
    const list = page.getByRole('listbox', { name: 'Traffic of gps' })
    await list.press('Home')
    await list.press('ArrowDown')
    await list.press('Shift+ArrowDown')
    expect(await page.getByRole('option', { selected: true }).count()).toBe(2)
    const id = await list.getAttribute('aria-activedescendant')
    await page
      .locator(`[id="${id ?? ''}"]`)
      .getByText('READ 2')
      .waitFor()
    await list.press('PageDown')
    expect(await page.getByRole('option', { selected: true }).count()).toBe(1)
    await page.getByRole('option').filter({ hasText: 'READ 4' }).first().waitFor({ state: 'attached' })
    expect(await problemsInAllColours(page)).toEqual([])
  })

  it('goes to its end and back as quickly as its bar is drawn', async () => {
    const page = await opened(60_000)
    const work = await framesDuring(page, () =>
      page.evaluate(`new Promise((resolve) => {
        const scroller = document.querySelector('.scroller')
        const begin = performance.now()
        const step = (now) => {
          scroller.scrollTop = Math.abs(Math.sin((now - begin) / 300)) * scroller.scrollHeight
          if (now - begin < 1500) requestAnimationFrame(step)
          else resolve()
        }
        requestAnimationFrame(step)
      })`)
    )
    expect(quantile(work.work, 0.95)).toBeLessThan(MAX_WORK_MS)
    await page.evaluate(`document.querySelector('.scroller').scrollTop = 0`)
    await page.getByText('READ 0').first().waitFor()
  })

  it('follows 20,000 rows a second', async () => {
    const page = await opened(1000, 'dark')
    const { work } = await framesDuring(page, () => page.evaluate('stage.flow(20000, 1500)'))
    expect(quantile(work, 0.5)).toBeLessThan(MAX_WORK_MS)
    await screenshot(page, 'monitor-list-dark')
  })
  it('plots lines that jump from point to point in little time', async () => {
    const page = await browser.open(`${stage?.url ?? ''}#plot`, { width: 1280, height: 800 })
    // As many steps as there are pixels, and thousands of points behind them.
    await page.evaluate('stage.numbers(40000, 8, 40)')
    await page.getByRole('button', { name: /^Column 8/ }).waitFor()
    const { work, intervals } = await framesDuring(page, () =>
      page.evaluate('stage.flowNumbers(1000, 2000, 8)')
    )
    expect(quantile(work, 0.5)).toBeLessThan(MAX_WORK_MS)
    expect(intervals.length).toBeGreaterThan(10)
    await screenshot(page, 'monitor-plot-dense')
  })
})

/** A list of which only a part is in the page: by keys, by eye, and for those who hear it. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { temporaryFolder, TOP } from '../e2e/cli.ts'
import { lacks } from '../peers/need.ts'
import { problemsOfAccess } from './accessible.ts'
import { useBrowser } from './browser.ts'
import { openCrowd } from './crowd.ts'
import { focusIs } from './keyboard.ts'

const PORTS = 500
/** What fits into the window, and what is near it. */
const MOST_DRAWN = 24

const rowsIn = (page: Page) => page.locator('main [role="listitem"]')
const drawnIn = (page: Page): Promise<number> => rowsIn(page).count()
const scrollTo = (page: Page, px: number): Promise<void> =>
  page.evaluate(`document.querySelector('main').scrollTo(0, ${px})`)
/** How far what has this name stands below the top of the window, in px. */
const topOf = async (page: Page, name: string): Promise<number | undefined> =>
  (await page.getByRole('button', { name, exact: true }).boundingBox())?.y

describe.skipIf(lacks('chromium'))('a list of 500 ports', () => {
  const browser = useBrowser()

  async function opened(): Promise<Page> {
    const crowd = await openCrowd({
      ...{ folder: temporaryFolder(), files: join(TOP, 'dist/ui') },
      ...{ ports: PORTS, peers: 0, portsOfPeer: 0, hz: 10 }
    })
    atTestEnd(() => crowd.close())
    const page = await browser.open(crowd.link())
    await page.getByText(`${PORTS} ports`).waitFor()
    return page
  }

  it('has few of them in the page, and goes through all of them by keys', async () => {
    const page = await opened()
    await page.getByRole('button', { name: 'Details of rack1-01' }).focus()
    for (const [key, name] of [
      ['ArrowDown', 'rack1-02'],
      ['End', 'rack25-20'],
      ['ArrowDown', 'rack25-20'],
      ['ArrowUp', 'rack25-19'],
      ['Home', 'rack1-01'],
      ['ArrowUp', 'rack1-01']
    ] as const) {
      await page.keyboard.press(key)
      await focusIs(page, `Details of ${name}`)
      await page.locator(':focus').and(page.locator(':visible')).waitFor()
    }
    for (let turn = 1; turn <= 30; turn++) {
      await page.keyboard.press('ArrowDown')
      const [rack, port] = [1 + Math.floor(turn / 20), String(1 + (turn % 20)).padStart(2, '0')]
      await focusIs(page, `Details of rack${rack}-${port}`)
    }
    await page.keyboard.press('PageDown')
    await expect.poll(() => topOf(page, 'Details of rack2-16')).toBeGreaterThan(0)
    await expect.poll(() => drawnIn(page)).toBeLessThan(MOST_DRAWN)
  })

  it('says which of all each row is, and is right by axe-core in the middle, too', async () => {
    const page = await opened()
    await scrollTo(page, 20_000)
    await page.getByRole('button', { name: 'Details of rack14-05' }).waitFor()
    expect(await rowsIn(page).first().getAttribute('aria-setsize')).toBe(String(PORTS))
    const places = await page.evaluate<number[]>(
      `[...document.querySelectorAll('main [role="listitem"]')].map((each) => Number(each.ariaPosInSet))`
    )
    expect(places).toEqual(places.map((_, at) => (places[0] ?? 0) + at))
    expect(await problemsOfAccess(page)).toEqual([])
  })

  it('keeps the row that has the focus, and one whose drawer is open', async () => {
    const page = await opened()
    const third = page.getByRole('button', { name: 'Details of rack1-03' })
    await third.focus()
    await scrollTo(page, 20_000)
    await page.getByRole('button', { name: 'Details of rack14-05' }).waitFor()
    await focusIs(page, 'Details of rack1-03')
    await page.keyboard.press('Enter')
    await focusIs(page, 'rack1-03')
    await scrollTo(page, 10_000)
    await page.getByRole('button', { name: 'Details of rack7-12' }).waitFor()
    await page.keyboard.press('Escape')
    await focusIs(page, 'Details of rack1-03')
  })

  it('has its rows one below the other where some are higher, and what is seen stays', async () => {
    const page = await opened()
    await page.getByRole('switch', { name: 'Share rack1-02' }).click()
    // The crowd refuses: the row says so, and has grown.
    await page.getByText('Nobody made up an answer to entry.enable.').waitFor()
    const gaps = await page.evaluate<number[]>(`
      [...document.querySelectorAll('main [role="listitem"]')].map((each) => each.getBoundingClientRect())
        .map(({ top }, at, all) => Math.round(top - (all[at - 1] ?? { bottom: top }).bottom))
    `)
    expect(gaps.length).toBeGreaterThan(5)
    expect(gaps).toEqual(gaps.map(() => 0))
    await scrollTo(page, 20_000)
    await page.getByRole('button', { name: 'Details of rack14-05' }).waitFor()
    const before = await topOf(page, 'Details of rack14-05')
    expect(await page.getByText('Nobody made up an answer to entry.enable.').count()).toBe(1)
    // A frame later, and some changes later, all is where it was.
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
    expect(await topOf(page, 'Details of rack14-05')).toBe(before)
  })

  it('does not go back to a switch that was busy when somebody has scrolled on', async () => {
    const page = await opened()
    const name = 'Share rack1-02'
    await page.getByRole('switch', { name }).focus()
    const top = await page.evaluate<number>(`{
      document.activeElement.click()
      const main = document.querySelector('main')
      main.scrollTo(0, 20_000)
      main.scrollTop
    }`)
    expect(top).toBe(20_000)
    await expect.poll(() => page.getByText('Nobody made up an answer to entry.enable.').count()).toBe(1)
    await expect.poll(() => page.evaluate<string>('document.activeElement.ariaLabel')).toBe(name)
    // By the height of the answer, which stands above.
    expect(await page.evaluate<number>(`document.querySelector('main').scrollTop`)).toBeGreaterThanOrEqual(
      top
    )
  })

  it('shows what is found wherever it was scrolled to, and all in groups', async () => {
    const page = await opened()
    await scrollTo(page, 30_000)
    await page.getByRole('button', { name: 'Details of rack20-15' }).waitFor()
    await page.getByRole('searchbox').fill('rack17-0')
    await page.getByRole('button', { name: 'Details of rack17-01' }).waitFor()
    await expect.poll(() => drawnIn(page)).toBe(9)
    await page.getByRole('searchbox').fill('')
    await page.getByLabel('Group').selectOption('name')
    await page.getByRole('heading', { name: 'rack1', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Details of rack1-01' }).focus()
    await page.keyboard.press('End')
    await focusIs(page, 'Details of rack25-20')
    await page.keyboard.press('Home')
    await focusIs(page, 'Details of rack1-01')
  })
})

/** The monitor in the real browser: ways to it, its address, its keys, and whether everybody can use it. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { Client, portOf } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { lacks } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { screenshot, useBrowser } from './browser.ts'
import { focusIs } from './keyboard.ts'

const browser = useBrowser()

const share = (id: string, target: string) => ({
  ...{ id, name: id, port: { target }, listen: ['raw://127.0.0.1:0'] }
})

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const monitorOf = (page: Page, name: string) => page.getByRole('region', { name: `Monitor of ${name}` })

/** A page of a Farport with these shares, and a program that uses the first one. */
async function opened(): Promise<{ page: Page; home: InstanceHome }> {
  const home = new InstanceHome()
  const shares = [share('gps', 'sim:gps?rate=10&baud=115200'), share('echo', 'sim:echo')]
  home.write({ name: 'workbench', preferences: { introduced: true }, shares })
  const service = await home.serve('--http', '127.0.0.1:0')
  const [, url = ''] = await service.printed(/^page (\S+)$/m)
  const list = await home.farport('list', 'gps', '--json').ended
  new Client(portOf(/raw:\/\/127\.0\.0\.1:\d+/.exec(list.stdout)?.[0] ?? ''))
  const page = await browser.open(url)
  await page.getByText('gps').first().waitFor()
  return { page, home }
}

describe.skipIf(lacks('chromium'))('the monitor', { timeout: 120_000 }, () => {
  it('is opened from a row, stays over a reload, and goes back to its page', async () => {
    const { page } = await opened()
    await button(page, 'More for gps').click()
    await page.getByRole('menuitem', { name: 'Monitor' }).click()
    await monitorOf(page, 'gps').waitFor()
    await monitorOf(page, 'gps')
      .getByText(/^In use by 127\.0\.0\.1/)
      .waitFor()
    expect(new URL(page.url()).hash).toBe('#computer/gps/monitor')
    await page.reload()
    await monitorOf(page, 'gps').waitFor()
    await button(page, 'Back').click()
    await button(page, 'Details of gps').waitFor()
    await page.goBack()
    await monitorOf(page, 'gps').waitFor()
  })

  it('has a tab of its own, signed in by the session and by nothing in its address', async () => {
    const { page } = await opened()
    await page.goto(`${page.url().split('#')[0] ?? ''}#computer/gps/monitor`)
    const [own] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Open in a new tab' }).click()
    ])
    await monitorOf(own, 'gps').waitFor()
    expect(new URL(own.url())).toMatchObject({ pathname: '/', search: '', hash: '#monitor/computer/gps' })
    expect(await own.getByRole('navigation').count()).toBe(0)
    expect(await own.title()).toBe('gps · Monitor')
  })

  it('opens nothing that is not known here', async () => {
    const { page } = await opened()
    for (const place of ['computer/exec%3Aid/monitor', 'monitor/network/farport%3A%2F%2Fstranger%2Fgps']) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`)
      await page.getByText('There is nothing here to watch.').waitFor()
    }
  })

  it('does by keys what its toolbar does, and lists them', async () => {
    const { page } = await opened()
    await page.evaluate(`location.hash = 'computer/gps/monitor'`)
    await page.getByText(/^\d+ rows$/).waitFor()
    await page.locator('.rows [tabindex="0"]').first().focus()
    await page.keyboard.press('Space')
    await button(page, /^Paused, \d+ new$/).waitFor()
    await page.keyboard.press('Space')
    await button(page, /^Paused/).waitFor({ state: 'detached' })
    await page.keyboard.press('h')
    await expect.poll(() => button(page, 'Hex + text').getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('h')
    await page.keyboard.press('m')
    await page.getByRole('dialog', { name: 'Set a marker' }).waitFor()
    await page.keyboard.type('pressed start')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+Shift+P')
    await page.keyboard.type('marker 1')
    await page.getByRole('option', { name: 'Go to marker 1: pressed start' }).waitFor()
    await screenshot(page, 'monitor-palette')
    await page.keyboard.press('Enter')
    await page.getByText('Marker 1: pressed start').first().waitFor()
    await button(page, 'All commands and keys').click()
    await focusIs(page, 'Search a command')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('clears the view alone, and takes that back', async () => {
    const { page } = await opened()
    await page.evaluate(`location.hash = 'computer/gps/monitor'`)
    await page.getByText(/^\d+ rows$/).waitFor()
    await button(page, 'Clear the view').click()
    await page.getByText(/^The view was cleared: [\d,]+ before are not shown\./).waitFor()
    await button(page, 'Show them').click()
    await page.getByText(/^The view was cleared/).waitFor({ state: 'detached' })
  })

  it('can be used by everybody, in every view and colour', async () => {
    const { page } = await opened()
    await page.evaluate(`location.hash = 'computer/gps/monitor'`)
    await page.getByText(/^\d+ rows$/).waitFor()
    await button(page, 'Pause').click()
    for (const view of ['Lines', 'Hex + text', 'Text', 'Decoded', 'Plot']) {
      await button(page, view).click()
      expect(await problemsInAllColours(page, `monitor-${view.split(' ')[0]?.toLowerCase() ?? ''}`)).toEqual(
        []
      )
    }
    await button(page, /^Rows end/).click()
    await page.getByRole('dialog', { name: 'Where a row ends' }).waitFor()
    expect(await problemsInAllColours(page, 'monitor-rules')).toEqual([])
  })
})

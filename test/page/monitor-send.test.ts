/** Sending from a monitor, and the plot of what comes back: the page in a browser, a device that echoes. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { InstanceHome } from '../e2e/instance.ts'
import { lacks } from '../peers/need.ts'
import { screenshot, useBrowser } from './browser.ts'

const browser = useBrowser()

/** The monitor of a share of a device that says what it is told. */
async function monitor(): Promise<Page> {
  const home = new InstanceHome()
  home.write({ name: 'workbench', shares: [{ id: 'echo', name: 'echo', port: { target: 'sim:echo' } }] })
  const program = await home.serve('--http', '127.0.0.1:0')
  const [, link = ''] = await program.printed(/^page (\S+)$/m)
  const page = await browser.open(link)
  page.setDefaultTimeout(20_000)
  await page.getByRole('heading', { name: 'This computer' }).waitFor()
  await page.evaluate(`location.hash = 'computer/echo/monitor'`)
  await field(page).waitFor()
  return page
}

const field = (page: Page) => page.getByRole('textbox', { name: 'Send to echo' })

describe.skipIf(lacks('chromium'))('sending from a monitor', { timeout: 120_000 }, () => {
  it('joins with the first line, keeps a history, and plots the numbers that come back', async () => {
    const page = await monitor()
    expect(await page.locator('.monitor').getByText('In use by').count()).toBe(0)
    await field(page).fill('temp:23.5,hum:45')
    await page.keyboard.press('Control+Enter')
    await page.locator('.monitor').getByText('In use by this computer').waitFor()
    await page.locator('.monitor').getByText('App → Device 18 bytes').waitFor()
    expect(await field(page).inputValue()).toBe('')

    await field(page).press('ArrowUp')
    expect(await field(page).inputValue()).toBe('temp:23.5,hum:45')
    await field(page).fill('temp:24,hum:46')
    await field(page).press('Enter')
    await page.locator('.monitor').getByText('App → Device 34 bytes').waitFor()

    await page.getByText('Plot', { exact: true }).locator('visible=true').first().click()
    const series = page.getByRole('list', { name: 'Series' })
    await series.getByRole('button', { name: /temp.*24/ }).waitFor()
    await series.getByRole('button', { name: /hum.*46/ }).click()
    expect(await series.getByRole('button', { name: /hum/ }).getAttribute('aria-pressed')).toBe('false')
    await page.locator('.u-over').waitFor()
    await screenshot(page, 'monitor-plot')
  })

  it('is one of its users until it leaves, and nothing moves by that', async () => {
    const page = await monitor()
    const before = await field(page).boundingBox()
    await field(page).fill('hello')
    await field(page).press('Enter')
    const leave = page.getByRole('button', { name: 'Leave', exact: true })
    await leave.waitFor()
    expect(await field(page).boundingBox()).toEqual(before)
    await page.locator('.monitor').getByText('In use by this computer').waitFor()
    await leave.click()
    await leave.waitFor({ state: 'detached' })
    await page.locator('.monitor').getByText('In use by this computer').waitFor({ state: 'detached' })
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe('Send to echo')
    await field(page).fill('again')
    await field(page).press('Enter')
    await leave.waitFor()
  })

  it.each([720, 960])(
    'has its tools in two lines in a window of %i, also while it captures',
    async (width) => {
      const page = await monitor()
      await page.setViewportSize({ width, height: 640 })
      await page.getByRole('button', { name: 'Capture', exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
      await page.getByRole('button', { name: /^Stop/ }).waitFor()
      const lines = async (tools: ReturnType<Page['locator']>) => (await tools.boundingBox())?.height ?? 0
      for (const tools of await page.locator('.tools').all()) expect(await lines(tools)).toBeLessThan(50)
      await screenshot(page, `monitor-tools-${width}`)
    }
  )

  it('points at what cannot be sent, and sends nothing of it', async () => {
    const page = await monitor()
    await page.getByLabel('Write as').selectOption('hex')
    await field(page).fill('01 0G')
    await field(page).press('Enter')
    await page.getByText('“G” is no hexadecimal digit.').waitFor()
    const marked = await page.evaluate(
      `[document.activeElement.selectionStart, document.activeElement.selectionEnd]`
    )
    expect(marked).toEqual([4, 5])
    await field(page).fill('01 03 00 00 00 0A')
    await page.getByLabel('Checksum').selectOption('modbus')
    await page.getByText('01 03 00 00 00 0A C5 CD').waitFor()
    await screenshot(page, 'monitor-send')
  })
})

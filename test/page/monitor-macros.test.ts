/** Macros, files and the plot's zoom: the monitor of a device that echoes, in a browser. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import { problemsOfAccess } from './accessible.ts'
import { screenshot, useBrowser } from './browser.ts'
import { rowsOf } from './monitor-stories.ts'

describe.skipIf(lacks('chromium'))('in a monitor', { timeout: 120_000 }, () => {
  const browser = useBrowser()

  async function monitor(): Promise<Page> {
    const home = new InstanceHome()
    home.write({ name: 'workbench', shares: [{ id: 'echo', name: 'echo', port: { target: 'sim:echo' } }] })
    const program = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(`${link}#computer/echo/monitor`)
    page.setDefaultTimeout(20_000)
    await page.getByRole('textbox', { name: 'Send to echo' }).waitFor()
    return page
  }

  const choose = async (page: Page, item: string): Promise<void> => {
    await page
      .getByRole('region', { name: 'Send to the device' })
      .getByRole('button', { name: 'Macros' })
      .click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  it('macros are written, sent by a click and by their key, repeated until stopped, and brought back', async () => {
    const page = await monitor()
    const dialog = page.getByRole('dialog')
    await choose(page, 'Macros …')
    await dialog.getByText('No macros yet.').waitFor()
    await dialog.getByRole('button', { name: 'Add a macro' }).click()
    await dialog.getByLabel('Name').fill('Status')
    await dialog.getByLabel('What is sent').fill('AT+STATUS?')
    await dialog.getByText('12 bytes').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'monitor-macro')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('AT+STATUS?').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'monitor-macros')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Send Status' }).click()
    await rowsOf(page).getByText('AT+STATUS?').nth(1).waitFor()
    // By its key, wherever the focus is.
    await page.getByRole('listbox', { name: 'Traffic of echo' }).focus()
    await page.keyboard.press('Alt+1')
    await rowsOf(page).getByText('AT+STATUS?').nth(3).waitFor()

    await choose(page, 'Macros …')
    await dialog.getByRole('button', { name: 'Edit Status' }).click()
    await dialog.getByLabel('Repeat').check()
    await dialog.getByLabel('Every (ms)').fill('50')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const macro = page.getByRole('button', { name: 'Send Status' })
    await macro.click()
    await page.getByText(/^Status: sent [1-9]\d* times/).waitFor()
    expect(await macro.getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('Alt+1')
    await eventually(async () => expect(await macro.getAttribute('aria-pressed')).toBe('false'))

    await choose(page, 'Macros …')
    await dialog.getByRole('button', { name: 'Delete Status' }).click()
    await dialog.getByRole('button', { name: 'Undo' }).click()
    await dialog.getByText('AT+STATUS?').waitFor()
    await page.reload()
    await macro.waitFor()
  })

  it('a file is sent whole, as it is', async () => {
    const page = await monitor()
    const file = join(temporaryFolder(), 'firmware.bin')
    writeFileSync(file, Buffer.alloc(30_000, 'firmware '))
    await page.locator('section.box input[type=file]').setInputFiles(file)
    await page.getByText(/^Sent: firmware\.bin, /).waitFor()
    const footer = page.locator('.monitor footer')
    await footer.getByText('App → Device 30 kB').waitFor()
    await footer.getByText('Device → App 30 kB').waitFor()
    await footer.getByText('0 bytes lost').waitFor()
  })

  it('the plot is zoomed by keys and by the mouse, and goes back to live', async () => {
    const page = await monitor()
    const field = page.getByRole('textbox', { name: 'Send to echo' })
    for (const value of [1, 5, 3]) {
      await field.fill(`temp:${value}`)
      await field.press('Enter')
      await rowsOf(page).getByText(`temp:${value}`).nth(1).waitFor()
    }
    await page.getByRole('button', { name: 'Plot', exact: true }).click()
    await page.getByRole('button', { name: /^temp/ }).waitFor()
    const freeze = page.getByRole('button', { name: 'Freeze' })
    const live = page.getByRole('button', { name: 'Back to live' })
    await freeze.waitFor()
    const chart = page.getByRole('application', { name: /^Plot of echo/ })
    await chart.focus()
    await page.keyboard.press('+')
    await live.waitFor()
    await page.keyboard.press('0')
    await freeze.waitFor()
    const box = await page.locator('.u-over').boundingBox()
    if (!box) throw new Error('the plot has no place')
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    await page.mouse.wheel(0, -200)
    await live.waitFor()
    await live.click()
    await page.mouse.move(x - 80, y)
    await page.mouse.down()
    await page.mouse.move(x + 80, y, { steps: 4 })
    await page.mouse.up()
    await live.waitFor()
    await screenshot(page, 'monitor-plot-zoomed')
    await page.mouse.dblclick(x, y)
    await freeze.waitFor()
    // The cursor goes from point to point, and its row is shown.
    await chart.focus()
    await page.keyboard.press('ArrowLeft')
    await page.getByText(/^At /).waitFor()
    await page.keyboard.press('Enter')
    await rowsOf(page)
      .and(page.getByRole('option', { selected: true }))
      .getByText(/temp:/)
      .waitFor()
  })
})

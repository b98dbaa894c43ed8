/** Captures: the page, and what a monitor saves, captures, exports and replays; by the real service in the real browser. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { type GivenSettings, InstanceHome } from '../e2e/instance.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import { lacks, programPath } from '../peers/need.ts'
import { problemsInAllColours, problemsOfAccess } from './accessible.ts'
import { type PageOptions, screenshot, useBrowser } from './browser.ts'

const LISTEN = { openAtStart: true, listen: ['raw://127.0.0.1:0'] }
const GPS = { id: 'gps', name: 'GPS', ...LISTEN, port: { target: 'sim:gps?rate=10&baud=115200' } }
const ECHO = { id: 'echo', name: 'Workbench', ...LISTEN, port: { target: 'sim:echo' } }

const rowOf = (page: Page, name: string) =>
  page
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: `Details of ${name}`, exact: true }) })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `More for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

describe.skipIf(lacks('chromium'))('captures', { timeout: 90_000 }, () => {
  const browser = useBrowser()

  async function shown(settings: GivenSettings, options: PageOptions = {}) {
    const home = new InstanceHome()
    home.write({ name: 'workbench', ...settings })
    const program = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const folder = join(home.folder, 'data/farport/captures')
    const go = async (place = 'captures'): Promise<Page> => {
      const page = await browser.open(`${link}#${place}`, options)
      page.setDefaultTimeout(15_000)
      return page
    }
    const run = async (...args: string[]) => {
      const done = await home.farport(...args).ended
      expect(done, done.stderr).toMatchObject({ code: 0 })
      return done
    }
    // Ports open a moment after the start.
    await eventually(() => run('capture', 'start', 'GPS', '--name', 'first.pcapng'))
    await run('capture', 'stop', 'GPS')
    rmSync(join(folder, 'first.pcapng'))
    return { home, program, folder, go, run }
  }

  it('are listed, found, renamed and deleted; and what is in one is told', async () => {
    const { go, run, folder } = await shown({ shares: [GPS] })
    const page = await go()
    await page.getByText('No captures').waitFor()
    expect(await problemsInAllColours(page, 'captures-none')).toEqual([])
    await run('capture', 'save', 'GPS', '--name', 'boot.pcapng')
    await run('capture', 'save', 'GPS', '--name', 'boot 2.csv', '--format', 'csv')
    await run('capture', 'save', 'GPS', '--name', 'sentences.txt', '--format', 'text')
    await rowOf(page, 'sentences.txt').waitFor()
    await run('capture', 'start', 'GPS', '--name', 'long.pcapng')
    await page.getByRole('listitem', { name: 'Capturing GPS' }).waitFor()
    expect(await problemsInAllColours(page, 'captures')).toEqual([])

    await page.getByRole('searchbox', { name: 'Search captures' }).fill('boot')
    await expect
      .poll(() => page.getByRole('list', { name: 'Captures', exact: true }).getByRole('listitem').count())
      .toBe(2)
    await page.getByRole('searchbox').fill('nothing')
    await page.getByText('Nothing here is called “nothing”.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()

    await page.getByRole('button', { name: 'Details of boot.pcapng' }).click()
    const drawer = page.getByRole('complementary', { name: 'boot.pcapng' })
    await drawer.getByText('sim:gps?rate=10&baud=115200').waitFor()
    expect(await problemsInAllColours(page, 'captures-details')).toEqual([])
    await page.keyboard.press('Escape')

    await choose(page, 'boot.pcapng', 'Rename')
    await page.getByLabel('New name of boot.pcapng').fill('first start')
    await page.keyboard.press('Enter')
    await rowOf(page, 'first start.pcapng').waitFor()
    await choose(page, 'first start.pcapng', 'Rename')
    await page.getByLabel('New name of first start.pcapng').fill('long')
    await page.keyboard.press('Enter')
    await page.getByText('There is a capture called long.pcapng already').waitFor()
    await page.keyboard.press('Escape')

    await choose(page, 'boot 2.csv', 'Delete …')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await rowOf(page, 'boot 2.csv').waitFor({ state: 'detached' })
    expect(readdirSync(folder).sort()).toEqual(['first start.pcapng', 'long.pcapng', 'sentences.txt'])

    await page.getByRole('button', { name: 'Stop capturing GPS' }).click()
    await rowOf(page, 'long.pcapng').waitFor()
    await page.setViewportSize({ width: 720, height: 640 })
    expect(await rowOf(page, 'long.pcapng').locator('.detail').innerText()).toMatch(
      /^pcapng · [\d.]+\s\w+ · /
    )
    await screenshot(page, 'captures-narrow')
  })

  it.skipIf(lacks('tshark'))('come to the browser as files that Wireshark opens', async () => {
    const { go, run } = await shown({ shares: [GPS] })
    await run('capture', 'save', 'GPS', '--name', 'boot.pcapng')
    const page = await go()
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download boot.pcapng' }).click()
    const download = await coming
    expect(download.suggestedFilename()).toBe('boot.pcapng')
    const path = join(temporaryFolder(), 'boot.pcapng')
    await download.saveAs(path)
    const fields = execFileSync(programPath('tshark'), [
      '-r',
      path,
      '-T',
      'fields',
      '-e',
      'rtacser.eventtype'
    ])
    expect(fields.toString().trim().split('\n').length).toBeGreaterThan(1)
  })

  it('come from elsewhere, by the button or dropped; what is none is refused', async () => {
    const { go, run, folder } = await shown({ shares: [GPS] })
    await run('capture', 'save', 'GPS', '--name', 'a.pcapng')
    const bytes = readFileSync(join(folder, 'a.pcapng'))
    const [good, bad] = [join(temporaryFolder(), 'from: lab.pcapng'), join(temporaryFolder(), 'photo.pcapng')]
    writeFileSync(good, bytes)
    writeFileSync(bad, Buffer.alloc(700_000, 7))
    const page = await go()
    await page.locator('input[type=file]').setInputFiles([good, bad])
    await rowOf(page, 'from- lab.pcapng').waitFor()
    await page.getByText('photo.pcapng is no capture').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'captures-refused')
    expect(readFileSync(join(folder, 'from- lab.pcapng')).equals(bytes)).toBe(true)
    // Dropped under a name that is there already.
    const data = await page.evaluateHandle(`(() => {
      const held = new DataTransfer()
      const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (each) => each.charCodeAt(0))
      held.items.add(new File([bytes], 'a.pcapng'))
      return held
    })()`)
    const place = page.getByText('Folder', { exact: true })
    await place.dispatchEvent('dragenter', { dataTransfer: data })
    await page.getByText('Drop it here').waitFor()
    await screenshot(page, 'captures-drop')
    await place.dispatchEvent('drop', { dataTransfer: data })
    await rowOf(page, 'a-2.pcapng').waitFor()
    expect(readdirSync(folder).sort()).toEqual(['a-2.pcapng', 'a.pcapng', 'from- lab.pcapng'])
  })

  it('are exported, and replayed to a device after it was said what that does', async () => {
    const { go, run, folder } = await shown({ shares: [GPS, ECHO] })
    await run('capture', 'save', 'GPS', '--name', 'gps.pcapng')
    const page = await go()
    await choose(page, 'gps.pcapng', 'Export as …')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Format').selectOption('raw')
    await dialog.getByRole('combobox', { name: 'Direction', exact: true }).selectOption('from-device')
    expect(await problemsInAllColours(page, 'captures-export')).toEqual([])
    await dialog.getByRole('button', { name: 'Export' }).click()
    await rowOf(page, 'gps from-device.bin').waitFor()
    const raw = readFileSync(join(folder, 'gps from-device.bin'))
    expect(raw.toString('latin1')).toMatch(/\$GP/)

    await choose(page, 'gps.pcapng', 'Replay …')
    await dialog.getByText('There are no such bytes in it').waitFor()
    expect(await dialog.getByRole('button', { name: 'Send to the device' }).isDisabled()).toBe(true)
    await dialog.getByRole('combobox', { name: 'To', exact: true }).selectOption({ label: 'Workbench' })
    await dialog.getByLabel('Which bytes').selectOption('from-device')
    await dialog.getByLabel('Timing').selectOption('fast')
    await dialog.getByText(`This sends ${raw.length.toLocaleString('en-US')} bytes to Workbench.`).waitFor()
    expect(await problemsInAllColours(page, 'captures-replay')).toEqual([])
    await dialog.getByRole('button', { name: 'Send to the device' }).click()
    await dialog.getByText(`${raw.length.toLocaleString('en-US')} bytes sent, 0 lost.`).waitFor()
    await screenshot(page, 'captures-replayed')
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    // The device got them all: it is one that says everything again.
    await run('capture', 'save', 'Workbench', '--format', 'raw', '--direction', 'tx', '--name', 'sent.bin')
    expect(readFileSync(join(folder, 'sent.bin')).equals(raw)).toBe(true)
  })

  it('are saved, begun and exported in the monitor of a port', async () => {
    const { go, folder } = await shown({ shares: [GPS] })
    const page = await go('computer/gps/monitor')
    // Nobody uses the port, and what it says is counted all the same.
    await page
      .locator('.monitor footer')
      .getByText(/^Device → App [1-9]/)
      .waitFor()
    await page.getByRole('button', { name: 'Save 5 min' }).click()
    const card = page.getByRole('status', { name: /^GPS .*pcapng$/ })
    await card.getByText(/^Saved [\d,]+ records, /).waitFor()
    expect(await problemsInAllColours(page, 'monitor-saved')).toEqual([])
    const [name = ''] = readdirSync(folder)
    await card.getByText(join(folder, name)).waitFor()
    await card.getByRole('button', { name: 'Close this message' }).click()

    await page.getByRole('button', { name: 'Capture', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Capture GPS' })
    await dialog.getByLabel('Begin with').selectOption({ label: 'The last minute' })
    await dialog.getByLabel('Go on in the next file').check()
    await dialog.getByText('Give a size or a time').waitFor()
    expect(await dialog.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true)
    await dialog.getByLabel('End after a size (MB)').fill('0.1')
    expect(await problemsInAllColours(page, 'monitor-capture')).toEqual([])
    await dialog.getByRole('button', { name: 'Start' }).click()
    const stop = page.getByRole('button', { name: /^Stop · / })
    await stop.waitFor()
    await screenshot(page, 'monitor-capturing')
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('link', { name: 'Capturing' }).waitFor()
    await screenshot(page, 'computer-capturing')
    await page.goBack()
    await stop.click()
    await page.getByRole('button', { name: 'Capture', exact: true }).waitFor()

    await page.getByRole('button', { name: 'More to save and export' }).click()
    await page.getByRole('menuitem', { name: 'Export as …' }).click()
    const exporting = page.getByRole('dialog', { name: 'Export GPS' })
    await exporting.getByLabel('Format').selectOption('text')
    await exporting.getByLabel('File name').fill('sentences')
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'monitor-export')
    await exporting.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('status', { name: 'sentences.txt' }).waitFor()
    expect(readFileSync(join(folder, 'sentences.txt'), 'utf8')).toMatch(/ ← \$GP/)
    await page.setViewportSize({ width: 720, height: 640 })
    await screenshot(page, 'monitor-narrow-files')
  })
})

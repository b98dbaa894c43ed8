/** Monitors of what is far away: a paired Farport's port, both its ends in one capture, a replay to it that is stopped; and a full disk. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { installed, pairedSettings } from '../e2e/two-instances.ts'
import { lacks } from '../peers/need.ts'
import { problemsOfAccess } from './accessible.ts'
import { screenshot, useBrowser } from './browser.ts'
import { rowsOf } from './monitor-stories.ts'

describe.skipIf(lacks('chromium'))('the monitor', { timeout: 120_000 }, () => {
  const browser = useBrowser()

  it('of a far port sends, saves both ends and says what they tell; a replay to it is stopped', async () => {
    const [alice, bob] = [await installed(), await installed()]
    const shared = pairedSettings('alice', alice, bob, 'bob', 'control', {
      shares: [{ id: 'd', name: 'desk', port: { target: 'sim:echo' } }]
    })
    const permissions = { default: { level: 'control', history: true }, shares: {} } as const
    alice.home.write({ ...shared, peers: (shared.peers ?? []).map((peer) => ({ ...peer, permissions })) })
    const tty = join(bob.home.folder, 'tty')
    bob.home.write(
      pairedSettings('bob', bob, alice, 'alice', 'none', {
        links: [
          { id: 'l', name: 'far', port: { target: 'farport://alice/desk' }, to: `pty:${tty}`, hold: true }
        ]
      })
    )
    await alice.home.serve()
    const program = await bob.home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(`${link}#connections/l/monitor`)
    page.setDefaultTimeout(20_000)

    // A line, and a file.
    const field = page.getByRole('textbox', { name: 'Send to far' })
    await field.fill('hello there')
    await field.press('Enter')
    await rowsOf(page).getByText('hello there').nth(1).waitFor()
    const file = join(temporaryFolder(), 'firmware.bin')
    writeFileSync(file, Buffer.alloc(20_000, 'firmware\n'))
    await page.locator('section.box input[type=file]').setInputFiles(file)
    await page.getByText(/^Sent: firmware\.bin, /).waitFor()
    await page.locator('.monitor footer').getByText('Device → App 20 kB').waitFor()
    await page.getByRole('button', { name: 'Leave', exact: true }).click()

    await page.getByRole('button', { name: 'More to save and export' }).click()
    await page.getByRole('menuitem', { name: 'Save both ends of the link' }).click()
    const card = page.getByRole('status', { name: /both ends.*\.pcapng$/ })
    await card.getByRole('img', { name: /^App → Device: half within .* ms, 95 % within/ }).waitFor()
    await card.getByRole('img', { name: /^Device → App: half within/ }).waitFor()
    expect(await card.getByText('0 bytes lost').count()).toBe(2)
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'monitor-both-ends')
    const name = (await card.getAttribute('aria-label')) ?? ''

    await page.evaluate(`location.hash = 'captures'`)
    await page.getByRole('button', { name: `More for ${name}` }).click()
    await page.getByRole('menuitem', { name: 'Replay …' }).click()
    const dialog = page.getByRole('dialog', { name: `Replay ${name}` })
    await dialog.getByRole('combobox', { name: 'To', exact: true }).selectOption({ label: 'far' })
    await dialog.getByLabel('Timing').selectOption('factor')
    await dialog.getByLabel('Times as quick').fill('0.01')
    await dialog.getByText(/^This sends 20,013 bytes to far\.$/).waitFor()
    await dialog.getByRole('button', { name: 'Send to the device' }).click()
    await dialog.getByText(/ of 20 kB sent$/).waitFor()
    await screenshot(page, 'captures-replaying')
    await dialog.getByRole('button', { name: 'Stop sending' }).click()
    const stopped = dialog.getByText(/^Stopped\. [\d,]+ bytes were sent\.$/)
    await stopped.waitFor()
    expect(await stopped.textContent()).not.toContain('20,013')
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    // It is no user of the port any more.
    await page.evaluate(`location.hash = 'connections/l/monitor'`)
    await page.getByRole('region', { name: 'Monitor of far' }).waitFor()
    await rowsOf(page)
      .getByText(/^this computer \(replay\) left/)
      .waitFor()
  })

  it.skipIf(lacks.linux('mounts') || lacks.root('to mount a disk'))(
    'says why a capture stopped where the disk is full, and goes on itself',
    async ({ skip }) => {
      const data = temporaryFolder()
      const folder = join(data, 'farport/captures')
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k,mode=700', 'tmpfs', folder], { stdio: 'pipe' })
      } catch {
        skip('the right to mount a disk')
      }
      atTestEnd(() => void execFileSync('umount', ['-l', folder]))
      const home = new InstanceHome({ XDG_DATA_HOME: data })
      const port = { target: 'sim:gps?rate=10&baud=115200' }
      home.write({ name: 'workbench', shares: [{ id: 'n', name: 'gps', openAtStart: true, port }] })
      const program = await home.serve('--http', '127.0.0.1:0')
      const [, link = ''] = await program.printed(/^page (\S+)$/m)
      const page = await browser.open(`${link}#computer/n/monitor`)
      page.setDefaultTimeout(20_000)
      await rowsOf(page).first().waitFor()
      await page.getByRole('button', { name: 'Capture', exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
      await page
        .locator('.monitor .fault')
        .getByText(/whether the disk is full|Make room on the disk/)
        .waitFor({ timeout: 60_000 })
      await screenshot(page, 'monitor-disk-full')
      // Nothing else stopped.
      await rowsOf(page).last().waitFor()
      expect(await problemsOfAccess(page)).toEqual([])
      await page.evaluate(`location.hash = 'captures'`)
      await page.getByRole('listitem', { name: /gps/ }).getByText(/disk/).first().waitFor()
      await screenshot(page, 'captures-disk-full')
    }
  )
})

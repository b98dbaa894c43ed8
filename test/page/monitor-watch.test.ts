/** "Watch a program on this computer": pyserial speaks with its device as before, and each exchange is seen. The page in a browser. */
import { expect, describe, it } from 'vitest'
import { Program } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { lacks, PYTHON } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { useBrowser } from './browser.ts'
import { rowsOf } from './monitor-stories.ts'

const EXCHANGES = 40

/** Sends lines to a device that says them again, compares every byte, and tells how many were right. */
const script = (path: string): string =>
  [
    'import serial',
    `port = serial.Serial('${path}', 115200, timeout=10)`,
    'right = 0',
    `for number in range(${EXCHANGES}):`,
    '    said = b"ask %04d " % number + bytes([number, 255, 0, 17, 19, 13, 10])',
    '    port.write(said)',
    '    right += port.read(len(said)) == said',
    'print("right", right, flush=True)'
  ].join('\n')

describe.skipIf(lacks.linux('pseudo-terminals that tell their settings') || lacks('chromium', 'pyserial'))(
  'a program on this computer',
  { timeout: 150_000 },
  () => {
    const browser = useBrowser()

    it('is watched, and every exchange is complete and as it was', async () => {
      const home = new InstanceHome()
      home.write({ name: 'workbench', preferences: { introduced: true, listen: { enabled: false } } })
      const service = await home.serve('--http', '127.0.0.1:0')
      const [, link = ''] = await service.printed(/^page (\S+)$/m)
      const page = await browser.open(`${link}#connections`)
      page.setDefaultTimeout(20_000)
      await page.getByRole('button', { name: 'Watch a program on this computer' }).first().click()
      const dialog = page.getByRole('dialog', { name: 'Watch a program on this computer' })
      await dialog.getByLabel('The port that the program uses now').selectOption('sim:echo')
      await dialog.getByLabel('Name').fill('meter')
      await dialog.getByRole('button', { name: 'Create the port' }).click()
      const told = (await dialog.getByText(/^Set the program’s port to /).textContent()) ?? ''
      const path = told.replace('Set the program’s port to ', '').trim()
      await dialog.getByRole('button', { name: 'Monitor' }).click()
      const monitor = page.getByRole('region', { name: 'Monitor of meter' })
      await monitor.waitFor()

      const program = new Program(PYTHON, ['-c', script(path)])
      await program.printed(/right \d+/, 'stdout', 60_000)
      expect(program.stdout.trim()).toBe(`right ${EXCHANGES}`)

      // Sixteen bytes each way: the last one of both is in the list, and none is missing.
      const last = rowsOf(page).filter({ hasText: `ask ${String(EXCHANGES - 1).padStart(4, '0')}` })
      await last.filter({ hasText: 'App to device' }).waitFor()
      await last.filter({ hasText: 'Device to app' }).waitFor()
      const size = `${EXCHANGES * 16} bytes`
      await monitor.getByText(`App → Device ${size}`).waitFor()
      await monitor.getByText(`Device → App ${size}`).waitFor()
      await monitor.getByText('0 bytes lost').waitFor()
      await monitor.getByRole('listbox', { name: 'Traffic of meter' }).focus()
      await page.keyboard.press('f')
      const filter = monitor.getByRole('textbox', { name: 'Filter' })
      for (const way of ['tx', 'rx']) {
        await filter.fill(`dir:${way} text:"ask"`)
        await monitor.getByText(`${EXCHANGES} fit`, { exact: true }).waitFor()
      }
      expect(await problemsInAllColours(page, 'monitor-watched-program')).toEqual([])
    })
  }
)

/** Somebody hangs a cable on the bus of a PLC, with settings that are wrong: the page in a browser, tshark with what it exports. */
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { lacks } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { useBrowser } from './browser.ts'
import { PLC, plcStory } from './monitor-stories.ts'

describe.skipIf(lacks('chromium', 'tshark'))('a PLC on its bus', { timeout: 180_000 }, () => {
  const browser = useBrowser()

  it('is understood, though nobody knew how its line is set', async () => {
    const home = new InstanceHome()
    home.write({
      name: 'workbench',
      preferences: { introduced: true, listen: { enabled: false } },
      shares: [PLC]
    })
    const service = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await service.printed(/^page (\S+)$/m)
    const page = await browser.open(`${link}#computer/plc/monitor`)
    page.setDefaultTimeout(20_000)
    const take = async (card: Locator, file: string): Promise<string> => {
      const coming = page.waitForEvent('download')
      await card.getByRole('link', { name: `Download ${file}` }).click()
      const path = join(temporaryFolder(), file)
      await (await coming).saveAs(path)
      return path
    }
    await plcStory({ page, home, picture: 'monitor-plc', take })
    expect(await problemsInAllColours(page, 'monitor-plc-exported')).toEqual([])
  })
})

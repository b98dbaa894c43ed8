/** A board is debugged: its port changes its rate in the middle, and what it said is found again later. The page in a browser. */
import type { Locator, Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { InstanceHome } from '../e2e/instance.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks } from '../peers/need.ts'
import { describeWithShim, makeShimmedPair } from '../shim/shim.ts'
import { problemsInAllColours } from './accessible.ts'
import { useBrowser } from './browser.ts'
import { boardShare, boardStory, developer } from './monitor-stories.ts'

describeWithShim('a board that is debugged', () => {
  const browser = useBrowser()

  it.skipIf(lacks('chromium', 'pyserial'))(
    'is seen through a change of its rate, found, marked, saved and opened again',
    { timeout: 180_000 },
    async () => {
      const cable = await makeShimmedPair()
      onTestFinished(() => cable.dispose())
      const home = new InstanceHome(cable.env)
      const url = `rfc2217://127.0.0.1:${await freePort()}`
      const preferences = { introduced: true, listen: { enabled: false } }
      home.write({ name: 'workbench', preferences, shares: [boardShare(cable.a.path, url)] })
      const service = await home.serve('--http', '127.0.0.1:0')
      const [, link = ''] = await service.printed(/^page (\S+)$/m)
      const page = await browser.open(`${link}#computer/board/monitor`)
      page.setDefaultTimeout(20_000)
      await page.getByRole('region', { name: 'Monitor of Board' }).waitFor()
      const openFile = async (card: Locator): Promise<Page> => {
        await card.getByRole('link', { name: 'Open' }).click()
        return page
      }
      const take = (_card: Locator, file: string): Promise<string> => Promise.resolve(file)
      await boardStory({ page, home, picture: 'monitor-board', take }, cable, developer(url), openFile)
      expect(await problemsInAllColours(page, 'monitor-board-file')).toEqual([])
    }
  )
})

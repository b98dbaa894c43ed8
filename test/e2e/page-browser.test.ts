import { describe, expect, it } from 'vitest'
import { screenshot, useBrowser } from '../page/browser.ts'
import { lacks } from '../peers/need.ts'
import { InstanceHome } from './instance.ts'
import { freePort } from '../peers/free-port.ts'
import type { Program } from './cli.ts'

/** A running Farport of the test's own whose page is at that port; 0: any. */
async function serving(home: InstanceHome, port = 0): Promise<{ program: Program; link: string }> {
  const program = await home.serve('--http', `127.0.0.1:${port}`)
  const [, link = ''] = await program.printed(/^page (\S+)$/m)
  return { program, link }
}

function newHome(): InstanceHome {
  const home = new InstanceHome()
  home.write({
    name: 'workbench',
    shares: [{ id: 'gps', name: 'gps', port: { target: 'sim:gps' }, listen: ['raw://127.0.0.1:0'] }]
  })
  return home
}

describe.skipIf(lacks('chromium'))('the page in a browser', () => {
  const browser = useBrowser()

  it('opens by the link that serve prints, once; a reload stays signed in', async () => {
    const { link } = await serving(newHome())
    const page = await browser.open(link)
    await page.getByText('workbench').waitFor()
    expect(page.url()).toBe(new URL('/', link).href)
    await page.reload()
    await page.getByText('workbench').waitFor()
    await screenshot(page, 'headless-page')
    expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])

    const stranger = await browser.open(link, { expected: [/401/] })
    await stranger.getByRole('heading', { name: 'This link is used up' }).waitFor()
    await stranger.getByText('farport page').waitFor()
    await screenshot(stranger, 'headless-used-link')
  })

  it('says that Farport is gone, and comes back by itself', async () => {
    const home = newHome()
    const port = await freePort()
    const { program, link } = await serving(home, port)
    const page = await browser.open(link, { expected: [/WebSocket|ERR_CONNECTION_REFUSED/] })
    await page.getByText('workbench').waitFor()
    program.process.kill('SIGKILL')
    await program.ended
    const banner = page.getByText('Farport does not answer')
    await banner.waitFor()
    await screenshot(page, 'headless-lost')
    await serving(home, port)
    await banner.waitFor({ state: 'detached' })
    await page.getByText('workbench').waitFor()
  })
})

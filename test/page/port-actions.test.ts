/** What is done with a port while others use it, and while the service goes and comes back: the real service in the real browser. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { Client } from '../e2e/cli.ts'
import { type GivenSettings, InstanceHome } from '../e2e/instance.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks } from '../peers/need.ts'
import { makeShimmedPair } from '../shim/shim.ts'
import { problemsInAllColours } from './accessible.ts'
import { type PageOptions, useBrowser } from './browser.ts'

describe.skipIf(lacks('chromium'))('a port of this computer', () => {
  const browser = useBrowser()

  async function shown(settings: GivenSettings, { options, http = '0', env }: Shown = {}) {
    const home = new InstanceHome(env)
    home.write({ name: 'workbench', ...settings })
    const program = await home.serve('--http', `127.0.0.1:${http}`)
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link, options)
    page.setDefaultTimeout(15_000)
    await page.getByRole('heading', { name: 'This computer' }).waitFor()
    return { home, program, page }
  }

  it.skipIf(lacks('socat', 'cc'))('is reset by its lines, while it is used and while it is not', async () => {
    const cable = await makeShimmedPair()
    try {
      const port = await freePort()
      const shares = [
        { id: 'b', name: 'board', port: { target: cable.a.path }, listen: [`raw://127.0.0.1:${port}`] }
      ]
      const { page } = await shown({ shares }, { env: cable.env })
      const moved = (): number =>
        cable.log().filter(({ end, call }) => end === 'a' && /^TIOCM(BIS|BIC|SET)$/.test(call)).length
      const reset = async (): Promise<void> => {
        const before = moved()
        await choose(page, 'board', 'Reset board')
        await page.getByRole('button', { name: 'Reset', exact: true }).click()
        await page.getByRole('dialog').getByText('Reset.', { exact: true }).waitFor()
        // Off, and on again.
        expect(moved() - before).toBeGreaterThanOrEqual(2)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      await reset()
      const client = new Client(port)
      await page.getByText('In use by 127.0.0.1').waitFor()
      await reset()
      expect(client.socket.destroyed).toBe(false)
    } finally {
      await cable.dispose()
    }
  })

  it('is removed when that was confirmed, and not before', async () => {
    const shares = [{ id: 'gps', name: 'gps', port: { target: 'sim:gps' } }]
    const { home, page } = await shown({ shares })
    await choose(page, 'gps', 'Remove')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(home.read().shares).toHaveLength(1)
    await choose(page, 'gps', 'Remove')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No serial ports here').or(page.getByRole('list')).first().waitFor()
    await page.getByRole('button', { name: 'Details of gps' }).waitFor({ state: 'detached' })
    expect(home.read().shares).toEqual([])
  })

  it('keeps its clients while its options, its name and its addresses are changed', async () => {
    const port = await freePort()
    const shares = [
      { id: 'e', name: 'echo', port: { target: 'sim:echo' }, listen: [`raw://127.0.0.1:${port}`] }
    ]
    const { home, page } = await shown({ shares })
    const client = new Client(port)
    await page.getByText('In use by 127.0.0.1').waitFor()
    await choose(page, 'echo', 'Settings')
    const drawer = page.getByRole('complementary')
    await drawer.getByLabel('Who may write').selectOption('all')
    await expect.poll(() => home.read().shares[0]?.writers).toBe('all')
    await drawer.getByRole('switch', { name: 'Announce it in the network' }).click()
    await expect.poll(() => home.read().shares[0]?.announce).toBe(false)
    await drawer.getByLabel('Name', { exact: true }).fill('Echo “2”')
    await drawer.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Details of Echo “2”' }).waitFor()
    await drawer.getByRole('button', { name: 'Add an address' }).click()
    await drawer.getByRole('button', { name: 'Open it' }).click()
    await expect.poll(() => home.read().shares[0]?.listen.length).toBe(2)
    client.socket.write('still here')
    await expect.poll(() => client.got.toString()).toBe('still here')
  })

  it('has its terminal again when the service was started anew', async () => {
    const http = String(await freePort())
    const shares = [{ id: 'e', name: 'echo', port: { target: 'sim:echo' } }]
    const { home, program, page } = await shown(
      { shares },
      { http, options: { expected: [/WebSocket|ERR_/] } }
    )
    await choose(page, 'echo', 'Terminal')
    const says = (text: string): Promise<void> =>
      page.locator('.xterm-rows').getByText(text).first().waitFor()
    await page.getByRole('button', { name: /Line settings of echo/ }).waitFor()
    await page.getByRole('textbox', { name: 'What echo says' }).focus()
    await page.keyboard.type('before ')
    await says('before')
    await program.stop()
    await page.getByText(/The terminal has ended/).waitFor()
    await home.serve('--http', `127.0.0.1:${http}`)
    await page.getByText(/The terminal has ended/).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /Line settings of echo/ }).waitFor()
    await page.getByRole('textbox', { name: 'What echo says' }).focus()
    await page.keyboard.type('after')
    // What it said before is still there.
    await says('before after')
  })

  it('takes a large paste whole and in order', async () => {
    const shares = [{ id: 'e', name: 'echo', port: { target: 'sim:echo' } }]
    const { page } = await shown({ shares })
    await choose(page, 'echo', 'Terminal')
    await page.getByRole('button', { name: /Line settings of echo/ }).waitFor()
    // A megabyte, and what is more is refused whole.
    await paste(page, `${'0123456789abcdef'.repeat(62_500)}\nthe end`)
    await page.locator('.xterm-rows').getByText('the end').first().waitFor()
    await paste(page, 'x'.repeat(1_100_000))
    await page.getByText('Nothing of this was sent').waitFor()
  })

  it('calls back what a slow device has not taken, and says how much that was', async () => {
    const target = 'sim:echo?baud=1000&paced=1'
    const shares = [{ id: 'e', name: 'echo', port: { target, settings: { baudRate: 1000 } } }]
    const { page } = await shown({ shares })
    await choose(page, 'echo', 'Terminal')
    await page.getByRole('button', { name: /Line settings of echo/ }).waitFor()
    const foot = async (): Promise<number> => (await page.locator('.foot').boundingBox())?.height ?? 0
    const height = await foot()
    await paste(page, 'x'.repeat(200_000))
    await page.getByText(/^1\d\d kB wait for the device$/).waitFor()
    expect(await foot()).toBe(height)
    expect(await problemsInAllColours(page, 'terminal-waits')).toEqual([])
    await page.getByRole('button', { name: 'Discard', exact: true }).click()
    await page.getByText(/^Discarded: 1\d\d kB did not reach the device\.$/).waitFor()
    await page.getByText('wait for the device').waitFor({ state: 'detached' })
    await paste(page, 'y')
    await page.locator('.xterm-rows').getByText('y').first().waitFor()
    await page.getByText('did not reach the device').waitFor({ state: 'detached' })
    await page
      .getByRole('contentinfo')
      .getByText(/ lost$/)
      .waitFor()
  })

  it('leaves nothing behind when its drawer was opened and closed', async () => {
    const shares = [{ id: 'e', name: 'echo', port: { target: 'sim:echo' } }]
    const { page } = await shown({ shares })
    const devtools = await page.context().newCDPSession(page)
    const times = async (count: number): Promise<void> => {
      for (let time = 0; time < count; time++) {
        await page.evaluate("location.hash = 'computer/e'")
        await page.getByRole('complementary', { name: 'echo' }).getByText('Who may write').waitFor()
        await page.evaluate("location.hash = 'computer'")
        await page.getByRole('complementary', { name: 'echo' }).waitFor({ state: 'detached' })
      }
    }
    const counts = async () => {
      await devtools.send('HeapProfiler.collectGarbage')
      return devtools.send('Memory.getDOMCounters')
    }
    await times(40)
    const before = await counts()
    await times(60)
    const after = await counts()
    // One that is left each time would be sixty.
    expect(after.nodes - before.nodes).toBeLessThan(50)
    expect(after.jsEventListeners - before.jsEventListeners).toBeLessThan(50)
  })
})

interface Shown {
  readonly options?: PageOptions
  /** Of the page; absent: a free one. */
  readonly http?: string
  readonly env?: NodeJS.ProcessEnv
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `More for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

/** As the browser tells a page of it. */
async function paste(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'What echo says' }).focus()
  await page.evaluate(`{
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', ${JSON.stringify(text)})
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    document.activeElement.dispatchEvent(event)
  }`)
}

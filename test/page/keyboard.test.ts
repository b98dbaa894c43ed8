/** All of the page by the keyboard alone: no control is out of reach, the focus is seen and never lost, and nothing keeps it. */
import { describe, expect, it } from 'vitest'
import { InstanceHome } from '../e2e/instance.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks } from '../peers/need.ts'
import { useBrowser } from './browser.ts'
import { chooseByKeys, focused, focusIs, notLost, tabTo } from './keyboard.ts'

describe.skipIf(lacks('chromium'))('by the keyboard alone', { timeout: 240_000 }, () => {
  const browser = useBrowser()

  it('first steps, sharing, an address, a terminal, settings, drawer, pairing, and all pages', async () => {
    const [far, port] = [await freePort(), await freePort()]
    const other = new InstanceHome()
    other.write({
      name: 'bench',
      preferences: { listen: { enabled: false } },
      shares: [
        { id: 'echo', name: 'echo', port: { target: 'sim:echo' }, listen: [`rfc2217://127.0.0.1:${far}`] }
      ]
    })
    await other.serve()
    const home = new InstanceHome()
    home.write({ preferences: { listen: { port, addresses: ['127.0.0.1'] } } })
    const program = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link)
    page.setDefaultTimeout(20_000)
    const press = (key: string): Promise<void> => page.keyboard.press(key)
    const dialogs = page.getByRole('dialog')

    // The first steps: what is asked has the focus.
    await focusIs(page, 'Computer name')
    await press('ControlOrMeta+a')
    await page.keyboard.type('office')
    await press('Enter')
    await page.getByText('Which ports shall be shared?').waitFor()
    // The first of what is plugged in; where nothing is, the way on.
    await expect
      .poll(async () => {
        const { tag, name } = await focused(page)
        return tag === 'input' || name === 'Next'
      })
      .toBe(true)
    await tabTo(page, 'Next')
    await press('Enter')
    await page.getByText('Ready when you are').waitFor()
    expect(await page.getByRole('button', { name: 'Skip', exact: true }).count()).toBe(0)
    await tabTo(page, 'Done')
    await press('Enter')
    await dialogs.waitFor({ state: 'detached' })
    await notLost(page, 'behind the first steps')

    // A simulated GPS, and its switch, which is busy for a moment.
    await tabTo(page, 'Add')
    await chooseByKeys(page, 'Add a simulated device')
    await focusIs(page, 'Device')
    await tabTo(page, 'Name')
    await page.keyboard.type('gps')
    await press('Enter')
    await dialogs.waitFor({ state: 'detached' })
    await focusIs(page, 'Add')
    await tabTo(page, 'Share gps')
    await press('Space')
    await page.getByRole('switch', { name: 'Share gps', checked: true }).waitFor()
    await focusIs(page, 'Share gps')

    // Its drawer, and back.
    await tabTo(page, 'Details of gps')
    await press('Enter')
    await focusIs(page, 'gps')
    await tabTo(page, 'Who may write')
    await press('Escape')
    await focusIs(page, 'Details of gps')

    // The pages, by Tab and by arrows; their titles tell where one is.
    await tabTo(page, 'This computer')
    await press('ArrowDown')
    await focusIs(page, 'Network')
    await press('Enter')
    await expect.poll(() => page.title()).toBe('Network · Farport')
    await focusIs(page, 'Network')

    // A port elsewhere, by its address.
    await tabTo(page, 'Enter an address')
    await press('Enter')
    await focusIs(page, 'Address')
    await press('Escape')
    await dialogs.waitFor({ state: 'detached' })
    await focusIs(page, 'Enter an address')
    await press('Enter')
    await focusIs(page, 'Address')
    await page.keyboard.type(`rfc2217://127.0.0.1:${far}`)
    await press('Enter')
    await expect.poll(() => page.title()).toBe('Connections · Farport')
    await notLost(page, 'connected')

    // Its terminal, which takes every key but one.
    await tabTo(page, /^More about/)
    await chooseByKeys(page, 'Open terminal')
    await page.locator('.xterm').waitFor()
    await page.getByText('Shift+Esc leaves the terminal').waitFor()
    await focusIs(page, /^What .* says$/)
    await page.keyboard.type('hello there')
    await page.locator('.xterm-rows').getByText('hello there').waitFor()
    await press('Tab')
    await focusIs(page, /^What .* says$/)
    await press('Shift+Escape')
    await focusIs(page, 'Back')
    await press('Enter')
    await page.locator('.xterm').waitFor({ state: 'detached' })
    await focusIs(page, /^More about/)

    // Its line.
    await tabTo(page, /^Line settings of/)
    await press('Enter')
    await focusIs(page, 'Baud rate')
    await press('ControlOrMeta+a')
    await page.keyboard.type('9600')
    await press('Enter')
    await page.getByText('In force: 9600 8N1').waitFor()
    await notLost(page, 'applied')
    await press('Escape')
    await focusIs(page, /^Line settings of/)

    // Its end: the dialog begins at what changes nothing, and the row is gone.
    await tabTo(page, /^More about/)
    await chooseByKeys(page, 'Remove …')
    await focusIs(page, 'Cancel')
    await tabTo(page, 'Remove')
    await press('Enter')
    await page.getByText('No connections').waitFor()
    await notLost(page, 'a row is gone')

    // Somebody asks to pair.
    const asks = other.farport('pair', `127.0.0.1:${port}`)
    await page.getByRole('dialog', { name: 'bench asks to pair' }).waitFor()
    await focusIs(page, 'Not now')
    await tabTo(page, 'Accept')
    await press('Enter')
    await page.getByText('You accepted; waiting for').waitFor()
    await notLost(page, 'accepted')
    const [, digits = ''] = await asks.printed(/digits: (\d{3} \d{3})/)
    asks.process.stdin?.write(`${digits}\n`)
    await page.getByRole('dialog', { name: 'Paired with bench' }).waitFor()
    await notLost(page, 'paired')
    await press('Escape')
    await dialogs.waitFor({ state: 'detached' })
    await notLost(page, 'behind the pairing')

    // Over the rail, and round the longest page: nothing keeps the focus.
    await page.reload()
    await page.getByText('No connections').waitFor()
    await press('Tab')
    await focusIs(page, 'Skip to the page')
    await press('Enter')
    await focusIs(page, 'Connections')
    expect((await focused(page)).tag).toBe('h1')
    await tabTo(page, 'Settings')
    await press('Enter')
    await page.getByText('Check again').waitFor()
    await tabTo(page, 'Computer name')
    await tabTo(page, /^Sign out /)
    await tabTo(page, 'Skip to the page')
  })
})

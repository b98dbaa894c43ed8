/** Two people at two computers, each in front of a page: they find each other, pair, connect, and pass the control. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { Network, lacksNetworks } from '../e2e/endurance/network.ts'
import type { Program } from '../e2e/cli.ts'
import type { GivenSettings } from '../e2e/instance.ts'
import { Computer } from '../e2e/two-computers.ts'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { browserThere, screenshot, type FileBrowser } from './browser.ts'

const PAGE = '127.0.0.1:7373'
/** While a service is away the browser says so for each try. */
const AWAY = [/WebSocket|ERR_CONNECTION_REFUSED/]

interface Desk {
  readonly computer: Computer
  readonly program: Program
  readonly browser: FileBrowser
  readonly page: Page
}

/** A computer whose Farport serves its page, and somebody who looks at it. */
async function desk(computer: Computer, prefix: readonly string[], settings: GivenSettings): Promise<Desk> {
  computer.home.write({ preferences: { discovery: {} }, ...settings })
  const { program, link } = await serve(computer)
  const browser = await browserThere(...prefix)
  return { computer, program, browser, page: await browser.open(link, { expected: AWAY }) }
}

async function serve(computer: Computer): Promise<{ program: Program; link: string }> {
  const program = computer.farport('serve', '--http', PAGE)
  await program.printed(/ready/)
  const [, link = ''] = await program.printed(/^page (\S+)$/m)
  return { program, link }
}

async function two(aliceHas: GivenSettings, bobHas: GivenSettings): Promise<{ alice: Desk; bob: Desk }> {
  const network = new Network()
  await network.there('ip', 'link', 'set', 'lo', 'up').ended
  const alice = new Computer(network.server, (...all) => network.here(...all), {})
  const bob = new Computer(network.peer, (...all) => network.there(...all), {})
  const [one, other] = await Promise.all([
    desk(alice, network.prefixHere, aliceHas),
    desk(bob, network.prefixThere, bobHas)
  ])
  return { alice: one, bob: other }
}

/** In light, and in dark. */
async function screenshotDark(page: Page, name: string): Promise<void> {
  await screenshot(page, name)
  await page.emulateMedia({ colorScheme: 'dark' })
  await screenshot(page, `${name}-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const go = (page: Page, name: string): Promise<void> => page.getByRole('link', { name }).click()

const shares = [
  { id: 'gps', name: 'gps', port: { target: 'sim:gps' } },
  { id: 'desk', name: 'desk', port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:7100'] }
]

describe.skipIf(lacksNetworks || lacks('chromium'))('two computers, two pages', { timeout: 120_000 }, () => {
  it('first steps, discovery, pairing, a connection, its settings and control, and a service that comes back', async () => {
    const { alice, bob } = await two({}, { name: 'bob', shares })

    // The first steps, once.
    const first = alice.page.getByRole('dialog', { name: 'Welcome to Farport' })
    await first.getByLabel('Computer name').fill('alice')
    await screenshot(alice.page, 'first-run-name')
    await button(alice.page, 'Next').click()
    await first.getByText('Which ports shall be shared?').waitFor()
    await button(alice.page, 'Next').click()
    await screenshot(alice.page, 'first-run-start')
    await button(alice.page, 'Done').click()
    await first.waitFor({ state: 'detached' })
    await alice.page.reload()
    await alice.page.getByRole('navigation').getByText('alice').waitFor()
    expect(await first.count()).toBe(0)

    // She finds him by himself.
    await go(alice.page, 'Network')
    const group = alice.page.getByRole('region', { name: /^bob:/ })
    await group.waitFor()
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshot(alice.page, 'network-unpaired')
    await button(alice.page, 'Pair').click()

    // Both see the same six digits.
    const asked = bob.page.getByRole('dialog', { name: 'alice asks to pair' })
    await asked.waitFor()
    const asks = alice.page.getByRole('dialog', { name: 'Pair with bob' })
    await asks.waitFor()
    const digits = (page: Page): Promise<string | null> =>
      page.getByLabel('The digits').getAttribute('aria-label')
    expect(await digits(alice.page)).toMatch(/\d{3} \d{3}$/)
    expect(await digits(bob.page)).toBe(await digits(alice.page))
    expect(await problemsInAllColours(bob.page)).toEqual([])
    await screenshot(bob.page, 'pairing')
    await button(alice.page, 'Accept').click()
    await alice.page.getByText('You accepted; waiting for bob').waitFor()
    await button(bob.page, 'Accept').click()
    await alice.page.getByRole('dialog', { name: 'Paired with bob' }).waitFor()
    await button(alice.page, 'See what it shares').click()

    // He chooses what she may use.
    await button(bob.page, 'Choose what it may use').click()
    await bob.page.getByLabel('Every share, unless said below').selectOption('Use')
    expect(await problemsInAllColours(bob.page)).toEqual([])
    await screenshot(bob.page, 'permissions')
    await eventually(() => {
      expect(bob.computer.home.read().peers[0]?.permissions.default.level).toBe('control')
      return Promise.resolve()
    })

    // She connects, and a program there opens the port.
    const connect = button(alice.page, 'Connect to desk')
    await connect.waitFor({ timeout: 20_000 })
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshotDark(alice.page, 'network-paired')
    await connect.click()
    const link = alice.page.getByRole('listitem', { name: 'desk' })
    await link.getByText('Waiting for a program to open it').waitFor()
    const path = (await link.locator('.here').textContent()) ?? ''
    const program = alice.computer.run(
      'sh',
      '-c',
      `exec 3<>${path}; printf hello >&3; head -c 5 <&3; exec cat <&3`
    )
    expect((await program.printed(/hello/))[0]).toBe('hello')
    await link.getByText(/^In use by /).waitFor()

    // Baud rate and parity, which a virtual port cannot carry, reach the device.
    await link.getByRole('button', { name: /^Line settings/ }).click()
    await alice.page.getByLabel('Baud rate').fill('9600')
    await alice.page.getByLabel('Parity').selectOption('Even')
    await alice.page.getByLabel('Data bits').selectOption('7')
    await button(alice.page, 'Apply').click()
    await alice.page.getByText('In force: 9600 7E1').waitFor()
    await screenshot(alice.page, 'connection-settings')
    await alice.page.keyboard.press('Escape')
    const list = await bob.computer.farport('list', 'desk', '--json').ended
    expect(JSON.parse(list.stdout)).toMatchObject({
      state: { settings: { baudRate: 9600, parity: 'even', dataBits: 7 } }
    })
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshotDark(alice.page, 'connections')
    await program.stop()
    await link.getByText('Waiting for a program to open it').waitFor()

    // Somebody else has it: she sees who, asks, is given it, loses it, and takes it.
    const other = bob.computer.run('nc', '127.0.0.1', '7100')
    await eventually(async () => {
      const { stdout } = await bob.computer.farport('list', 'desk', '--json').ended
      expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ writer: true }] })
    })
    const again = alice.computer.run('sh', '-c', `exec 3<>${path}; exec cat <&3`)
    await link.getByText(/^Watching: another client has the control since/).waitFor()
    await screenshot(alice.page, 'connection-watching')
    await button(alice.page, 'Ask for control').click()
    await link.getByText('Asked for control').waitFor()
    const granted = await bob.computer.farport('grant', 'desk').ended
    expect(granted.stderr).toBe('')
    await link.getByText(/^In use by /).waitFor()
    const back = await bob.computer.farport('grant', 'desk', '2').ended
    expect(back.stderr).toBe('')
    await alice.page.getByText('The control of desk is with another client now').waitFor()
    await screenshot(alice.page, 'control-taken')
    await button(alice.page, 'Take over').click()
    await link.getByText(/^In use by /).waitFor()
    await Promise.all([other.stop(), again.stop()])

    // Her service ends, and begins again: the page comes back by itself.
    alice.program.process.kill('SIGKILL')
    await alice.program.ended
    await alice.page.getByText('Farport does not answer').waitFor()
    await screenshot(alice.page, 'lost')
    await serve(alice.computer)
    await alice.page.getByText('Farport does not answer').waitFor({ state: 'detached' })
    await link.getByText('Waiting for a program to open it').waitFor()
    await go(alice.page, 'Settings')
    await alice.page.getByText('Check again').waitFor({ timeout: 30_000 })
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshotDark(alice.page, 'settings')
    await alice.page.getByText('Licences of what is used').scrollIntoViewIfNeeded()
    await screenshot(alice.page, 'settings-end')
    await button(alice.page, 'Make a link').click()
    await alice.page
      .getByText(/^http:\/\/127\.0\.0\.1:7373\/\S+$/)
      .last()
      .waitFor()
    await alice.page.getByLabel('Colours').selectOption('Dark')
    expect(await alice.page.locator('html').getAttribute('data-scheme')).toBe('dark')
  })

  it('by an address, past somebody who types, who blocks and unblocks; and a port of another program', async () => {
    const quiet = { preferences: { discovery: { announce: false, browse: false } } }
    const open = { id: 'desk', name: 'desk', port: { target: 'sim:echo' }, allow: ['10.77.0.0/24'] }
    const listen = [`rfc2217://10.77.0.2:7000`]
    const { alice, bob } = await two(
      { name: 'alice', ...quiet },
      { name: 'bob', ...quiet, shares: [{ ...open, listen }] }
    )

    // Nobody is found: she knows where he is.
    await go(alice.page, 'Network')
    await alice.page.getByText('No other computers found yet').waitFor()
    await alice.page.getByText('discovery is switched off').waitFor()
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshot(alice.page, 'network-empty')
    await button(alice.page, 'Enter an address').click()
    const dialog = alice.page.getByRole('dialog', { name: 'Enter an address' })
    await dialog.getByLabel('Address').fill('ftp://bob')
    await dialog.getByText('That beginning is not known').waitFor()
    await dialog.getByLabel('Address').fill('10.77.0.2')
    await dialog.getByText('A computer with Farport, at 10.77.0.2').waitFor()
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshot(alice.page, 'enter-address')
    await button(alice.page, 'Remember this computer').click()
    await dialog.getByText('10.77.0.2 is looked for from now on').waitFor()

    // He types, and goes on typing.
    await go(bob.page, 'Settings')
    const name = bob.page.getByLabel('Computer name')
    await name.fill('bob the')
    await button(alice.page, 'Pair').last().click()
    const message = bob.page.getByText('alice asks to pair')
    await message.waitFor()
    await bob.page.keyboard.type(' second')
    expect(await name.inputValue()).toBe('bob the second')
    expect(await bob.page.getByRole('dialog').count()).toBe(0)
    expect(await problemsInAllColours(bob.page)).toEqual([])
    await screenshot(bob.page, 'pairing-while-typing')
    await button(bob.page, 'Compare digits').click()
    await button(bob.page, 'Block').click()
    await alice.page.getByRole('dialog', { name: 'Not paired' }).waitFor()
    expect(await problemsInAllColours(alice.page)).toEqual([])
    await screenshot(alice.page, 'pairing-refused')
    await alice.page.keyboard.press('Escape')
    const blocked = bob.page.getByRole('region', { name: 'Blocked computers' })
    await blocked.getByText('alice').waitFor()
    await button(bob.page, 'Unblock').click()
    await blocked.waitFor({ state: 'detached' })

    // What she remembered is there; the port is one for every program.
    await alice.page.getByRole('region', { name: /^10\.77\.0\.2: Not paired/ }).waitFor()
    await button(alice.page, 'Enter an address').click()
    await dialog.getByLabel('Address').fill('10.77.0.2:7000')
    await dialog.getByLabel('What is there').selectOption('A serial port, with settings (RFC 2217)')
    await button(alice.page, 'Connect').click()
    const link = alice.page.getByRole('list').getByText('rfc2217://10.77.0.2:7000')
    await link.waitFor()

    // A terminal opens it; what is typed comes back.
    await button(alice.page, /^More about/).click()
    await alice.page.getByRole('menuitem', { name: 'Open terminal' }).click()
    await alice.page.locator('.xterm').waitFor()
    await alice.page.locator('.xterm-helper-textarea').focus()
    await alice.page.keyboard.type('echo of mine')
    await alice.page.locator('.xterm-rows').getByText('echo of mine').waitFor()
    await screenshot(alice.page, 'terminal-of-a-link')
    await go(alice.page, 'Connections')
    await button(alice.page, 'Disconnect').click()
    await alice.page.getByText('Disconnected; stays so when Farport starts').waitFor()
    await alice.page.setViewportSize({ width: 720, height: 560 })
    await screenshot(alice.page, 'connections-720')
    await button(alice.page, /^More about/).click()
    await alice.page.getByRole('menuitem', { name: 'Rename …' }).click()
    const naming = alice.page.getByRole('list').getByRole('textbox')
    await naming.fill('bench')
    await naming.press('Enter')
    await alice.page.getByRole('listitem', { name: 'bench' }).waitFor()
    await button(alice.page, 'More about bench').click()
    await alice.page.getByRole('menuitem', { name: 'Remove …' }).click()
    await button(alice.page, 'Remove').click()
    await alice.page.getByText('No connections').waitFor()
    await screenshot(alice.page, 'connections-empty-720')
    await go(alice.page, 'Captures')
    expect(await problemsInAllColours(alice.page)).toEqual([])
  })
})

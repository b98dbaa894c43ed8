/** Every page, dialog, drawer and menu, in light, dark and forced colours: clean by axe-core's rules, and a picture of each to look at. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { FARPORT, Program, temporaryFolder } from '../e2e/cli.ts'
import { type GivenSettings, InstanceHome } from '../e2e/instance.ts'
import { installed, pairedSettings } from '../e2e/two-instances.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks, lacksOwnMounts, OWN_MOUNTS } from '../peers/need.ts'
import { problemsInAllColours } from './accessible.ts'
import { type PageOptions, useBrowser } from './browser.ts'

const AWAY = [/WebSocket|ERR_CONNECTION_REFUSED/]

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const go = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click()
async function choose(page: Page, menu: string | RegExp, action: string): Promise<void> {
  await button(page, menu).click()
  await page.getByRole('menuitem', { name: action }).click()
}
async function clean(page: Page, name: string): Promise<void> {
  expect.soft(await problemsInAllColours(page, name), name).toEqual([])
}
async function escape(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.locator('.dialog, .menu, .popover').waitFor({ state: 'detached' })
}

const noListener = { preferences: { listen: { enabled: false } } }

describe.skipIf(lacks('chromium'))('for everybody', { timeout: 240_000 }, () => {
  const browser = useBrowser()

  async function shown(settings: GivenSettings, options: PageOptions = {}, home = new InstanceHome()) {
    home.write(settings)
    const port = await freePort()
    const program = await home.serve('--http', `127.0.0.1:${port}`)
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link, { expected: AWAY, ...options })
    page.setDefaultTimeout(10_000)
    return { home, program, page, port }
  }

  it.skipIf(lacksOwnMounts())('the first steps, and pages with nothing on them', async () => {
    const home = new InstanceHome()
    // As a new one, but where no other one of this computer is.
    home.write({ preferences: { listen: { port: await freePort(), addresses: ['127.0.0.1'] } } })
    // The ports of this computer are not what is to be seen.
    const hidden = 'mount -t tmpfs none /sys/class/tty && exec "$0" "$@"'
    const [command, ...args] = OWN_MOUNTS
    const program = new Program(
      command,
      [...args, 'sh', '-c', hidden, process.execPath, FARPORT, 'serve', '--http', '127.0.0.1:0'],
      { env: home.env }
    )
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link)
    page.setDefaultTimeout(10_000)
    const first = page.getByRole('dialog', { name: 'Welcome to Farport' })
    await first.waitFor()
    await clean(page, 'first-run-1')
    await button(page, 'Next').click()
    await first.getByText('Which ports shall be shared?').waitFor()
    await clean(page, 'first-run-2')
    await button(page, 'Next').click()
    await first.getByText('Ready when you are').waitFor()
    await clean(page, 'first-run-3')
    await button(page, 'Done').click()
    await page.getByText('No serial ports here').waitFor()
    await clean(page, 'computer-empty')
    await button(page, 'Add').click()
    await clean(page, 'computer-add-menu')
    await page.getByRole('menuitem', { name: 'Add a simulated device' }).click()
    await clean(page, 'add-simulated')
    await escape(page)
    await choose(page, 'Add', 'Add a program')
    await clean(page, 'add-program')
    await escape(page)
    for (const name of ['Network', 'Connections', 'Captures', 'Settings']) {
      await go(page, name)
      await clean(page, `empty-${name.toLowerCase()}`)
    }
    await go(page, 'Network')
    await button(page, 'Enter an address').first().click()
    await clean(page, 'enter-address-empty')
    for (const [at, text] of [
      'ftp://bob',
      '10.77.0.2',
      '10.77.0.2:7000',
      'rfc2217://10.77.0.2:7000'
    ].entries()) {
      await page.getByRole('textbox', { name: 'Address' }).fill(text)
      await clean(page, `enter-address-${at}`)
    }
    await escape(page)
    await go(page, 'Connections')
    await button(page, 'Watch a program on this computer').click()
    await clean(page, 'watch-program')
    await escape(page)
  })

  it('This computer, with all that belongs to a port', async () => {
    const folder = temporaryFolder()
    const near = join(folder, 'near')
    const cable = new Program('socat', ['-d', '-d', `PTY,link=${near},rawer`, `PTY,link=${folder}/far,rawer`])
    await cable.printed(/starting data transfer/, 'stderr')
    const listen = await freePort()
    const { page } = await shown({
      ...noListener,
      name: 'workbench',
      shares: [
        {
          id: 'gps',
          name: 'Ship’s GPS',
          port: { target: 'sim:gps' },
          listen: [{ url: `raw://127.0.0.1:${listen}`, allow: ['loopback'] }]
        },
        { id: 'heat', name: 'Thermostat', enabled: false, port: { target: 'sim:modbus' } },
        {
          id: 'printer',
          name: 'Label printer',
          port: { target: '/dev/serial/by-id/usb-FTDI_FT232R-if00-port0' }
        },
        { id: 'board', name: 'Board', port: { target: near }, openAtStart: true },
        {
          id: 'long',
          name: 'A name that somebody made so long that no list has the room for all of it, not even a wide one',
          port: { target: 'exec:cat' }
        }
      ]
    })
    await page.getByText('Device unplugged, waiting').waitFor()
    new Program('nc', ['127.0.0.1', String(listen)])
    await page.getByText('In use by 127.0.0.1').waitFor()
    await clean(page, 'computer')
    await button(page, 'More for Ship’s GPS').click()
    await clean(page, 'computer-menu')
    await page.keyboard.press('Escape')
    await button(page, 'More for all ports').click()
    await clean(page, 'computer-menu-all')
    await page.keyboard.press('Escape')
    await choose(page, 'More for Ship’s GPS', 'Rename')
    await clean(page, 'computer-rename')
    await page.keyboard.press('Escape')
    await button(page, /^Line settings of Ship/).click()
    await clean(page, 'settings-editor')
    await page.getByLabel('Baud rate').fill('9600')
    await button(page, 'Apply').click()
    await page.getByText('In force: 9600 8N1').waitFor()
    await clean(page, 'settings-editor-took')
    await page.keyboard.press('Escape')
    await choose(page, 'More for Board', 'Reset board')
    await clean(page, 'reset')
    await escape(page)
    await choose(page, 'More for Board', 'Copy address for')
    await page.getByRole('dialog').getByText('Who').first().waitFor()
    await clean(page, 'address-asks')
    await page.getByRole('radio').nth(1).check()
    await clean(page, 'address-chosen')
    await escape(page)
    await choose(page, 'More for Ship’s GPS', 'Copy address for')
    await page.getByRole('combobox', { name: 'Program' }).selectOption('qemu')
    await page.getByText('-serial tcp:127.0.0.1').waitFor()
    await clean(page, 'address')
    await escape(page)
    await choose(page, 'More for Thermostat', 'Remove')
    await clean(page, 'remove')
    await escape(page)
    await button(page, 'Details of Ship’s GPS').click()
    await page.getByText('Has control').waitFor()
    await clean(page, 'drawer')
    await page.evaluate(`document.querySelector('.drawer .body').scrollTo(0, 500)`)
    await clean(page, 'drawer-2')
    await page.evaluate(`document.querySelector('.drawer .body').scrollTo(0, 5000)`)
    await clean(page, 'drawer-3')
    await button(page, 'Close').click()
    await button(page, 'Details of Board').click()
    await page.getByRole('complementary', { name: 'Board' }).waitFor()
    await clean(page, 'drawer-board')
    await page.setViewportSize({ width: 720, height: 640 })
    await clean(page, 'drawer-720')
    await button(page, 'Close').click()
    await clean(page, 'computer-720')
    // 200 %, as a browser zooms a window of 1440 x 960.
    await page.setViewportSize({ width: 720, height: 480 })
    await button(page, 'Details of Ship’s GPS').click()
    await clean(page, 'drawer-zoomed')
    await button(page, 'Close').click()
    await choose(page, 'More for all ports', 'Pause all sharing')
    await page.getByText('Sharing is paused').waitFor()
    await page.setViewportSize({ width: 960, height: 640 })
    await clean(page, 'computer-paused')
    await button(page, 'Share again').click()
    await choose(page, 'More for Ship’s GPS', 'Terminal')
    await page.locator('.xterm-rows').getByText('$GPGGA').first().waitFor()
    await clean(page, 'terminal')
    await page.setViewportSize({ width: 720, height: 480 })
    await clean(page, 'terminal-720')
    await page.setViewportSize({ width: 960, height: 640 })
    await page.goto(new URL('#computer/nothing/terminal', page.url()).href)
    await clean(page, 'terminal-unknown')
    await page.goto(new URL('#computer?open=farport%3A%2F%2Fworkshop-pc%2Fgps', page.url()).href)
    await clean(page, 'link-question')
  })

  it('Network, pairing and Connections', async () => {
    const [alice, bob] = [await installed(), await installed()]
    const listen = await freePort()
    const shares = [
      { id: 'gps', name: 'Ship’s GPS', port: { target: 'sim:gps' } },
      {
        id: 'desk',
        name: 'Bench supply',
        port: { target: 'sim:echo' },
        listen: [`raw://127.0.0.1:${listen}`]
      },
      { id: 'off', name: 'Plotter', enabled: false, port: { target: 'sim:modbus' } }
    ]
    const his = pairedSettings('workshop-pc', bob, alice, 'office', 'control', { shares })
    const hers = pairedSettings('office', alice, bob, 'workshop-pc', 'control', {
      shares: [{ id: 'x', name: 'Label printer', port: { target: 'sim:echo' } }],
      preferences: {
        listen: { port: alice.port, addresses: ['127.0.0.1'] },
        discovery: { announce: false, browse: false, places: ['127.0.0.1:1'] }
      }
    })
    bob.home.write(his)
    await bob.home.serve()
    const { page, program } = await shown(hers, {}, alice.home)
    await go(page, 'Network')
    await button(page, 'Connect to Ship’s GPS').waitFor({ timeout: 20_000 })
    await clean(page, 'network')
    await button(page, 'More ways to use Ship’s GPS').click()
    await clean(page, 'network-menu')
    await page.getByRole('menuitem', { name: 'Connect as' }).click()
    await clean(page, 'name-dialog')
    await escape(page)
    await button(page, /^What it may use here|^More about workshop-pc/)
      .first()
      .click()
    await clean(page, 'network-peer-menu')
    await page.keyboard.press('Escape')
    await page.goto(new URL(`#network/${bob.id}`, page.url()).href)
    await page.getByRole('complementary', { name: 'workshop-pc' }).waitFor()
    await clean(page, 'peer-drawer')
    await button(page, 'Un-pair …').click()
    await clean(page, 'unpair')
    await escape(page)
    await page.setViewportSize({ width: 720, height: 640 })
    await clean(page, 'peer-drawer-720')
    await button(page, 'Close').click()
    await clean(page, 'network-720')
    await page.setViewportSize({ width: 960, height: 640 })

    // A third one asks to pair.
    const third = new InstanceHome()
    third.write({ name: 'lab-pi', ...noListener })
    const asks = third.farport('pair', `127.0.0.1:${alice.port}`)
    await page.getByRole('dialog', { name: 'lab-pi asks to pair' }).waitFor()
    await clean(page, 'pairing')
    const [, digits = ''] = await asks.printed(/digits: (\d{3} \d{3})/)
    await button(page, 'Accept').click()
    await page.getByText('You accepted; waiting for').waitFor()
    await clean(page, 'pairing-accepted')
    asks.process.stdin?.write(`${digits}\n`)
    await page.getByRole('dialog', { name: 'Paired with lab-pi' }).waitFor()
    await clean(page, 'paired')
    await escape(page)

    await button(page, 'Connect to Ship’s GPS').click()
    const gps = page.getByRole('listitem', { name: 'Ship’s GPS' })
    await gps.waitFor()
    await go(page, 'Network')
    await button(page, 'Connect to Bench supply').click()
    const desk = page.getByRole('listitem', { name: 'Bench supply' })
    await desk.waitFor()
    const path = (await gps.locator('.here').textContent()) ?? ''
    new Program('sh', ['-c', `exec 3<>'${path}'; exec cat <&3`])
    await gps.getByText(/^In use by (cat|a program here)/).waitFor()
    new Program('nc', ['127.0.0.1', String(listen)])
    const deskPath = (await desk.locator('.here').textContent()) ?? ''
    new Program('sh', ['-c', `exec 3<>'${deskPath}'; exec cat <&3`])
    await desk.getByText(/Watching/).waitFor()
    await clean(page, 'connections')
    await button(page, 'More about Ship’s GPS').click()
    await clean(page, 'connections-menu')
    await page.keyboard.press('Escape')
    await choose(page, 'More about Ship’s GPS', 'Remove …')
    await clean(page, 'connections-remove')
    await escape(page)
    await page.setViewportSize({ width: 720, height: 640 })
    await clean(page, 'connections-narrow')
    await page.setViewportSize({ width: 960, height: 640 })
    await gps.getByRole('button', { name: 'Disconnect', exact: true }).click()
    await choose(page, 'More about Bench supply', 'Open terminal')
    await page.locator('.xterm').waitFor()
    await page.getByText('Watching only.').waitFor()
    await clean(page, 'terminal-watching')
    await button(page, 'Ask for control').click()
    await button(page, 'Asked for control …').waitFor()
    await go(page, 'Network')
    await clean(page, 'network-connected')
    await go(page, 'Settings')
    await page.getByText('Check again').waitFor({ timeout: 30_000 })
    await clean(page, 'settings')
    await page.evaluate(`document.querySelector('main').scrollTo(0, 600)`)
    await clean(page, 'settings-2')
    await page.evaluate(`document.querySelector('main').scrollTo(0, 1200)`)
    await clean(page, 'settings-3')
    await page.evaluate(`document.querySelector('main').scrollTo(0, 9999)`)
    await button(page, 'Make a link').click()
    await page
      .getByText(/^http:\/\/127\.0\.0\.1:/)
      .last()
      .waitFor()
    await clean(page, 'settings-4')
    await page.setViewportSize({ width: 720, height: 480 })
    await page.evaluate(`document.querySelector('main').scrollTo(0, 300)`)
    await clean(page, 'settings-720')
    await page.setViewportSize({ width: 960, height: 640 })

    // The far one goes, and then the own one.
    await go(page, 'Connections')
    program.process.kill('SIGKILL')
    await program.ended
    await page.getByText('Farport does not answer').waitFor()
    await clean(page, 'lost')
  })

  it('one that is accepted once, in two windows, and what it is called here', async () => {
    const alice = await installed()
    const { page, program } = await shown(
      { name: 'office', preferences: { listen: { port: alice.port, addresses: ['127.0.0.1'] } } },
      {},
      alice.home
    )
    await escape(page)
    const [, link = ''] = await alice.home.farport('page').printed(/^page (\S+)$/m)
    const second = await browser.open(link, { expected: AWAY })
    second.setDefaultTimeout(10_000)
    const third = new InstanceHome()
    third.write({ name: 'lab-pi', ...noListener })
    const asks = third.farport('pair', `127.0.0.1:${alice.port}`)
    const [, digits = ''] = await asks.printed(/digits: (\d{3} \d{3})/)
    await second.getByRole('dialog', { name: 'lab-pi asks to pair' }).waitFor()
    await page.getByRole('dialog', { name: 'lab-pi asks to pair' }).waitFor()
    await button(page, 'Accept once').click()
    await page.getByText('You accepted; waiting for lab-pi').waitFor()
    // The other window has nothing left to say.
    await second.getByText('You accepted; waiting for lab-pi').waitFor()
    expect(await button(second, 'Accept').isDisabled()).toBe(true)
    await clean(second, 'pairing-accepted-elsewhere')
    asks.process.stdin?.write(`${digits}\n`)
    await page.getByRole('dialog', { name: 'Paired with lab-pi' }).waitFor()
    await button(page, 'Choose what it may use').click()
    const drawer = page.getByRole('complementary', { name: 'lab-pi' })
    await drawer.getByText('For this time').waitFor()
    await button(page, 'Rename …').click()
    await page.getByRole('textbox', { name: /lab-pi/ }).fill('פינה (2)')
    await clean(page, 'peer-rename')
    await page.keyboard.press('Enter')
    const renamed = page.getByRole('complementary', { name: 'פינה (2)' })
    await renamed.getByText('Calls itself').waitFor()
    await renamed.getByText('lab-pi').waitFor()
    await expect.poll(() => page.evaluate<string>('document.activeElement.innerText')).toBe('Rename …')
    await clean(page, 'peer-once')
    await button(page, 'Un-pair …').click()
    await page.getByRole('dialog', { name: 'Un-pair \u2068פינה (2)\u2069?' }).waitFor()
    await clean(page, 'unpair-rtl')
    await program.stop()
  })

  it('a browser that may not come in', async () => {
    const { program, page, port } = await shown({ ...noListener, name: 'office' })
    const stranger = await browser.open(`http://127.0.0.1:${port}/`, { expected: [/401|403/] })
    await stranger.getByRole('heading', { name: 'Sign in to this Farport' }).waitFor()
    await clean(stranger, 'sign-in')
    const [, link = ''] = /^page (\S+)$/m.exec(program.stdout) ?? []
    const late = await browser.open(link, { expected: [/401|403|410/] })
    await late.getByRole('heading', { name: 'This link is used up' }).waitFor()
    await clean(late, 'sign-in-used-up')
    await page.getByRole('heading', { name: 'This computer' }).waitFor()
  })

  it('many ports', async () => {
    const { page } = await shown({
      ...noListener,
      name: 'rack',
      shares: Array.from({ length: 24 }, (_, at) => ({
        id: `p${at}`,
        name: `console ${String(at + 1).padStart(2, '0')}`,
        enabled: at % 3 !== 0,
        port: { target: at % 2 ? 'sim:echo' : 'exec:cat' }
      }))
    })
    // And those of this computer, once they are found.
    await page.getByText(/^\d\d ports$/).waitFor()
    await clean(page, 'many')
    // Nothing moves for those who do not want it.
    const moves = `getComputedStyle(document.querySelector('[role=switch]')).transitionDuration`
    expect(await page.evaluate<string>(moves)).toBe('0s')
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await page.evaluate<string>(moves)).not.toBe('0s')
    await page.getByLabel('Group').selectOption('type')
    await clean(page, 'many-grouped')
    await page.getByLabel('Search ports').fill('zzz')
    await page.getByText('Nothing found').waitFor()
    await clean(page, 'many-none')
  })
})

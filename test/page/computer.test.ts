/** "This computer", its drawer and the terminal, by the real service in the real browser. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { Client, portOf, Program, temporaryFolder, TOP } from '../e2e/cli.ts'
import { type GivenSettings, InstanceHome } from '../e2e/instance.ts'
import { readableCopy } from '../e2e/readable-copy.ts'
import { Device } from '../peers/device.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks, PYTHON } from '../peers/need.ts'
import { problemsOfAccess } from './accessible.ts'
import { type PageOptions, screenshot, useBrowser } from './browser.ts'

const NOBODY = '65534'

/** A row of the list, by the name that stands in it. */
const rowOf = (page: Page, name: string) =>
  page
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: `Details of ${name}`, exact: true }) })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `More for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

describe.skipIf(lacks('chromium'))('this computer', () => {
  const browser = useBrowser()

  async function shown(settings: GivenSettings, options: PageOptions = {}) {
    const home = new InstanceHome()
    home.write({ name: 'workbench', ...settings })
    const program = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link, options)
    page.setDefaultTimeout(10_000)
    await page.getByRole('heading', { name: 'This computer' }).waitFor()
    return { home, program, page }
  }

  it('shares a device by its switch, shows what it says in a terminal, and sets its line', async () => {
    const { home, page } = await shown({
      shares: [
        { id: 'gps', name: 'gps', enabled: false, port: { target: 'sim:gps', settings: { baudRate: 4800 } } }
      ]
    })
    await rowOf(page, 'gps').getByText('Not shared').waitFor()
    await page.getByRole('switch', { name: 'Share gps' }).click()
    await rowOf(page, 'gps').getByText('Shared', { exact: true }).waitFor()
    expect(home.read().shares[0]?.enabled).toBe(true)

    await choose(page, 'gps', 'Terminal')
    await page.locator('.xterm-rows').getByText('$GPGGA').first().waitFor()
    await page.getByRole('button', { name: 'Line settings of gps: 4800 8N1' }).click()
    await page.getByLabel('Baud rate').fill('9600')
    await page.getByLabel('Data bits').selectOption('7')
    await page.getByLabel('Parity').selectOption('even')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('In force: 9600 7E1').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Line settings of gps: 9600 7E1' }).waitFor()
    await screenshot(page, 'terminal-garbage')
    await page.getByRole('button', { name: 'Back' }).click()
    // Its users have left: its own settings are back.
    await rowOf(page, 'gps').getByRole('button', { name: 'Line settings of gps: 4800 8N1' }).waitFor()
  })

  it.skipIf(lacks('socat'))(
    'sends what is typed with the line ending that was chosen, and heeds no wish of a device',
    async () => {
      const folder = temporaryFolder()
      const [near, far] = [join(folder, 'near'), join(folder, 'far')]
      const cable = new Program('socat', ['-d', '-d', `PTY,link=${near},rawer`, `PTY,link=${far},rawer`])
      await cable.printed(/starting data transfer/, 'stderr')
      const device = new Device(far)
      const { page } = await shown({ shares: [{ id: 'desk', name: 'desk', port: { target: near } }] })
      await choose(page, 'desk', 'Terminal')
      await page.getByRole('button', { name: /Line settings of desk/ }).waitFor()
      await page.getByLabel('Line ending').selectOption('crlf')
      await page.getByRole('textbox', { name: 'What desk says' }).focus()
      await page.keyboard.type('AT')
      await page.keyboard.press('Enter')
      await expect.poll(() => device.got.toString('latin1')).toBe('AT\r\n')
      // A title, a link and the clipboard are wishes of a device that nobody heeds.
      device.write(
        '\x1b]0;evil\x07\x1b]8;;https://example.com/\x07link\x1b]8;;\x07\x1b]52;c;ZXZpbA==\x07 ready\r\n'
      )
      await page.locator('.xterm-rows').getByText('link ready').waitFor()
      expect(await page.title()).toBe('This computer · Farport')
      expect(await problemsOfAccess(page)).toEqual([])
      await page.keyboard.press('Shift+Escape')
      await expect.poll(() => page.locator(':focus').innerText()).toBe('Back')
    }
  )

  it('keeps up with a device that never stops', async () => {
    const { page } = await shown({
      shares: [{ id: 'noise', name: 'noise', port: { target: 'sim:noise:max' } }]
    })
    await choose(page, 'noise', 'Terminal')
    await expect
      .poll(() =>
        page
          .locator('.xterm-rows')
          .innerText()
          .then((text) => text.trim().length)
      )
      .toBeGreaterThan(100)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Back' }).click()
    await rowOf(page, 'noise').getByText('Shared', { exact: true }).waitFor()
  })

  it('renames where the name stands, by menu or F2, and takes Esc for no', async () => {
    const { home, page } = await shown({ shares: [{ id: 'gps', name: 'gps', port: { target: 'sim:gps' } }] })
    await choose(page, 'gps', 'Rename')
    await page.getByLabel('New name of gps').fill('Ship’s GPS')
    await page.keyboard.press('Enter')
    const name = page.getByRole('button', { name: 'Details of Ship’s GPS' })
    await name.waitFor()
    expect(home.read().shares[0]?.name).toBe('Ship’s GPS')
    await name.focus()
    await page.keyboard.press('F2')
    await page.getByLabel('New name of Ship’s GPS').fill('other')
    await page.keyboard.press('Escape')
    await name.waitFor()
  })

  it.skipIf(lacks('pyserial'))('shows who uses it, and disconnects a pyserial client', async () => {
    const port = await freePort()
    const { page } = await shown({
      shares: [
        { id: 'gps', name: 'gps', port: { target: 'sim:gps' }, listen: [`rfc2217://127.0.0.1:${port}`] }
      ]
    })
    const script = `import serial, sys\nport = serial.serial_for_url('rfc2217://127.0.0.1:${port}', baudrate=4800)\nprint('open', flush=True)\nport.timeout = None\nport.read(1 << 20)\nprint('closed', flush=True)`
    const client = new Program(PYTHON, ['-c', script])
    await client.printed(/open/)
    await rowOf(page, 'gps').getByText('In use by 127.0.0.1').waitFor()
    await choose(page, 'gps', 'Who is using it')
    const drawer = page.getByRole('complementary', { name: 'gps' })
    await drawer.getByText('Has control').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, 'computer-drawer')
    await drawer.getByRole('button', { name: /^Disconnect/ }).click()
    await drawer.getByText('Nobody at the moment.').waitFor()
    await drawer
      .getByText(/client 1 left/)
      .first()
      .waitFor()
    await client.ended
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
  })

  it.skipIf(lacks('socat'))('tells of a device that is unplugged, and of its return', async () => {
    const folder = temporaryFolder()
    const near = join(folder, 'near')
    const plug = async (): Promise<Program> => {
      const cable = new Program('socat', [
        '-d',
        '-d',
        `PTY,link=${near},rawer`,
        `PTY,link=${folder}/far,rawer`
      ])
      await cable.printed(/starting data transfer/, 'stderr')
      return cable
    }
    const cable = await plug()
    const { home, page } = await shown({
      shares: [{ id: 'desk', name: 'desk', port: { target: near }, listen: ['raw://127.0.0.1:0'] }]
    })
    const [, url = ''] = await home.farport('list').ended.then(({ stdout }) => /(raw:\S+)/.exec(stdout) ?? [])
    new Client(portOf(url))
    await rowOf(page, 'desk').getByText('In use by 127.0.0.1').waitFor()
    await cable.stop('SIGKILL')
    await rowOf(page, 'desk').getByText('Device unplugged, waiting').waitFor()
    await screenshot(page, 'computer-unplugged')
    await plug()
    await rowOf(page, 'desk').getByText('In use by 127.0.0.1').waitFor()
  })

  it.skipIf(lacks('socat'))('says who else has a port open', async () => {
    const folder = temporaryFolder()
    const near = join(folder, 'near')
    const cable = new Program('socat', ['-d', '-d', `PTY,link=${near},rawer`, `PTY,link=${folder}/far,rawer`])
    await cable.printed(/starting data transfer/, 'stderr')
    const other = new InstanceHome()
    other.write({
      shares: [
        { id: 'x', name: 'x', port: { target: near }, listen: ['raw://127.0.0.1:0'], openAtStart: true }
      ]
    })
    const holder = await other.serve()
    await holder.printed(/port open/, 'stderr')
    const { page } = await shown({
      shares: [{ id: 'desk', name: 'desk', port: { target: near }, openAtStart: true }]
    })
    await rowOf(page, 'desk').getByText('Open in another program').waitFor()
    await rowOf(page, 'desk')
      .getByText(`process ${holder.process.pid ?? 0}`)
      .waitFor()
    await screenshot(page, 'computer-busy')
    await holder.stop()
    await rowOf(page, 'desk').getByText('Shared', { exact: true }).waitFor()
  })

  it.skipIf(lacks.linux('pseudo-terminals') || lacks.root('to become another user'))(
    'shows the command for a port that may not be opened (needs root, to become another user)',
    async () => {
      const { folder, farport } = readableCopy()
      cpSync(join(TOP, 'dist/ui'), join(folder, 'dist/ui'), { recursive: true })
      const path = join(folder, 'closed')
      execFileSync('mknod', [path, 'c', '4', '64'])
      chmodSync(path, 0o600)
      const home = new InstanceHome({ LD_PRELOAD: '' })
      home.write({
        name: 'workbench',
        shares: [{ id: 'desk', name: 'desk', port: { target: path }, openAtStart: true }]
      })
      execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, home.folder])
      const program = new Program(
        'setpriv',
        [
          '--reuid',
          NOBODY,
          '--regid',
          NOBODY,
          '--clear-groups',
          process.execPath,
          farport,
          'serve',
          '--http',
          '127.0.0.1:0'
        ],
        { env: home.env }
      )
      const [, link = ''] = await program.printed(/^page (\S+)$/m)
      const page = await browser.open(link)
      const row = rowOf(page, 'desk')
      await row.getByText('No permission').waitFor()
      await row.getByRole('button', { name: 'Show how' }).click()
      await row.getByText(/^sudo /).waitFor()
      await screenshot(page, 'computer-permission')
    }
  )

  it.each(['light', 'dark'] as const)('is clean for those who see it otherwise, in %s', async (scheme) => {
    const { page } = await shown(
      {
        shares: [
          {
            id: 'gps',
            name: 'gps',
            port: { target: 'sim:gps' },
            listen: [{ url: 'raw://127.0.0.1:0', allow: ['loopback'] }]
          },
          {
            id: 'lost',
            name: 'Label printer',
            port: { target: '/dev/serial/by-id/usb-FTDI_FT232R-if00-port0' }
          },
          { id: 'off', name: 'Workbench', enabled: false, port: { target: 'sim:echo' } }
        ]
      },
      { scheme }
    )
    await rowOf(page, 'Label printer').getByText('Device unplugged, waiting').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await screenshot(page, `computer-${scheme}`)
    await page.getByRole('button', { name: 'Details of gps' }).click()
    await page.getByRole('complementary', { name: 'gps' }).getByText('Not encrypted').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await choose(page, 'gps', 'Copy address for')
    await page.getByRole('combobox', { name: 'Program' }).selectOption('qemu')
    await page.getByText('-serial tcp:127.0.0.1').waitFor()
    expect(await problemsOfAccess(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('complementary', { name: 'gps' }).waitFor()
    await page.setViewportSize({ width: 720, height: 640 })
    await screenshot(page, `computer-narrow-${scheme}`)
  })

  it('adds a simulated device where there is nothing, listens to it before it is shared, and pauses all sharing', async () => {
    const { home, page } = await shown({})
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Add a simulated device' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('my gps')
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
    await rowOf(page, 'my gps').getByText('Not shared').waitFor()
    await choose(page, 'my gps', 'Terminal')
    await page.locator('.xterm-rows').getByText(/\w/).first().waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('switch', { name: 'Share my gps' }).click()
    await rowOf(page, 'my gps').getByText('Shared', { exact: true }).waitFor()
    await choose(page, 'all ports', 'Pause all sharing')
    await rowOf(page, 'my gps').getByText('Not shared').waitFor()
    expect(home.read().shares[0]?.enabled).toBe(false)
    await page.getByRole('button', { name: 'Share again' }).click()
    await rowOf(page, 'my gps').getByText('Shared', { exact: true }).waitFor()
  })
})

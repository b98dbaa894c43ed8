import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { dial } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { RpcClient } from '../../src-main/rpc/client.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { useElectron, type Electron, type ElectronApp } from '../electron-double/electron-app.ts'
import { eventually } from '../eventually.ts'
import { screenshot } from '../page/browser.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks } from '../peers/need.ts'
import { atTestEnd } from './at-test-end.ts'
import {
  answer,
  AppHome,
  chooseInTray,
  isShown,
  question,
  shownInFolders,
  trayOf,
  windowOf
} from './app-home.ts'
import {
  boardShare,
  boardStory,
  capturesOf,
  developer,
  PLC,
  plcStory,
  type Story
} from '../page/monitor-stories.ts'
import { makeShimmedPair } from '../shim/shim.ts'
import { Client, portOf } from './cli.ts'
import { InstanceHome } from './instance.ts'

const SHARE = { id: 'gps', name: 'gps', port: { target: 'sim:gps' }, listen: ['raw://127.0.0.1:0'] }

describe.skipIf(lacks('chromium') && process.env.ELECTRON_BIN === undefined)('the desktop app', () => {
  const launcher = useElectron()

  function newHome({ tray = true } = {}): AppHome {
    const home = new AppHome(launcher, tray)
    home.write({ name: 'workbench', shares: [SHARE] })
    return home
  }

  /** A client of the share, as another program is. */
  async function client(home: AppHome): Promise<Client> {
    const list = await home.farport('list', '--json').ended
    const url = /raw:\/\/127\.0\.0\.1:\d+/.exec(list.stdout)?.[0] ?? ''
    const program = new Client(portOf(url))
    await eventually(() => expect(program.got.length).toBeGreaterThan(0))
    return program
  }

  it('shows the page, with the state of its own Farport, in a window without any right', async () => {
    const app = await newHome().launch()
    const page = await windowOf(app)
    await page.getByText('gps').first().waitFor()
    await screenshot(page, 'app-window')
    expect(
      await page.evaluate(() => Object.keys((globalThis as unknown as { farport: object }).farport))
    ).toEqual(['open', 'showCapture'])
    const without = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer'].map((name) => typeof (globalThis as never)[name])
    )
    expect(without).toEqual(['undefined', 'undefined', 'undefined', 'undefined'])
    // Another document, another port: the one before is gone.
    await page.reload()
    await page.getByText('gps').first().waitFor()
  })

  it('goes nowhere else, whatever gets into its page', async () => {
    const app = await newHome().launch()
    await windowOf(app)
    const prevented = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      const prevented: string[] = []
      for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])
        contents?.emit(name, { preventDefault: () => prevented.push(name) }, 'https://example.org/')
      return prevented
    }, undefined)
    expect(prevented).toEqual([
      'will-navigate',
      'will-frame-navigate',
      'will-redirect',
      'will-attach-webview'
    ])
  })

  it('opens no window, also not for a page of its own', async () => {
    const app = await newHome().launch()
    const page = await windowOf(app)
    const opened = await page.evaluate(() =>
      [
        ...['THIRD-PARTY-NOTICES.txt', '/', 'https://example.org/', 'file:///etc/passwd', 'about:blank'],
        ...['#computer/gps/monitor', '#monitor/settings/gps', '/?x#monitor/computer/gps']
      ].filter((url) => (globalThis as unknown as { open: (url: string) => unknown }).open(url) !== null)
    )
    expect(opened).toEqual([])
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length, undefined)).toBe(1)
  })

  it('has a monitor in a window of its own, which shows nothing else and goes with the app', async () => {
    const home = newHome()
    const app = await home.launch()
    const page = await windowOf(app)
    await client(home)
    await chooseInTray(app, 'Monitor', 'gps')
    await page.getByRole('region', { name: 'Monitor of gps' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#computer/gps/monitor')

    const opened = app.nextWindow()
    await page.getByRole('link', { name: 'Open in a window of its own' }).click()
    const own = await opened
    await own.getByRole('region', { name: 'Monitor of gps' }).waitFor()
    await own.getByText(/^In use by /).waitFor()
    expect(await own.getByRole('navigation').count()).toBe(0)
    await screenshot(own, 'app-monitor-window')
    const windows = (): Promise<number> =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length, undefined)
    expect(await windows()).toBe(2)
    // The same monitor again is the same window.
    await page.getByRole('link', { name: 'Open in a window of its own' }).click()
    expect(await windows()).toBe(2)

    // It stays where it is, whatever gets into its page.
    await own.evaluate(`location.hash = 'settings'`)
    await eventually(() => expect(new URL(own.url()).hash).toBe('#monitor/computer/gps'))

    // The main window goes to the tray without it, and comes back.
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined)
    expect(await windows()).toBe(2)
    await own.getByRole('region', { name: 'Monitor of gps' }).waitFor()
    await app.evaluate(({ app: electron }) => electron.quit(), undefined)
    expect(await question(app)).toMatchObject({ message: 'gps is in use.' })
    await answer(app, 'Quit')
    expect(await app.ended).toBe(0)
    expect(JSON.parse(readFileSync(join(home.config, 'farport/window.json'), 'utf8'))).toMatchObject({
      monitorPlace: { width: 960, height: 640, isMaximized: false }
    })
  })

  /** A monitor in a window of its own. */
  async function monitorWindow(
    home: AppHome,
    name: string,
    picture: string
  ): Promise<Story & { app: ElectronApp }> {
    const app = await home.launch()
    const main = await windowOf(app)
    await eventually(() => chooseInTray(app, 'Monitor', name))
    await main.getByRole('region', { name: `Monitor of ${name}` }).waitFor()
    const opened = app.nextWindow()
    await main.getByRole('link', { name: 'Open in a window of its own' }).click()
    const page = await opened
    page.setDefaultTimeout(20_000)
    await page.getByRole('region', { name: `Monitor of ${name}` }).waitFor()
    // It has a window of its own, and this one is for other things.
    await main.getByRole('button', { name: 'Back' }).click()
    const take: Story['take'] = async (card, file) => {
      const path = join(capturesOf(home), file)
      await card.getByRole('button', { name: 'Show in folder' }).click()
      await eventually(async () => expect(await shownInFolders(app)).toEqual([path]))
      return path
    }
    return { page, home, picture, take, app }
  }

  it.skipIf(lacks('tshark'))(
    'finds out how a PLC speaks, in a window of its own',
    { timeout: 180_000 },
    async () => {
      const home = new AppHome(launcher)
      home.write({ name: 'workbench', shares: [PLC] })
      await plcStory(await monitorWindow(home, 'PLC', 'app-plc'))
    }
  )

  it.skipIf(lacks('pyserial', 'cc', 'socat', 'setpriv'))(
    'debugs a board in a window of its own, and what was saved in another',
    { timeout: 180_000 },
    async () => {
      const cable = await makeShimmedPair()
      atTestEnd(() => cable.dispose())
      const home = new AppHome(launcher)
      Object.assign(home.env, { SERIAL_SHIM: cable.env.SERIAL_SHIM, LD_PRELOAD: cable.env.LD_PRELOAD })
      const url = `rfc2217://127.0.0.1:${await freePort()}`
      home.write({ name: 'workbench', shares: [boardShare(cable.a.path, url)] })
      const story = await monitorWindow(home, 'Board', 'app-board')
      const openFile = async (card: Locator): Promise<Page> => {
        const opened = story.app.nextWindow()
        await card.getByRole('link', { name: 'Open' }).click()
        return opened
      }
      await boardStory(story, cable, developer(url), openFile)
    }
  )

  it('shows the licences of what is used in its page', async () => {
    const app = await newHome().launch()
    const page = await windowOf(app)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Licences of what is used' }).click()
    await page.getByRole('dialog').getByText('Permission is hereby granted').waitFor()
    await screenshot(page, 'app-licences')
  })

  it('has the whole state in the tray, and switches a share there', async () => {
    const home = newHome()
    const app = await home.launch('--hidden')
    await eventually(async () => {
      expect(await trayOf(app)).toEqual([
        '1 port shared',
        '-',
        '[x] gps',
        '-',
        ['Monitor', 'gps'],
        'Pause all sharing',
        '-',
        'Open Farport',
        'Settings',
        'Quit Farport'
      ])
    })
    expect(await isShown(app)).toBe(false)
    await client(home)
    await eventually(async () => expect((await trayOf(app))[2]).toMatch(/^\[x\] gps – in use by /))
    await chooseInTray(app, 'Pause all sharing')
    await eventually(async () => expect(await trayOf(app)).toContain('[ ] gps'))
    expect(home.read().shares[0]?.enabled).toBe(false)
    await chooseInTray(app, 'Resume sharing')
    await eventually(async () => expect(await trayOf(app)).toContain('[x] gps'))
    await chooseInTray(app, 'gps')
    await eventually(async () => expect(await trayOf(app)).toContain('[ ] gps'))
    await chooseInTray(app, 'Settings')
    const page = await windowOf(app)
    expect(new URL(page.url()).hash).toBe('#settings')
  })

  it('goes to the tray when its window is closed, and comes back', async () => {
    const app = await newHome().launch()
    await windowOf(app)
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined)
    expect(await isShown(app)).toBe(false)
    await chooseInTray(app, 'Open Farport')
    await eventually(async () => expect(await isShown(app)).toBe(true))
  })

  it.skipIf(lacks.linux('a desktop without a tray, and the autostart file'))(
    'asks where there is no tray, and stays or ends as told',
    async () => {
      const app = await newHome({ tray: false }).launch()
      await windowOf(app)
      expect(await trayOf(app)).toEqual([])
      const close = (): Promise<void> =>
        app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined)
      await close()
      expect(await question(app)).toMatchObject({
        message: expect.stringContaining('without its window') as string
      })
      await answer(app, 'Cancel')
      expect(await isShown(app)).toBe(true)
      await close()
      await question(app)
      await answer(app, 'Keep running')
      await eventually(async () => expect(await isShown(app)).toBe(false))
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined)
      await question(app)
      await answer(app, 'Quit')
      expect(await app.ended).toBe(0)
    }
  )

  it('warns of a quit while a port is in use, and of none otherwise', async () => {
    const home = newHome()
    const app = await home.launch()
    await windowOf(app)
    const program = await client(home)
    await chooseInTray(app, 'Quit Farport')
    expect(await question(app)).toMatchObject({ message: 'gps is in use.', buttons: ['Quit', 'Cancel'] })
    await answer(app, 'Cancel')
    // Nothing was stopped by asking.
    const before = program.got.length
    await eventually(() => expect(program.got.length).toBeGreaterThan(before))
    program.socket.destroy()
    await eventually(async () => expect(await trayOf(app)).toContain('[x] gps'))
    await chooseInTray(app, 'Quit Farport')
    expect(await app.ended).toBe(0)
  })

  it('is one: a second start shows the window of the first, and ends', async () => {
    const home = newHome()
    const first = await home.launch('--hidden')
    await eventually(async () => expect(await trayOf(first)).toContain('[x] gps'))
    const second = home.run()
    expect(await second.ended).toBe(0)
    await eventually(async () => expect(await isShown(first)).toBe(true))
  })

  it('asks about a link of another program, and does nothing by itself', async () => {
    const home = newHome()
    const first = await home.launch()
    const page = await windowOf(first)
    const second = home.run('farport://workshop/gps?take-over')
    expect(await second.ended).toBe(0)
    await page.getByRole('dialog', { name: 'Connect to gps of workshop?' }).waitFor()
    await screenshot(page, 'app-link')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(JSON.stringify(home.read())).not.toContain('workshop')
  })

  it('tells of a computer that asks to pair, and leads there', async () => {
    const [home, alice] = [newHome(), new InstanceHome()]
    const port = await freePort()
    home.write({ name: 'workbench', preferences: { listen: { port, addresses: ['127.0.0.1'] } } })
    alice.write({ name: 'alice' })
    const app = await home.launch('--hidden')
    await eventually(async () => expect(await trayOf(app)).toContain('Nothing is shared'))
    const asks = alice.farport('pair', `127.0.0.1:${port}`)
    const notice = await eventually(() =>
      app.evaluate(() => {
        const [first] = globalThis.farportSeen.notifications
        if (!first) throw new Error('nothing was told')
        return { title: first.title, body: first.body }
      }, undefined)
    )
    expect(notice).toEqual({
      title: 'A computer wants to pair',
      body: 'alice asks to use ports of this computer. Compare the six digits.'
    })
    await app.evaluate(() => globalThis.farportSeen.notifications[0]?.emit('click'), undefined)
    const page = await windowOf(app)
    expect(new URL(page.url()).hash).toBe('#network')
    await asks.stop()
  })

  it.skipIf(lacks.linux('a desktop without a tray, and the autostart file'))(
    'remembers start at login and staying awake, and where its window was',
    async () => {
      const home = newHome()
      const app = await home.launch()
      await windowOf(app)
      expect(existsSync(join(home.config, 'autostart/farport.desktop'))).toBe(false)
      const client = new RpcClient(
        streamChannel(await dial(parseEndpoint(`raw+unix://${home.socket}`)), 'client')
      )
      const changed = await client.call('host.change', { startAtLogin: true, keepAwake: false })
      client.dispose()
      expect(changed).toMatchObject({ kind: 'app', startAtLogin: true, keepAwake: false })
      await eventually(() =>
        expect(readFileSync(join(home.config, 'autostart/farport.desktop'), 'utf8')).toContain('--hidden')
      )
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined)
      await eventually(() => {
        expect(JSON.parse(readFileSync(join(home.config, 'farport/window.json'), 'utf8'))).toMatchObject({
          place: { width: 960, height: 640, isMaximized: false },
          keepAwake: false
        })
      })
    }
  )

  it('remembers its window also where it is quit, and quit again while it ends', async () => {
    const home = newHome()
    const app = await home.launch()
    await windowOf(app)
    await app.evaluate(({ app: electron, BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.maximize()
      electron.quit()
      electron.quit()
    }, undefined)
    expect(await app.ended).toBe(0)
    expect(JSON.parse(readFileSync(join(home.config, 'farport/window.json'), 'utf8'))).toMatchObject({
      place: { isMaximized: true }
    })
  })

  it('has the computer wait with switching off until it has ended', async () => {
    const app = await newHome().launch('--hidden')
    await eventually(async () => expect(await trayOf(app)).toContain('[x] gps'))
    const waits = await app.evaluate(({ powerMonitor }) => {
      let isPrevented = false
      const emit = powerMonitor.emit.bind(powerMonitor) as (name: string, event: object) => void
      emit('shutdown', { preventDefault: () => (isPrevented = true) })
      return isPrevented
    }, undefined)
    expect(waits).toBe(true)
    expect(await app.ended).toBe(0)
  })

  it('stays hidden where the system starts it a second time', async () => {
    const home = newHome()
    const first = await home.launch('--hidden')
    await eventually(async () => expect(await trayOf(first)).toContain('[x] gps'))
    const told = first.evaluate(
      ({ app }) => new Promise((resolve) => app.once('second-instance', () => resolve(true))),
      undefined
    )
    const second = home.run('--hidden')
    expect(await second.ended).toBe(0)
    expect(await told).toBe(true)
    const windows = ({ BrowserWindow }: Electron): number => BrowserWindow.getAllWindows().length
    expect(await first.evaluate(windows, undefined)).toBe(0)
  })

  it('is the farport command too, for its launcher in a package', async () => {
    const home = newHome()
    await home.serve()
    const list = home.run('--cli', '--', 'list', '--json')
    expect(await list.ended).toBe(0)
    expect(JSON.parse(list.stdout)).toMatchObject({ bridges: [{ name: 'gps' }] })
    const wrong = home.run('--cli', '--', 'nonsense')
    expect(await wrong.ended).toBe(2)
    expect(wrong.stderr).toContain('There is no command "nonsense"')
  })

  it('shows the service that runs, and leaves it running', async () => {
    const home = newHome()
    const service = await home.serve()
    const app = await home.launch()
    await windowOf(app)
    await eventually(async () => expect((await trayOf(app))[0]).toBe('1 port shared (by the service)'))
    await chooseInTray(app, 'Quit Farport')
    expect(await app.ended).toBe(0)
    expect(service.process.exitCode).toBe(null)
  })

  it('keeps the computer awake while a port is in use', async () => {
    const home = newHome()
    const app = await home.launch('--hidden')
    const isAwake = (): Promise<boolean> =>
      app.evaluate(({ powerSaveBlocker }) => powerSaveBlocker.isStarted(1), undefined)
    await eventually(async () => expect(await trayOf(app)).toContain('[x] gps'))
    expect(await isAwake()).toBe(false)
    const program = await client(home)
    await eventually(async () => expect(await isAwake()).toBe(true))
    program.socket.destroy()
    await eventually(async () => expect(await isAwake()).toBe(false))
  })
})

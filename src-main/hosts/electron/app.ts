/**
 * The desktop app: joins the core (its own, or that of a service) with window, tray, notifications and what the system tells. Called by
 * main.ts once; decides nothing about ports.
 */
import { app, Menu, Notification, type WebContents } from 'electron'
import { systemClock } from '../../base/clock.ts'
import { Lifetime } from '../../base/lifetime.ts'
import { toFault } from '../../contract/faults.ts'
import { Log } from '../cli/log.ts'
import { AppHost } from './app-host.ts'
import type { AppNotice } from './app-notices.ts'
import { DesktopFile } from './desktop-settings.ts'
import { icon } from './icons.ts'
import { usedPorts } from './in-use.ts'
import { questionPlace } from './links-opened.ts'
import { lockDown } from './lock-down.ts'
import { isStartedAtLogin } from './login-item.ts'
import { MainWindow } from './main-window.ts'
import { MonitorWindows } from './monitor-windows.ts'
import { Notifier } from './notifier.ts'
import { servePorts } from './page-ports.ts'
import { servePage } from './page-protocol.ts'
import { watchPower } from './power.ts'
import { askToKeep, askToQuit, tellFault } from './questions.ts'
import { takeSeat, type Seat } from './seat.ts'
import { serveShowCapture } from './show-capture.ts'
import { HIDDEN, linkIn } from './start-arguments.ts'
import { TrayIcon } from './tray.ts'
import { trayMenu, trayTip, type TrayAction } from './tray-menu.ts'
import { isTrayThere, waitForTray } from './tray-there.ts'
import { WatchedCore } from './watched-core.ts'
import { WORDS } from './words.ts'

/** Of some systems nobody hears that a notification is gone: older ones are let go, and a click on them does nothing. */
const MAX_SHOWN = 20

export class DesktopApp {
  readonly #log: Log
  readonly #file: DesktopFile
  readonly #seat: Seat
  readonly #core: WatchedCore
  readonly #main: MainWindow
  readonly #monitors: MonitorWindows
  readonly #life = new Lifetime()
  /** The system forgets what it shows when nobody holds it here. */
  readonly #shown = new Set<Notification>()
  #tray: TrayIcon | undefined
  #leaving: Promise<void> | undefined
  #hasLeft = false
  #isAsking = false

  private constructor(file: DesktopFile, seat: Seat, log: Log) {
    this.#file = file
    this.#seat = seat
    this.#log = log
    this.#core = this.#life.add(new WatchedCore(seat))
    const windows = {
      file,
      onSessionEnd: () => void this.leave(),
      report: (text: string) => log.say('warning', '', text)
    }
    this.#main = new MainWindow({ ...windows, mayClose: () => this.#mayClose() })
    this.#monitors = new MonitorWindows(windows)
    lockDown((place) => this.#monitors.show(place))
  }

  /** When Electron is ready; `directory`: the installation's, prepared. Rejects with the Fault why there is no core. */
  static async open(directory: string, args: readonly string[]): Promise<DesktopApp> {
    const log = new Log({ write: (line) => void process.stderr.write(`${line}\n`) })
    const file = await DesktopFile.open(directory, (text) => log.say('warning', '', text))
    const [seat] = await Promise.all([
      takeSeat({
        host: new AppHost(file),
        version: __FARPORT_VERSION__,
        report: ({ level, subject, text }) => log.say(level, subject, text)
      }),
      servePage()
    ])
    const desktop = new DesktopApp(file, seat, log)
    await desktop.#begin(args)
    return desktop
  }

  /** Another start of the app, with these arguments, or a click on its icon: that is what this one is for. */
  again(args: readonly string[]): void {
    const link = linkIn(args)
    if (link !== undefined) this.openLink(link)
    else if (!args.includes(HIDDEN)) this.#main.show()
  }

  /** A `farport://` link: a question in the page. */
  openLink(link: string): void {
    this.#main.show(questionPlace(link))
  }

  /** Whether it may end now; where not it asks or still delivers, and ends by itself. */
  mayQuit(): boolean {
    if (!this.#hasLeft && !this.#leaving) void this.#quit()
    return this.#hasLeft
  }

  /** Nobody is asked: a signal, or the computer is switched off. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    this.#life.dispose()
    this.#main.remember()
    this.#monitors.remember()
    const lost = await this.#seat.close()
    if (lost > 0) this.#log.say('warning', '', `${lost} bytes could not be delivered before the end.`)
    await this.#file.saved
    this.#log.dispose()
    this.#hasLeft = true
    app.quit()
  }

  async #begin(args: readonly string[]): Promise<void> {
    setMenu()
    const owns = (contents: WebContents): boolean =>
      this.#main.owns(contents) || this.#monitors.owns(contents)
    servePorts(owns, (channel) => this.#seat.connect(channel))
    serveShowCapture(owns, () => this.#core.tree?.captures?.folder)
    if (await isTrayThere()) this.#addTray()
    else void this.#addLateTray()
    this.#life.add(
      new Notifier({
        core: this.#core,
        clock: systemClock,
        isWatched: () => this.#main.isWatched,
        show: (notice) => this.#notify(notice)
      })
    )
    this.#life.add(
      watchPower({
        core: this.#core,
        keepsAwake: () => this.#file.settings.keepAwake,
        shutdown: () => void this.leave(),
        report: (text) => this.#log.say('warning', '', text)
      })
    )
    this.again(isStartedAtLogin(args) ? [...args, HIDDEN] : args)
  }

  async #addLateTray(): Promise<void> {
    const end = new AbortController()
    this.#life.defer(() => end.abort())
    if (await waitForTray(systemClock, end.signal)) this.#addTray()
  }

  #addTray(): void {
    if (this.#tray) return
    const tray = new TrayIcon((action) => this.#act(action))
    this.#tray = this.#life.add(tray)
    const show = (): void => {
      const facts = { isAttached: this.#seat.kind === 'attached' }
      tray.show(trayMenu(this.#core.tree, facts), trayTip(this.#core.tree, facts))
    }
    this.#life.add(this.#core.onChange(show))
    show()
  }

  #act(action: TrayAction): void {
    this.#do(action).catch((error: unknown) =>
      tellFault(this.#main.window, WORDS.sorry, toFault(error).message)
    )
  }

  async #do(action: TrayAction): Promise<void> {
    switch (action.type) {
      case 'enable':
        await this.#core.call('entry.enable', { id: action.id, enabled: action.enabled })
        return
      case 'connect':
        await this.#core.call('link.add', { port: { target: action.target }, to: 'auto:', wait: true })
        this.#main.show('connections')
        return
      case 'show':
        this.#main.show(action.place)
        return
      case 'pause':
        await this.#core.call('sharing.pause', {})
        return
      case 'resume':
        await this.#core.call('sharing.resume', {})
        return
      case 'quit':
        app.quit()
    }
  }

  #notify({ title, body, place }: AppNotice): void {
    if (!Notification.isSupported()) return
    const notification = new Notification({ title, body, icon: icon('256.png') })
    const over = (): void => void this.#shown.delete(notification)
    this.#shown.add(notification)
    for (const oldest of this.#shown) if (this.#shown.size > MAX_SHOWN) this.#shown.delete(oldest)
    notification.on('click', () => {
      over()
      this.#main.show(place)
    })
    notification.on('close', over)
    notification.on('failed', over)
    notification.show()
  }

  /** The window's own question; a service goes on without it. */
  #mayClose(): boolean {
    if (this.#leaving) return true
    if (this.#tray) this.#main.hide()
    else if (this.#seat.kind === 'attached') void this.leave()
    else void this.#askToKeep()
    return false
  }

  async #askToKeep(): Promise<void> {
    // A panel may have begun since.
    const isThere = await isTrayThere()
    if (this.#leaving) return
    if (isThere) {
      this.#addTray()
      this.#main.hide()
      return
    }
    const answer = await this.#once(() => askToKeep(this.#main.window))
    if (answer === 'keep') this.#main.hide()
    else if (answer === 'quit') await this.leave()
  }

  async #quit(): Promise<void> {
    const used = this.#seat.kind === 'own' ? usedPorts(this.#core.tree) : []
    if (used.length === 0 || (await this.#once(() => askToQuit(this.#main.window, used)))) await this.leave()
  }

  /** One question at a time; undefined: another one stands there. */
  async #once<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (this.#isAsking) return undefined
    this.#isAsking = true
    try {
      return await ask()
    } finally {
      this.#isAsking = false
    }
  }
}

/** macOS has copy and paste in its menu alone; elsewhere the page is all there is. */
function setMenu(): void {
  Menu.setApplicationMenu(
    process.platform === 'darwin'
      ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
      : null
  )
}

/**
 * A stand-in for the module `electron`, for main processes that run in plain Node: what Farport uses of it and nothing else. Bundled to one
 * CommonJS file, which launch.mjs puts in the place of the real one. What a spec looks at is recorded by seen.cjs, the same with both.
 */
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { chromium, type BrowserContext } from 'playwright-core'
import { DoubleApp } from './app.ts'
import { DoubleWindow } from './browser-window.ts'
import { cloned, strict } from './strict.ts'
import type { Handler } from './web-page.ts'

const handlers = new Map<string, Handler>()
const privileged = new Set<string>()

let opened: Promise<BrowserContext> | undefined

function context(): Promise<BrowserContext> {
  opened ??= open()
  return opened
}

async function open(): Promise<BrowserContext> {
  const { FARPORT_DOUBLE_CHROMIUM: address = '' } = process.env
  const browser = await chromium.connectOverCDP(address)
  const [first] = browser.contexts()
  if (!first) throw new Error('Chromium has no context')
  return first
}

const theApp = new DoubleApp()
export const app = strict('app', theApp)

export const ipcMain = strict('ipcMain', new EventEmitter())

DoubleWindow.in({
  app: theApp,
  context,
  handlers,
  posted: (channel, event, message) => {
    if (ipcMain.listenerCount(channel) === 0) throw new Error(`nobody listens on ${channel}`)
    ipcMain.emit(channel, event, cloned(message))
  }
})

/** Instances throw for what they lack. */
function strictClass<T extends new (...args: never[]) => object>(name: string, type: T): T {
  return new Proxy(type, {
    construct: (target, args: never[]) => strict(name, new target(...args))
  })
}

export const BrowserWindow = strictClass('BrowserWindow', DoubleWindow)

interface MenuTemplate {
  readonly role?: string
  readonly type?: string
  readonly label?: string
  readonly enabled?: boolean
  readonly checked?: boolean
  readonly submenu?: readonly MenuTemplate[]
  readonly click?: () => void
}

export class Menu {
  readonly items: readonly object[]

  private constructor(template: readonly MenuTemplate[]) {
    this.items = template.map(({ submenu, type, label, role, enabled = true, checked = false, click }) => ({
      label: label ?? '',
      type: submenu ? 'submenu' : (type ?? 'normal'),
      ...{ role, enabled, checked, click: () => click?.() },
      ...(submenu && { submenu: new Menu(submenu) })
    }))
  }

  static buildFromTemplate(template: readonly MenuTemplate[]): Menu {
    return strict('Menu', new Menu(template))
  }

  static setApplicationMenu(): void {
    needReady('Menu.setApplicationMenu')
  }
}

interface Image {
  readonly path: string
}

export const nativeImage = strict('nativeImage', {
  createFromPath(path: string): Image {
    if (!existsSync(path)) throw new Error(`there is no picture at ${path}`)
    return { path }
  }
})

class DoubleTray extends EventEmitter {
  constructor(image: Image) {
    super()
    needReady('Tray')
    if (!image.path) throw new Error('a tray has an image')
  }

  setToolTip(text: string): void {
    cloned(text)
  }

  setContextMenu(menu: unknown): void {
    if (!(menu instanceof Menu)) throw new Error('a tray has a Menu')
  }

  destroy(): void {
    this.removeAllListeners()
  }
}
export const Tray = strictClass('Tray', DoubleTray)

class DoubleNotification extends EventEmitter {
  readonly title: string
  readonly body: string

  constructor({ title = '', body = '' }: { title?: string; body?: string }) {
    super()
    this.title = title
    this.body = body
  }

  static isSupported(): boolean {
    return true
  }

  show(): void {
    needReady('Notification')
  }

  close(): void {
    this.emit('close')
  }
}
export const Notification = strictClass('Notification', DoubleNotification)

/** Questions are answered by a spec, in seen.cjs: here there is nobody. */
export const dialog = strict('dialog', {
  showMessageBox(): Promise<{ response: number }> {
    return Promise.reject(new Error('nobody is there to answer'))
  }
})

export const nativeTheme = strict('nativeTheme', { shouldUseDarkColors: false })

export const powerMonitor = strict('powerMonitor', new EventEmitter())

const blockers = new Set<number>()
let lastBlocker = 0
export const powerSaveBlocker = strict('powerSaveBlocker', {
  start(type: string): number {
    if (type !== 'prevent-app-suspension') throw new Error(`the double has no ${type}`)
    blockers.add(++lastBlocker)
    return lastBlocker
  },
  stop(id: number): void {
    blockers.delete(id)
  },
  isStarted: (id: number): boolean => blockers.has(id)
})

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes: readonly { scheme: string }[]): void {
    if (app.isReady())
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme } of schemes) privileged.add(scheme)
  },
  handle(scheme: string, handler: Handler): void {
    needReady('protocol.handle')
    if (!privileged.has(scheme))
      throw new Error(`${scheme} is no privileged scheme: the page would have no origin`)
    handlers.set(scheme, handler)
  }
})

export const screen = strict('screen', {
  getAllDisplays(): object[] {
    needReady('screen')
    return [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }]
  }
})

class DoubleSession extends EventEmitter {
  readonly policies: Record<string, unknown> = {}

  setPermissionRequestHandler(handler: unknown): void {
    this.policies['permission-request'] = handler
  }

  setPermissionCheckHandler(handler: unknown): void {
    this.policies['permission-check'] = handler
  }

  setDevicePermissionHandler(handler: unknown): void {
    this.policies.device = handler
  }
}
const defaultSession = strict('session.defaultSession', new DoubleSession())
export const session = strict('session', {
  get defaultSession() {
    needReady('session.defaultSession')
    return defaultSession
  }
})

export const shell = strict('shell', {
  /** What a spec sees of it stands in seen.cjs. */
  showItemInFolder: (path: string): void => {
    if (!existsSync(path)) throw new Error(`there is no file ${path}`)
  },
  openExternal: (url: string): Promise<void> => Promise.reject(new Error(`the double opens no ${url}`))
})

function needReady(what: string): void {
  if (!app.isReady()) throw new Error(`${what} cannot be used before the app is ready`)
}

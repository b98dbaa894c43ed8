/**
 * The desktop app as a spec sees it, by an interface that Playwright's ElectronApplication has too: the double, or with
 * `ELECTRON_BIN=/path/to/electron` the real one. Both run the same built files.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import type { AppRun } from './app-run.ts'
import { buildDouble, launchDouble, runDouble, startChromium, type SharedChromium } from './double-app.ts'
import { realLauncher } from './real-electron.ts'

/** Absent: the double. */
const REAL = process.env.ELECTRON_BIN

/** What seen.cjs keeps. */
export interface SeenItem {
  readonly label: string
  readonly type: string
  readonly checked: boolean
  readonly enabled: boolean
  readonly submenu?: { readonly items: readonly SeenItem[] }
  readonly click: () => void
}

export interface Seen {
  readonly menu?: { readonly items: readonly SeenItem[] }
  readonly tip: string
  readonly notifications: readonly {
    readonly title: string
    readonly body: string
    emit(name: string): void
  }[]
  readonly questions: readonly {
    readonly message: string
    readonly detail: string
    readonly buttons: readonly string[]
    readonly answer: (button: number) => void
  }[]
  /** Paths that were shown in their folders. */
  readonly shown: readonly string[]
}

declare global {
  var farportSeen: Seen
}

export type Electron = typeof import('electron')

export interface ElectronApp extends AppRun {
  /** Runs in the main process; what it needs comes by `arg`. */
  evaluate<Result, Arg>(
    run: (electron: Electron, arg: Arg) => Result | Promise<Result>,
    arg: Arg
  ): Promise<Result>
  /** Its window's page, when there is one. */
  firstWindow(): Promise<Page>
  /** The page of the window that comes next. Ask before it is opened. */
  nextWindow(): Promise<Page>
}

export interface Launcher {
  /** One that stays: resolves when it has begun. */
  launch(env: NodeJS.ProcessEnv, ...args: string[]): Promise<ElectronApp>
  /** One that ends by itself: a second start, a command. */
  run(env: NodeJS.ProcessEnv, ...args: string[]): AppRun
}

/** For one file of specs: call it at its top, or in a `describe`. */
export function useElectron(): Launcher {
  if (REAL !== undefined) return realLauncher(REAL)
  const folder = mkdtempSync(join(tmpdir(), 'farport-double-'))
  let double = ''
  let browser = undefined as SharedChromium | undefined
  beforeAll(async () => {
    double = await buildDouble(folder)
    browser = await startChromium(join(folder, 'profile'))
  })
  afterAll(async () => {
    await browser?.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  })
  const address = (): string => {
    if (!browser) throw new Error('Chromium is started before the tests of a file, and not earlier')
    return browser.address
  }
  return {
    launch: (env, ...args) => launchDouble(double, address(), env, args),
    run: (env, ...args) => runDouble(double, address(), env, args)
  }
}

/**
 * The desktop app as a spec sees it, by an interface that Playwright's ElectronApplication has too: the double, or with
 * `ELECTRON_BIN=/path/to/electron` the real one. Both run the same built files.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { _electron, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect } from 'vitest'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { TOP } from '../e2e/cli.ts'
import { watchPage } from '../page/browser.ts'
import { programPath } from '../peers/need.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

export const MAIN = join(TOP, 'dist/electron/main.js')
const SEEN = join(import.meta.dirname, 'seen.cjs')

/** Absent: the double. */
export const REAL = process.env.ELECTRON_BIN

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
}

declare global {
  var farportSeen: Seen
}

type Electron = typeof import('electron')

export interface ElectronApp {
  /** Runs in the main process; what it needs comes by `arg`. */
  evaluate<Result, Arg>(
    run: (electron: Electron, arg: Arg) => Result | Promise<Result>,
    arg: Arg
  ): Promise<Result>
  /** Its window's page, when there is one. */
  firstWindow(): Promise<Page>
  process(): ChildProcess
  /** Its exit code, when it is over. */
  readonly ended: Promise<number | null>
  /** What it wrote so far. */
  readonly stdout: string
  readonly stderr: string
}

export interface Launcher {
  launch(env: NodeJS.ProcessEnv, ...args: string[]): Promise<ElectronApp>
}

/** For one file of specs: call it at its top, or in a `describe`. */
export function useElectron(): Launcher {
  if (REAL !== undefined) return { launch: (env, ...args) => launchReal(REAL, env, args) }
  let browser = undefined as { address: string; end: () => Promise<void> } | undefined
  let double = ''
  const folder = mkdtempSync(join(tmpdir(), 'farport-double-'))
  beforeAll(async () => {
    double = join(folder, 'electron.cjs')
    // It lies outside of the project, and what it does not have comes from there.
    const paths = { 'playwright-core': join(TOP, 'node_modules/playwright-core/index.js') }
    const external = ['playwright-core', /^node:/]
    const output = { format: 'cjs', entryFileNames: 'electron.cjs', paths } as const
    await build({
      configFile: false,
      logLevel: 'warn',
      build: {
        ssr: join(import.meta.dirname, 'electron.ts'),
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: { external, output }
      }
    })
    browser = await startChromium(join(folder, 'profile'))
  })
  afterAll(async () => {
    await browser?.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return {
    launch: (env, ...args) => {
      if (!browser) throw new Error('Chromium is started before the tests of a file, and not earlier')
      return launchDouble(double, browser.address, env, args)
    }
  }
}

async function startChromium(profile: string): Promise<{ address: string; end: () => Promise<void> }> {
  const child = spawn(
    programPath('chromium'),
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-component-update'],
      ...['--disable-background-networking', '--disable-sync', '--remote-debugging-port=0'],
      ...[`--user-data-dir=${profile}`, 'about:blank']
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  )
  const address = await new Promise<string>((resolve, reject) => {
    let told = ''
    child.stderr.on('data', (bytes: Buffer) => {
      told += bytes.toString()
      const [, found] = /DevTools listening on (\S+)/.exec(told) ?? []
      if (found !== undefined) resolve(found)
    })
    child.on('exit', () => reject(new Error(`Chromium ended: ${told}`)))
  })
  return {
    address,
    end: async () => {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    }
  }
}

async function launchDouble(
  double: string,
  address: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[]
): Promise<ElectronApp> {
  const child = fork(join(import.meta.dirname, 'launch.mjs'), [double, MAIN, ...args], {
    cwd: TOP,
    env: { ...process.env, ...env, FARPORT_DOUBLE_CHROMIUM: address },
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const output = outputOf(child)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(error))
  })
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`the app ended: ${output.stderr}`))
  })
  atTestEnd(() => end(child, ended))
  const browser = await chromium.connectOverCDP(address)
  atTestEnd(() => browser.close())
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no context')
  const before = new Set(context.pages())
  const begun = new Promise((resolve, reject) => waiting.set(0, { resolve, reject }))
  await Promise.race([begun, ended])
  let last = 0
  const app: ElectronApp = {
    evaluate: <Result, Arg>(run: (electron: Electron, arg: Arg) => Result | Promise<Result>, arg: Arg) =>
      new Promise<Result>((resolve, reject) => {
        const id = ++last
        waiting.set(id, { resolve: (value) => resolve(value as Result), reject })
        if (child.connected) child.send({ id, source: run.toString(), arg })
        else reject(new Error(`the app ended: ${output.stderr}`))
      }),
    firstWindow: async () => {
      const page = context.pages().find((each) => !before.has(each)) ?? (await context.waitForEvent('page'))
      await watched(page)
      return page
    },
    process: () => child,
    ended,
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    }
  }
  return app
}

async function launchReal(
  binary: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[]
): Promise<ElectronApp> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const real = await _electron.launch({
    executablePath: binary,
    args: [...sandbox, '-r', SEEN, MAIN, ...args],
    cwd: TOP,
    env: Object.fromEntries(
      Object.entries({ ...process.env, ...env }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]]
      )
    )
  })
  const child = real.process()
  const output = outputOf(child)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  atTestEnd(() => end(child, ended))
  return {
    evaluate: (run, arg) => real.evaluate(run as never, arg),
    firstWindow: async () => {
      const page = await real.firstWindow()
      await watched(page)
      return page
    },
    process: () => child,
    ended,
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    }
  }
}

function outputOf(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (bytes: Buffer) => (output[name] += bytes.toString()))
  return output
}

/** A page that complains, or breaks its policy, fails its test. */
async function watched(page: Page): Promise<void> {
  const problems = await watchPage(page, [])
  atTestEnd(() => expect(problems).toEqual([]))
}

async function end(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(hard)
}

/** The app in the double: Node with the double in Electron's place, and pages of a Chromium that all starts share. Called by electron-app.ts. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { TOP } from '../e2e/cli.ts'
import { CHROMIUM_FLAGS } from '../page/browser.ts'
import { programPath } from '../peers/need.ts'
import { AppRun, MAIN, watched } from './app-run.ts'
import type { Electron, ElectronApp } from './electron-app.ts'

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

export interface SharedChromium {
  /** Of its debugger. */
  readonly address: string
  end(): Promise<void>
}

/** Bundles the double into `folder`, outside of the project: what it does not have comes from there. Resolves with its path. */
export async function buildDouble(folder: string): Promise<string> {
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
  return join(folder, 'electron.cjs')
}

export async function startChromium(profile: string): Promise<SharedChromium> {
  const child = spawn(
    programPath('chromium'),
    [
      ...['--headless=new', ...CHROMIUM_FLAGS, '--remote-debugging-port=0'],
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
      // Its other processes write into the profile for a moment longer; they have its stderr too.
      const ended = once(child, 'close')
      child.kill()
      await ended
    }
  }
}

/** A start that nobody looks into. */
export function runDouble(
  double: string,
  address: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[]
): AppRun {
  return new AppRun(
    fork(join(import.meta.dirname, 'launch.mjs'), [double, MAIN, ...args], {
      cwd: TOP,
      env: { ...process.env, ...env, FARPORT_DOUBLE_CHROMIUM: address },
      execArgv: ['--no-warnings'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
  )
}

/** Resolves when its main file has run. */
export async function launchDouble(...start: Parameters<typeof runDouble>): Promise<ElectronApp> {
  const run = runDouble(...start)
  const { child, ended } = run
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const over = (): Error => new Error(`the app ended: ${run.stderr}`)
  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(error))
  })
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(over())
  })
  const browser = await chromium.connectOverCDP(start[1])
  atTestEnd(() => browser.close())
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no context')
  const before = new Set(context.pages())
  await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }))
  let last = 0
  const evaluate = <Result, Arg>(
    source: (electron: Electron, arg: Arg) => Result | Promise<Result>,
    arg: Arg
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve: (value) => resolve(value as Result), reject })
      if (child.connected) child.send({ id, source: source.toString(), arg })
      else reject(over())
    })
  const firstWindow = async () =>
    watched(context.pages().find((each) => !before.has(each)) ?? (await context.waitForEvent('page')))
  const nextWindow = async () => watched(await context.waitForEvent('page'))
  return Object.assign(run, { evaluate, firstWindow, nextWindow })
}

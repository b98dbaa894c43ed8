/** The app in real Electron: by Playwright where a spec looks into it. Called by electron-app.ts. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { _electron } from 'playwright-core'
import { TOP } from '../e2e/cli.ts'
import { AppRun, MAIN, watched } from './app-run.ts'
import type { ElectronApp, Launcher } from './electron-app.ts'

const SEEN = join(import.meta.dirname, 'seen.cjs')

/** Root, and a container, have no walls of Chromium's kind. */
const UNWALLED = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** `binary`: the path of Electron. */
export function realLauncher(binary: string): Launcher {
  return {
    run: (env, ...args) =>
      new AppRun(
        spawn(binary, [...UNWALLED, MAIN, ...args], {
          cwd: TOP,
          env: { ...process.env, ...env },
          stdio: ['ignore', 'pipe', 'pipe']
        })
      ),
    launch: async (env, ...args) => {
      const given = Object.entries({ ...process.env, ...env })
      const real = await _electron.launch({
        executablePath: binary,
        args: [...UNWALLED, '-r', SEEN, MAIN, ...args],
        cwd: TOP,
        env: Object.fromEntries(
          given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
        )
      })
      const evaluate: ElectronApp['evaluate'] = (run, arg) => real.evaluate(run as never, arg)
      const firstWindow = async () => watched(await real.firstWindow())
      const nextWindow = async () => watched(await real.waitForEvent('window'))
      return Object.assign(new AppRun(real.process()), { evaluate, firstWindow, nextWindow })
    }
  }
}

/** One start of the app, with the double or with real Electron: a process, what it wrote so far, and its end. It is ended with the test. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { TOP } from '../e2e/cli.ts'
import { watchPage } from '../page/browser.ts'

export const MAIN = join(TOP, 'dist/electron/main.js')

const HARD_MS = 5000

export class AppRun {
  readonly child: ChildProcess
  /** Its exit code, when it is over. */
  readonly ended: Promise<number | null>
  #stdout = ''
  #stderr = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.ended = new Promise((resolve) => child.on('close', resolve))
    child.stdout?.on('data', (bytes: Buffer) => (this.#stdout += bytes.toString()))
    child.stderr?.on('data', (bytes: Buffer) => (this.#stderr += bytes.toString()))
    atTestEnd(() => this.#end())
  }

  /** What it wrote so far. */
  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  async #end(): Promise<void> {
    const { child } = this
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), HARD_MS)
    await this.ended
    clearTimeout(hard)
  }
}

/** A page that complains, or breaks its policy, fails its test. */
export async function watched(page: Page): Promise<Page> {
  const problems = await watchPage(page, [])
  atTestEnd(() => expect(problems).toEqual([]))
  return page
}

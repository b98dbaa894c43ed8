/**
 * The real browser: Chromium, started once for the file that asks for it. A page that writes an error to its console, breaks its policy or
 * throws fails its test. Called by the tests of the page; those say with `lacks('chromium')` where they cannot run.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { programPath } from '../peers/need.ts'

/** Not kept in the repository. */
export const SCREENSHOTS = join(import.meta.dirname, '../../screenshots')

// Plain JavaScript, as all of the bench.
export const { CHROMIUM_FLAGS } = (await import(join(import.meta.dirname, '../../bench/ui-flags.mjs'))) as {
  readonly CHROMIUM_FLAGS: readonly string[]
}

export interface PageOptions {
  /** Lines of the console that are meant: `WebSocket connection to` while the service is away. */
  readonly expected?: readonly RegExp[]
  readonly scheme?: 'light' | 'dark'
  /** In CSS pixels. */
  readonly width?: number
  readonly height?: number
  /** The certificate of an installation is nobody's whom the browser knows. */
  readonly anyCertificate?: boolean
  /** A browser that was here before, with its cookies; absent: a new one. */
  readonly context?: BrowserContext
}

export interface FileBrowser {
  /** A page of a browser without history, at that address when it has loaded. It is closed with the test. */
  open(url: string, options?: PageOptions): Promise<Page>
}

/** Runs in the page; the policy is not for it. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy ' + event.violatedDirective + ' broken by ' + event.blockedURI))`

/** For one file of tests: call it at the top of the file, or of a `describe`. */
export function useBrowser(): FileBrowser {
  let browser = undefined as Browser | undefined
  beforeAll(async () => {
    browser = await launch(programPath('chromium'))
  })
  afterAll(() => browser?.close())
  return {
    open: (url, options) => {
      if (!browser) throw new Error('the browser is started before the tests of a file, and not earlier')
      return openIn(browser, url, options)
    }
  }
}

/** A browser on another computer of the test's own: `prefix` runs a command there. Closed with the test. */
export async function browserThere(...prefix: readonly string[]): Promise<FileBrowser> {
  const file = join(temporaryFolder(), 'chromium')
  const command = [...prefix, programPath('chromium')].map((each) => `'${each}'`).join(' ')
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
  const browser = await launch(file)
  atTestEnd(() => browser.close())
  return { open: (url, options) => openIn(browser, url, options) }
}

function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] })
}

async function openIn(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const { scheme = 'light', width = 960, height = 640, anyCertificate = false } = options
  const context =
    options.context ??
    (await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      ignoreHTTPSErrors: anyCertificate
    }))
  const page = await context.newPage()
  const problems = await watchPage(page, options.expected ?? [])
  atTestEnd(async () => {
    await context.close()
    expect(problems).toEqual([])
  })
  await page.goto(url)
  return page
}

/** Where it was put: the page as it is now, `NAME.png`. */
export async function screenshot(page: Page, name: string): Promise<string> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const path = join(SCREENSHOTS, `${name}.png`)
  await page.screenshot({ path, animations: 'disabled' })
  return path
}

/** What it complains of from now on. */
export async function watchPage(page: Page, expected: readonly RegExp[]): Promise<string[]> {
  const problems: string[] = []
  const add = (text: string): void => {
    if (!expected.some((each) => each.test(text))) problems.push(text)
  }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      add(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => add(`thrown: ${error.message}`))
  page.on('crash', () => add('crashed'))
  await page.addInitScript({ content: TELL_VIOLATIONS })
  return problems
}

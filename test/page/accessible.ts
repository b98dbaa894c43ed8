/** Whether everybody can use what a page shows: axe-core's rules, in the page itself. Called by the tests of pages. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

interface Found {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

const SCRIPT = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** WCAG 2.2 A and AA. Answers what is wrong, a line each. */
export async function problemsOfAccess(page: Page): Promise<string[]> {
  // The policy of the page lets no script in; what the browser's own tools run is not the page's.
  await page.evaluate(SCRIPT)
  const found = await page.evaluate<readonly Found[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations)`
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map((each) => `${id}: ${each.html} ${each.failureSummary ?? ''}`)
  )
}

/** The same in both schemes; the page has the one that it had afterwards. */
export async function problemsInBothSchemes(page: Page): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    all.push(...(await problemsOfAccess(page)).map((each) => `${colorScheme}: ${each}`))
  }
  return all
}

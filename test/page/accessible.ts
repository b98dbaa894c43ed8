/** Whether everybody can use what a page shows: axe-core's rules, in the page itself. Called by the tests of pages. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { screenshot } from './browser.ts'

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

const SCRIPT = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What an eye may need: the usual one last, so that the page has it afterwards. */
const LOOKS = [
  { name: 'dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  { name: 'forced', media: { colorScheme: 'dark', forcedColors: 'active' } },
  { name: 'light', media: { colorScheme: 'light', forcedColors: 'none' } }
] as const

/** WCAG 2.2 A and AA, and best practices, in the colours that the page has now. Answers what is wrong, a line each. */
export async function problemsOfAccess(page: Page): Promise<string[]> {
  // The policy of the page lets no script in; what the browser's own tools run is not the page's.
  await page.evaluate(SCRIPT)
  const { violations } = await page.evaluate<Found>('axe.run()')
  // A menu stands outside the landmarks, above all, and belongs to its button.
  const ofMenus = (await page.getByRole('menu').count()) > 0 ? ['region'] : []
  return violations.flatMap(({ id, nodes }) =>
    ofMenus.includes(id) ? [] : nodes.map((each) => `${id}: ${each.html} ${each.failureSummary ?? ''}`)
  )
}

/**
 * The same in light, dark and forced colours; the page is light afterwards. With `picture` a screenshot of each is made: `NAME.png`,
 * `NAME-dark.png`, `NAME-forced.png`.
 */
export async function problemsInAllColours(page: Page, picture?: string): Promise<string[]> {
  const all: string[] = []
  for (const { name, media } of LOOKS) {
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' })
    all.push(...(await problemsOfAccess(page)).map((each) => `${name}: ${each}`))
    if (picture !== undefined) await screenshot(page, name === 'light' ? picture : `${picture}-${name}`)
  }
  return all
}

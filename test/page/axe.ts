/** What axe-core finds wrong with a page for those who do not see it, or see it badly. Called by the tests of the page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

const SOURCE = join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js')

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** Each rule that is broken, with the elements: empty is well. WCAG 2.2 A and AA, and best practices. */
export async function complaints(page: Page): Promise<string[]> {
  // Not as a script element: the page's own policy forbids that.
  await page.evaluate(readFileSync(SOURCE, 'utf8'))
  const { violations } = await page.evaluate<Found>('axe.run()')
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
  )
}

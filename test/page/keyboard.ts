/** Somebody without a mouse: goes to controls by Tab, and looks whether the focus is seen and never lost. Called by the tests of the page. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

export interface Focused {
  /** As it is called, or what stands in it. */
  readonly name: string
  readonly tag: string
  /** A line around it, or what its kind has in its place. */
  readonly isSeen: boolean
}

/** More steps than the longest page has controls. */
const MOST_STEPS = 150

const FOCUSED = `(() => {
  const element = document.activeElement ?? document.body
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText
  const name = (label ?? element.innerText ?? '').trim().split('\\n')[0]
  const lined = (each) => each && getComputedStyle(each).outlineStyle !== 'none' && parseFloat(getComputedStyle(each).outlineWidth) > 0
  const isSeen = lined(element) || lined(element.closest('.search')) || element.matches('[data-highlighted], .xterm-helper-textarea, [role=dialog], [role=menu]')
  return { name: name ?? '', tag: element.tagName.toLowerCase(), isSeen }
})()`

export function focused(page: Page): Promise<Focused> {
  return page.evaluate<Focused>(FOCUSED)
}

/** It is on a control, soon, and to be seen there. */
export async function notLost(page: Page, where: string): Promise<Focused> {
  await expect.poll(async () => (await focused(page)).tag, { message: where, timeout: 5000 }).not.toBe('body')
  const now = await focused(page)
  expect(now, where).toMatchObject({ isSeen: true })
  return now
}

/** It is there, soon. */
export async function focusIs(page: Page, name: string | RegExp): Promise<void> {
  await expect
    .poll(async () => (await focused(page)).name, { timeout: 10_000 })
    .toEqual(typeof name === 'string' ? name : expect.stringMatching(name))
}

/** By Tab alone: the control of that name, wherever on the page. Fails where there is no way to it, or one does not see where one is. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < MOST_STEPS; step++) {
    const now = await focused(page)
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return
    // Behind the last control the browser itself has its turn.
    if (now.tag !== 'body') expect(now, `on the way to ${String(name)}`).toMatchObject({ isSeen: true })
    passed.push(now.name || now.tag)
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${String(name)}; passed: ${passed.join(' | ')}`)
}

/** Opens the menu whose button has the focus, and goes to an entry by its arrow keys. */
export async function chooseByKeys(page: Page, item: string): Promise<void> {
  await page.keyboard.press('Enter')
  // The first entry, not the list as a whole, whose text begins with it.
  await expect
    .poll(() => page.evaluate<string | null>(`document.activeElement.getAttribute('role')`))
    .toBe('menuitem')
  for (let step = 0; step < 20 && (await focused(page)).name !== item; step++)
    await page.keyboard.press('ArrowDown')
  await focusIs(page, item)
  await page.keyboard.press('Enter')
  await page.getByRole('menu').waitFor({ state: 'detached' })
}

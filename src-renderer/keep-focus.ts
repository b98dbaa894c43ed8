/**
 * The focus is never lost: where the control that has it goes away, or is switched off for good, one near by takes it. Browsers give it to
 * the page as a whole then, and whoever has no mouse begins at the top again. Called by the app, once.
 */
import type { Disposable } from '../src-main/base/event.ts'

/** Dialogs and menus give the focus back by themselves within this, in ms. */
const SETTLE_MS = 60
/** What was switched off only while it was busy is on again within this, in ms. */
const BUSY_MS = 600

/** Elements that can have the focus without a mouse. */
const CONTROLS = 'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, [tabindex="0"]'

/** Where the focus was, and what stood around it: it may be gone by the time it is asked for. */
interface Held {
  readonly element: HTMLElement
  readonly neighbours: readonly (Element | null | undefined)[]
  readonly around: readonly Element[]
}

/** Watches the document until it is disposed. */
export function keepFocus(): Disposable {
  const life = new AbortController()
  const { signal } = life
  let held: Held | undefined
  let timer: number | undefined
  let lostSince = 0

  function look(): void {
    timer = undefined
    if (!held || !isLost()) return
    const { element } = held
    const isLate = !element.isConnected || performance.now() - lostSince >= BUSY_MS
    // Nobody asked for it here: whoever has scrolled on meanwhile is not fetched back.
    if (canHave(element)) element.focus({ preventScroll: true })
    else if (isLate) nearest(held)?.focus({ preventScroll: true })
    else later()
  }

  function later(): void {
    timer ??= window.setTimeout(look, SETTLE_MS)
  }

  const watch = new MutationObserver(() => {
    if (!held || timer !== undefined || !isGoing(held.element)) return
    lostSince = performance.now()
    later()
  })
  watch.observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['disabled', 'hidden']
  })
  document.addEventListener('focusin', ({ target }) => (held = holdOf(target)), { signal })
  document.addEventListener(
    'focusout',
    ({ target, relatedTarget }) => {
      // Given up by the person, who clicked where nothing is: that is no loss. Told apart once the page is as it will be.
      const given = (): void => {
        if (held?.element === target && relatedTarget === null && canHave(target as HTMLElement))
          held = undefined
      }
      if (document.hasFocus()) window.setTimeout(given)
    },
    { signal }
  )
  return {
    dispose: () => {
      life.abort()
      watch.disconnect()
      window.clearTimeout(timer)
    }
  }
}

function isLost(): boolean {
  const { activeElement, body } = document
  return activeElement === null || activeElement === body
}

/** The browser takes the focus from it when it draws next, where it did not yet. */
function isGoing(element: HTMLElement): boolean {
  return isLost() || element.matches(':disabled, [hidden] *') || !element.isConnected
}

function holdOf(target: EventTarget | null): Held | undefined {
  if (!(target instanceof HTMLElement)) return undefined
  const row = target.closest('li, [role="listitem"]')
  const around: Element[] = []
  for (let each = target.parentElement; each && each !== document.body; each = each.parentElement)
    around.push(each)
  return {
    element: target,
    neighbours: [row, row?.nextElementSibling, row?.previousElementSibling],
    around
  }
}

function canHave(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(':disabled') && element.checkVisibility()
}

/** A control of the same row, of the next one, of what stands around them, and at last the title of the page. */
function nearest({ neighbours, around }: Held): HTMLElement | undefined {
  // What stands over the page has the keyboard.
  const over = [...document.querySelectorAll<HTMLElement>('[role="dialog"], [role="menu"]')].at(-1)
  const near = [
    ...neighbours,
    ...around.slice(
      0,
      around.findIndex((each) => each.matches('main, aside'))
    )
  ]
  for (const place of over ? [over] : near) {
    if (!place?.isConnected) continue
    const found = [...place.querySelectorAll<HTMLElement>(CONTROLS)].find(canHave)
    if (found) return found
  }
  return over ?? titleOf()
}

/** What tells where one is: of the terminal, where it stands over the page. */
export function titleOf(): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>('main h1')].findLast(canHave)
}

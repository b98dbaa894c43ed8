/** How wide the detail pane is, and whether it is there: kept in this browser. */
import { keep, stored } from '../appearance.svelte.ts'

/** In CSS pixels. */
export const MIN_DETAILS = 220
export const MAX_DETAILS = 720
const USUAL = 300
/** What the list keeps in any case. */
const MIN_LIST = 240

const KEY = 'farport.monitor.details'

export class Panes {
  #width = $state(USUAL)
  #isOpen = $state(true)

  constructor() {
    const [width = '', open = ''] = (stored(KEY) ?? '').split(' ')
    if (/^\d{1,4}$/.test(width)) this.#width = within(Number(width))
    this.#isOpen = open !== 'closed'
  }

  get width(): number {
    return this.#width
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  set isOpen(open: boolean) {
    this.#isOpen = open
    this.#keep()
  }

  /** `room`: of list and details together. */
  resize(width: number, room: number): void {
    this.#width = within(Math.min(Math.round(width), room - MIN_LIST))
    this.#keep()
  }

  #keep(): void {
    keep(KEY, `${this.#width} ${this.#isOpen ? 'open' : 'closed'}`)
  }
}

function within(width: number): number {
  return Math.max(MIN_DETAILS, Math.min(width, MAX_DETAILS))
}

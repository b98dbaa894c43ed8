import { linkAsked, type LinkAsked } from './model/link-asked.ts'

/**
 * Which page is shown, which item of it is selected, and which view of that item stands over the page: they stand in the address, so that
 * going back, a reload and a bookmark keep them.
 *
 *     #computer/ttyUSB0/terminal      #captures/boot.pcapng/monitor/1      #monitor/computer/gps      (the monitor alone, in a window of its own)
 */
export const PAGES = ['computer', 'network', 'connections', 'captures', 'settings'] as const
export type Page = (typeof PAGES)[number]

export const VIEWS = ['terminal', 'monitor'] as const
export type View = (typeof VIEWS)[number]

/** What stands in an address. */
export interface Place {
  readonly page: Page
  /** Shown in the drawer; its id in the state tree, the path of a port, a far port's URL, a file's name. */
  readonly selected?: string | undefined
  readonly view?: View | undefined
  /** Which recording of a file is shown, from 0. */
  readonly part?: number | undefined
  /** The view fills the window, and there are no pages. */
  readonly isAlone?: boolean
}

/** Before the place of a monitor that has a window of its own. */
const ALONE = 'monitor'

/** More recordings than a file has. */
const MAX_PART = 9999

/** Behind the `#`, without its `?`; whatever makes no sense in it is left out. */
export function readPlace(text: string): Place {
  const all = text.split('/')
  const isAlone = all[0] === ALONE
  const [page, selected, view, part] = isAlone ? insertedView(all.slice(1)) : all
  const known = PAGES.find((each) => each === page)
  const item = selected === undefined ? undefined : decodedOrNothing(selected)
  if (isAlone && (!known || item === undefined)) return { page: 'computer' }
  return {
    page: known ?? 'computer',
    selected: item,
    view: item === undefined ? undefined : VIEWS.find((each) => each === view),
    part: part !== undefined && /^\d{1,4}$/.test(part) ? Math.min(Number(part), MAX_PART) : undefined,
    isAlone
  }
}

export function formatPlace({ page, selected, view, part, isAlone = false }: Place): string {
  const item = selected === undefined ? [] : [encodeURIComponent(selected)]
  const number = part === undefined ? [] : [String(part)]
  if (isAlone) return [ALONE, page, ...item, ...number].join('/')
  return [page, ...item, ...(view ? [view, ...number] : [])].join('/')
}

/** This window shows one monitor alone. */
export function isAloneNow(): boolean {
  return readPlace(location.hash.slice(1)).isAlone === true
}

export class Route {
  page = $state<Page>('computer')
  selected = $state<string | undefined>()
  view = $state<View | undefined>()
  part = $state<number | undefined>()
  isAlone = $state(false)
  /** A link that another program opened, and that the person is asked about. */
  asked = $state.raw<LinkAsked | undefined>()

  constructor() {
    this.#read()
    window.addEventListener('hashchange', () => this.#read())
  }

  go(page: Page, selected?: string, view?: View): void {
    location.hash = formatPlace({ page, selected, view })
  }

  select(selected: string | undefined): void {
    this.go(this.page, selected)
  }

  /** Over the page, for an item of it; absent: the page again. */
  show(selected: string, view: View | undefined): void {
    this.go(this.page, selected, view)
  }

  #read(): void {
    const [place = '', query = ''] = location.hash.slice(1).split('?')
    const { page, selected, view, part, isAlone = false } = readPlace(place)
    this.asked = isAlone ? undefined : linkAsked(query)
    this.page = page
    this.selected = selected
    this.view = view
    this.part = part
    this.isAlone = isAlone
  }
}

function insertedView([page, selected, ...rest]: readonly string[]): readonly (string | undefined)[] {
  return [page, selected, ALONE, ...rest]
}

/** An address is typed and cut by people. */
function decodedOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

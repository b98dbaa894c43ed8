import { linkAsked, type LinkAsked } from './model/link-asked.ts'

/**
 * Which page is shown, which item of it is selected, and which view of that item stands over the page: they stand in the address, so that
 * going back and a reload keep them.
 */
export const PAGES = ['computer', 'network', 'connections', 'captures', 'settings'] as const
export type Page = (typeof PAGES)[number]

export const VIEWS = ['terminal'] as const
export type View = (typeof VIEWS)[number]

export class Route {
  page = $state<Page>('computer')
  /** Shown in the drawer; its id in the state tree, or the path of a port. */
  selected = $state<string | undefined>()
  view = $state<View | undefined>()
  /** A link that another program opened, and that the person is asked about. */
  asked = $state.raw<LinkAsked | undefined>()

  constructor() {
    this.#read()
    window.addEventListener('hashchange', () => this.#read())
  }

  go(page: Page, selected?: string, view?: View): void {
    const parts = [
      page,
      ...(selected === undefined ? [] : [encodeURIComponent(selected)]),
      ...(view ? [view] : [])
    ]
    location.hash = parts.join('/')
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
    const [page, selected, view] = place.split('/')
    this.asked = linkAsked(query)
    this.page = PAGES.find((each) => each === page) ?? 'computer'
    this.selected = selected === undefined ? undefined : decodedOrNothing(selected)
    this.view = VIEWS.find((each) => each === view)
  }
}

/** An address is typed and cut by people. */
function decodedOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

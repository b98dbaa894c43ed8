/** Which page is shown and which item of it is selected: they stand in the address, so that going back and a reload keep them. */
export const PAGES = ['computer', 'network', 'connections', 'captures', 'settings'] as const
export type Page = (typeof PAGES)[number]

export class Route {
  page = $state<Page>('computer')
  /** Shown in the drawer; its id in the state tree, or the path of a port. */
  selected = $state<string | undefined>()

  constructor() {
    this.#read()
    window.addEventListener('hashchange', () => this.#read())
  }

  go(page: Page, selected?: string): void {
    location.hash = selected === undefined ? page : `${page}/${encodeURIComponent(selected)}`
  }

  select(selected: string | undefined): void {
    this.go(this.page, selected)
  }

  #read(): void {
    const [page, selected] = location.hash.slice(1).split('/')
    this.page = PAGES.find((each) => each === page) ?? 'computer'
    this.selected = selected === undefined ? undefined : decodedOrNothing(selected)
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

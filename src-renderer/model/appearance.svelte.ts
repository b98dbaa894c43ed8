/** Light, dark, or as the system has it. Kept in this browser alone: another screen may be another matter. */
export const SCHEMES = ['system', 'light', 'dark'] as const
export type Scheme = (typeof SCHEMES)[number]

const KEY = 'farport.scheme'

export class Appearance {
  #scheme = $state<Scheme>('system')

  constructor() {
    const kept = stored(KEY)
    this.#scheme = SCHEMES.find((each) => each === kept) ?? 'system'
    this.#show()
  }

  get scheme(): Scheme {
    return this.#scheme
  }

  set scheme(scheme: Scheme) {
    this.#scheme = scheme
    keep(KEY, scheme)
    this.#show()
  }

  #show(): void {
    const { dataset } = document.documentElement
    if (this.#scheme === 'system') delete dataset.scheme
    else dataset.scheme = this.#scheme
  }
}

/** A browser may have been told to keep nothing: then it is as if nothing was kept. */
export function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // As above: it holds until the page is closed.
  }
}

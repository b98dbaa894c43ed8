/** What each page is given: app.svelte shows one of them at a time. */
import type { Core } from '../core.svelte.ts'
import type { RateWatch } from '../model/rates.svelte.ts'
import type { Route } from '../route.svelte.ts'

export interface PageProps {
  readonly core: Core
  /** The selected item, whose drawer is shown. */
  readonly route: Route
  readonly rates: RateWatch
}

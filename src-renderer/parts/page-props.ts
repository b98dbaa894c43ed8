/** What each page is given: app.svelte shows one of them at a time. */
import type { Core } from '../core.svelte.ts'
import type { Appearance } from '../model/appearance.svelte.ts'
import type { HappeningWatch } from '../model/happening-watch.svelte.ts'
import type { PairingDesk } from '../model/pairing.svelte.ts'
import type { RateWatch } from '../model/rates.svelte.ts'
import type { ToastDesk } from '../model/toasts.svelte.ts'
import type { Route } from '../route.svelte.ts'

export interface PageProps {
  readonly core: Core
  /** The selected item, whose drawer is shown. */
  readonly route: Route
  readonly rates: RateWatch
  readonly watch: HappeningWatch
  readonly toasts: ToastDesk
  readonly pairing: PairingDesk
  readonly appearance: Appearance
}

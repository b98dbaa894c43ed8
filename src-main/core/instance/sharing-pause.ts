/**
 * "Pause all sharing": every share that is on is switched off in one step, and which ones come back stays in the settings, across restarts.
 * Each stays a share like others: one that is switched on, changed or removed meanwhile is no part of the pause any more, and the
 * pause is over with the last of them.
 */
import type { Settings } from '../../contract/settings.ts'
import type { PauseState } from '../../contract/state.ts'
import type { Handlers, House } from './house.ts'

/** As it stands, whoever edited the settings: absent where none of its shares is there and off. */
export function pauseOf({ paused, shares }: Pick<Settings, 'paused' | 'shares'>): PauseState | undefined {
  if (!paused) return undefined
  const off = new Set(shares.filter(({ enabled }) => !enabled).map(({ id }) => id))
  const ids = [...new Set(paused.shares)].filter((id) => off.has(id))
  return ids.length === 0 ? undefined : { since: paused.since, shares: ids }
}

/** Without what is no part of the pause any more: what is switched off by hand later must not come back with the others. */
export function withoutStalePause(settings: Settings): Settings {
  if (!settings.paused) return settings
  const { paused, ...others } = settings
  const pause = pauseOf(settings)
  if (!pause) return others
  return pause.shares.length === paused.shares.length
    ? settings
    : { ...others, paused: { ...pause, shares: [...pause.shares] } }
}

/** Where some are paused already, the others join them. `nowMs`: wall clock, since 1970. */
export function withPause(settings: Settings, nowMs: number): Settings {
  const before = pauseOf(settings)
  const on = settings.shares.filter(({ enabled }) => enabled).map(({ id }) => id)
  if (on.length === 0) return settings
  return {
    ...settings,
    shares: settings.shares.map((share) => ({ ...share, enabled: false })),
    paused: { since: before?.since ?? nowMs, shares: [...(before?.shares ?? []), ...on] }
  }
}

export function withoutPause(settings: Settings): Settings {
  const ids = new Set(pauseOf(settings)?.shares)
  const shares = settings.shares.map((share) => (ids.has(share.id) ? { ...share, enabled: true } : share))
  return withoutStalePause({ ...settings, shares })
}

type PauseCommands = Pick<Handlers, 'sharing.pause' | 'sharing.resume'>

export function pauseCommands(house: Pick<House, 'change' | 'settings'>): PauseCommands {
  return {
    'sharing.pause': async () => {
      const lost = await house.change((settings) => withPause(settings, Date.now()))
      return { lost, shares: pauseOf(house.settings)?.shares ?? [] }
    },
    'sharing.resume': async () => {
      let shares: readonly string[] = []
      await house.change((settings) => {
        shares = pauseOf(settings)?.shares ?? []
        return withoutPause(settings)
      })
      return { shares }
    }
  }
}

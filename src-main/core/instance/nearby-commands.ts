/** The commands about who is near: ask again, and the places that mDNS does not reach. */
import { Fault } from '../../contract/faults.ts'
import type { Settings } from '../../contract/settings.ts'
import { readManualPlace } from '../../peers/manual-places.ts'
import type { Handlers } from './house.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Change } from '../../store/settings-file.ts'

export type NearbyCommands = Pick<Handlers, 'nearby.refresh' | 'nearby.add' | 'nearby.remove'>

/** What they work on. */
export interface NearbyHouse {
  readonly near?: Pick<Neighbourhood, 'refresh'>
  readonly settings: Settings
  change(change: Change): Promise<unknown>
}

/** Each is looked at every minute. */
export const MAX_PLACES = 64

export function nearbyCommands(house: NearbyHouse): NearbyCommands {
  const places = (): readonly string[] => house.settings.preferences.discovery.places
  return {
    'nearby.refresh': () => {
      house.near?.refresh()
      return Promise.resolve({})
    },
    'nearby.add': async ({ place: text }) => {
      const place = readManualPlace(text)
      if (places().length >= MAX_PLACES && !places().some((each) => isPlace(each, place)))
        throw new Fault(
          'usage',
          `There are ${MAX_PLACES} places already: farport peers remove one that is not needed.`
        )
      await house.change((settings) =>
        withPlaces(settings, (all) => [...all.filter((each) => !isPlace(each, place)), place])
      )
      return { place }
    },
    'nearby.remove': async ({ place: text }) => {
      const place = readManualPlace(text)
      if (!places().some((each) => isPlace(each, place)))
        throw new Fault(
          'usage',
          places().length === 0
            ? 'No place was added (farport peers add): what announces itself comes and goes by itself.'
            : `${place} was not added. There are: ${places().join(', ')}.`
        )
      await house.change((settings) =>
        withPlaces(settings, (all) => all.filter((each) => !isPlace(each, place)))
      )
      return { place }
    }
  }
}

/** The file may have it in other words. */
function isPlace(text: string, place: string): boolean {
  try {
    return readManualPlace(text) === place
  } catch {
    // Somebody wrote nonsense there: it is no place.
    return false
  }
}

function withPlaces(settings: Settings, change: (all: readonly string[]) => string[]): Settings {
  const { preferences } = settings
  const { discovery } = preferences
  return {
    ...settings,
    preferences: { ...preferences, discovery: { ...discovery, places: change(discovery.places) } }
  }
}

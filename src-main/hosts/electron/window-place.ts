/** Where the window was, as far as it still fits: screens come and go. Pure. */
import type { WindowPlace } from './desktop-settings.ts'

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const WIDTH = 960
export const HEIGHT = 640
export const MIN_WIDTH = 720
export const MIN_HEIGHT = 480

/** So much of its title has to be on a screen, in pixels, or nobody can take hold of it. */
const HOLD = 80
const TITLE = 32

export type FittedPlace = Partial<Pick<Area, 'x' | 'y'>> & Pick<Area, 'width' | 'height'>

/** `areas`: of each screen what is not taken by bars. Without x and y the system centres it. */
export function fittedPlace(place: WindowPlace | undefined, areas: readonly Area[]): FittedPlace {
  if (!place) return { width: WIDTH, height: HEIGHT }
  const area = areas.find((each) => canBeHeld(place, each))
  const [most] = [...areas].sort((one, other) => other.width * other.height - one.width * one.height)
  const { width: maxWidth = WIDTH, height: maxHeight = HEIGHT } = area ?? most ?? {}
  const width = Math.max(MIN_WIDTH, Math.min(place.width, maxWidth))
  const height = Math.max(MIN_HEIGHT, Math.min(place.height, maxHeight))
  return area ? { x: place.x, y: place.y, width, height } : { width, height }
}

function canBeHeld(place: WindowPlace, area: Area): boolean {
  const left = Math.max(place.x, area.x)
  const right = Math.min(place.x + place.width, area.x + area.width)
  const isInside = place.y >= area.y && place.y + TITLE <= area.y + area.height
  return isInside && right - left >= HOLD
}

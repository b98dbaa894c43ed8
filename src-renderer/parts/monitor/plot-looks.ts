/** How the lines of a plot look: eight colours, and a dash for each, so that nobody needs the colours. */
import type { LineLook } from './plot-chart.ts'

/** In px: drawn, left out, drawn … */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [9, 4],
  [2, 3],
  [9, 3, 2, 3],
  [16, 4],
  [5, 3],
  [14, 3, 2, 3, 2, 3],
  [2, 7]
]

const COLOURS = 8

/** The name of its colour in the page's style. */
export function colourOf(place: number): string {
  return `var(--series-${(place % COLOURS) + 1})`
}

/** From the ninth on colours come again, with another dash each. */
export function dashOf(place: number): readonly number[] {
  return DASHES[(place + Math.floor(place / COLOURS) * 3) % DASHES.length] ?? []
}

/** As it is drawn within this element: the colour for the scheme that holds. */
export function lookOf(within: HTMLElement, place: number): LineLook {
  const probe = document.createElement('span')
  probe.style.color = colourOf(place)
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return { colour: color, dash: dashOf(place) }
}

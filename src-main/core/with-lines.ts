import type { ControlWish } from '../contract/line.ts'
import type { PortSource } from '../ports/port.ts'
import { afterOpening } from './after-opening.ts'

/** A source whose ports have these lines set right after opening. */
export function withLines(source: PortSource, wish: ControlWish): PortSource {
  return Object.keys(wish).length === 0 ? source : afterOpening(source, (port) => port.control(wish))
}

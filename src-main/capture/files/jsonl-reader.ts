/** Opens JSON Lines as json-form.ts writes them: the rows as they were, with their events, sessions and times. Never throws on a file. */
import { DIRECTIONS, type Direction } from '../../contract/traffic.ts'
import { soundEvent, soundSettings } from '../../traffic/sound-event.ts'
import type { CaptureMeta } from '../format.ts'
import { readHex, readIso, type TextRow } from './text-rows.ts'

/** What the first line says; undefined: it is another file. */
export function readJsonHead(line: string): CaptureMeta | undefined {
  const value = objectOf(line)
  if (!value || typeof value.farport !== 'number') return undefined
  const settings = soundSettings(value.settings)
  return {
    name: typeof value.name === 'string' ? value.name : 'JSON Lines',
    ...(typeof value.port === 'string' && { port: value.port }),
    ...(typeof value.computer === 'string' && { computer: value.computer }),
    ...(typeof value.program === 'string' && { program: value.program }),
    ...(settings && { settings })
  }
}

/** Undefined: the line makes no sense. */
export function readJsonRow(line: string): TextRow | undefined {
  const value = objectOf(line)
  const wallNs = readIso(value?.time)
  if (!value || wallNs === undefined) return undefined
  const ns = timeOf(value.ns)
  const event = soundEvent(value.event)
  if (event) return { wallNs, ns, content: { event } }
  const bytes = readHex(value.hex)
  const direction = directionOf(value.direction)
  if (!bytes || !direction) return undefined
  const endNs = ns === undefined ? undefined : timeOf(value.endNs)
  return { wallNs, ns, endNs, content: { direction, session: sessionOf(value.session), bytes } }
}

export function sessionOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
}

export function directionOf(value: unknown): Direction | undefined {
  return DIRECTIONS.find((each) => each === value)
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** How much plain data weighs in memory, roughly: for limits on what another installation makes us keep. */
import { isPlainObject } from './plain.ts'

/** Of one value, whatever it is, in bytes. */
const VALUE = 32

/** In bytes, names of fields included. Of what no carrier lets through, it is not deep. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return VALUE + value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + weightOf(each), VALUE)
  if (!isPlainObject(value)) return VALUE
  let sum = VALUE
  for (const [field, each] of Object.entries(value)) sum += field.length + weightOf(each)
  return sum
}

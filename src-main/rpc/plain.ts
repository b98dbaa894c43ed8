/**
 * Plain data: what every carrier can carry and gives back the same. Null, booleans, numbers, strings, Uint8Array, and arrays and
 * plain objects of these, not nested deeper than `MAX_DEPTH`. A field that is undefined counts as absent, and zero has one sign: -0
 * arrives as 0, as MessagePack's integers have it. Whatever else was to be sent is a mistake of ours, and told before anything is on
 * its way.
 */
import { Fault } from '../contract/faults.ts'

/** Our deepest message has 10 or so; whoever walks a tree may do so by recursion. */
export const MAX_DEPTH = 64

/** Throws a Fault `bug` that says what and where. */
export function checkPlain(value: unknown): void {
  check(value, [])
}

/** A copy of its own for the other side, as a wire would make it. Throws as `checkPlain`. */
export function plainCopy(value: unknown): unknown {
  checkPlain(value)
  return copy(value)
}

/** Plain objects alone: neither arrays nor bytes nor instances of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function check(value: unknown, path: (string | number)[]): void {
  if (path.length > MAX_DEPTH) throw notPlain(path.slice(0, 4), `is nested deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) within(path, index, value[index])
  } else if (isPlainObject(value)) {
    for (const [field, each] of Object.entries(value)) {
      // Carriers would lose it, or worse.
      if (field === '__proto__') throw notPlain(path, 'has a field __proto__')
      if (each !== undefined) within(path, field, each)
    }
  } else if (!isLeaf(value)) throw notPlain(path, `is ${nameOf(value)}`)
}

function within(path: (string | number)[], step: string | number, value: unknown): void {
  path.push(step)
  check(value, path)
  path.pop()
}

function isLeaf(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'string' ||
    value instanceof Uint8Array
  )
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value === 0) return 0
  if (!isPlainObject(value)) return value
  const fields = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(fields.map(([field, each]) => [field, copy(each)]))
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  const { constructor } = value as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' ? `a ${constructor.name}` : 'an object of its own kind'
}

function notPlain(path: readonly (string | number)[], what: string): Fault {
  const where = path.length === 0 ? 'It' : path.join('.')
  return new Fault('bug', `${where} ${what}, which no message can carry. Please report it.`)
}

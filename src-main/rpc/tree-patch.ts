/**
 * The difference between two plain trees, small enough to be sent at each change. Objects are compared field by field; arrays
 * and values are replaced whole. Called by the state topic on one side and by its mirror on the other.
 *
 *     { a: 1, b: { c: 2, d: 3 } }  →  { a: 1, b: { c: 4 } }   is   { set: {}, into: { b: { set: { c: 4 }, gone: ['d'] } } }
 */
import { isPlainObject } from './plain.ts'

export interface Patch {
  /** Fields that are new or another value. */
  readonly set?: Readonly<Record<string, unknown>>
  /** Fields that are there no more. */
  readonly gone?: readonly string[]
  /** Fields whose objects differ inside. */
  readonly into?: Readonly<Record<string, Patch>>
}

export type Tree = Readonly<Record<string, unknown>>

/** Undefined where nothing differs. A field that is `undefined` counts as absent. */
export function difference(before: Tree, after: Tree): Patch | undefined {
  let set: Record<string, unknown> | undefined
  let into: Record<string, Patch> | undefined
  for (const field of Object.keys(after)) {
    const value = after[field]
    // Most are as they were: first what finds that out quickest.
    if (value === undefined || Object.is(before[field], value)) continue
    const old = Object.hasOwn(before, field) ? before[field] : undefined
    if (isPlainObject(old) && isPlainObject(value)) {
      const patch = difference(old, value)
      if (patch) assign((into ??= {}), field, patch)
    } else if (!isSame(old, value)) assign((set ??= {}), field, value)
  }
  const gone = Object.keys(before).filter(
    (field) => before[field] !== undefined && (!Object.hasOwn(after, field) || after[field] === undefined)
  )
  if (!set && !into && gone.length === 0) return undefined
  return { ...(set && { set }), ...(gone.length > 0 && { gone }), ...(into && { into }) }
}

/** What came as a patch, where it is one; a far side may send anything. Of more than carriers let through, neither is deep. */
export function isPatch(value: unknown): value is Patch {
  if (!isPlainObject(value)) return false
  const { set = {}, gone = [], into = {} } = value
  return (
    isPlainObject(set) &&
    Array.isArray(gone) &&
    gone.every((field) => typeof field === 'string') &&
    isPlainObject(into) &&
    Object.values(into).every(isPatch)
  )
}

/** A new tree; what did not change is shared with the old one, so that a look at the reference tells. */
export function patched(tree: Tree, { set = {}, gone = [], into = {} }: Patch): Tree {
  const result: Record<string, unknown> = { ...tree }
  for (const field of gone) Reflect.deleteProperty(result, field)
  for (const [field, value] of Object.entries(set)) assign(result, field, value)
  for (const [field, patch] of Object.entries(into)) {
    const inner = Object.hasOwn(tree, field) ? tree[field] : undefined
    assign(result, field, patched(isPlainObject(inner) ? inner : {}, patch))
  }
  return result
}

/** An own field also for `__proto__`, which a far side might name. */
function assign(target: Record<string, unknown>, field: string, value: unknown): void {
  // To define each one takes ten times as long.
  if (field !== '__proto__') target[field] = value
  else Object.defineProperty(target, field, { value, enumerable: true, writable: true, configurable: true })
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  return a.every((each, index) => {
    const other: unknown = b[index]
    return isPlainObject(each) && isPlainObject(other)
      ? difference(each, other) === undefined
      : isSame(each, other)
  })
}

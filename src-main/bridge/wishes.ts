/**
 * What sessions asked for, field by field. The last to ask for a field owns it until it leaves. The hub keeps one for
 * line settings and one for control lines, so that a port that comes back can be brought to where its users want it.
 */
export class Wishes<T extends object> {
  readonly #owners = new Map<keyof T, number>()
  #merged: Partial<T> = {}

  /** The fields that somebody asked for. */
  get merged(): Partial<T> {
    return this.#merged
  }

  /** Who asked for any of them; the same one may be there several times. */
  get askers(): readonly number[] {
    return [...this.#owners.entries()].flatMap(([field, owner]) => (field in this.#merged ? [owner] : []))
  }

  /** Absent and undefined fields ask for nothing. */
  add(session: number, wish: Partial<T>): void {
    for (const field of fields(wish)) {
      if (wish[field] === undefined) continue
      this.#owners.set(field, session)
      this.#merged = { ...this.#merged, [field]: wish[field] }
    }
  }

  /** Forgets what this session asked for; answers that part of the wishes. */
  forget(session: number): Partial<T> {
    const kept: Partial<T> = {}
    const forgotten: Partial<T> = {}
    for (const field of fields(this.#merged)) {
      const owned = this.#owners.get(field) === session
      const part = owned ? forgotten : kept
      part[field] = this.#merged[field]
    }
    this.#merged = kept
    return forgotten
  }
}

/** The fields of `wish` whose value is another one in `actual`; undefined when there is none. */
export function difference<T extends object>(wish: Partial<T>, actual: Partial<T>): Partial<T> | undefined {
  const rest: Partial<T> = {}
  let any = false
  for (const field of fields(wish)) {
    if (wish[field] === undefined || wish[field] === actual[field]) continue
    rest[field] = wish[field]
    any = true
  }
  return any ? rest : undefined
}

/** A wish without any field: a query. */
export function isQuery(wish: object): boolean {
  return Object.values(wish).every((value) => value === undefined)
}

/** Those fields of `all` that `some` does not have. */
export function without<T extends object>(all: Partial<T>, some: Partial<T>): Partial<T> {
  const rest: Partial<T> = {}
  for (const field of fields(all)) if (some[field] === undefined) rest[field] = all[field]
  return rest
}

/** Those fields of `all` that `some` has, too. */
export function intersection<T extends object>(all: Partial<T>, some: Partial<T>): Partial<T> {
  const both: Partial<T> = {}
  for (const field of fields(all)) if (some[field] !== undefined) both[field] = all[field]
  return both
}

/** The same fields with the same values. */
export function sameWish<T extends object>(a: Partial<T>, b: Partial<T>): boolean {
  return [...fields(a), ...fields(b)].every((field) => a[field] === b[field])
}

function fields<T extends object>(wish: Partial<T>): (keyof T)[] {
  return Object.keys(wish) as (keyof T)[]
}

/** What the double does not have throws by its name, instead of being undefined: a test that passes over it would prove nothing. */

const ALWAYS: ReadonlySet<string> = new Set(['then', 'toJSON', 'constructor', '$$typeof', 'asymmetricMatch'])

export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'string' && !(key in object) && !ALWAYS.has(key) && !key.startsWith('_'))
        throw new Error(`the double of Electron has no ${name}.${key}`)
      const value: unknown = Reflect.get(object, key, object)
      // Private fields are the object's, and not the proxy's.
      return typeof value === 'function' && key !== 'constructor' ? (value.bind(object) as unknown) : value
    }
  })
}

/** What may pass between processes, as Electron has it. Throws where Electron would. */
export function cloned<T>(value: T): T {
  return structuredClone(value)
}

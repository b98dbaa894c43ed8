/** Makes something that has effects, outside of any component. Answers it, and what ends its effects. */
export function rooted<T>(make: () => T): readonly [T, () => void] {
  const made: T[] = []
  const end = $effect.root(() => void made.push(make()))
  const [first] = made
  if (made.length === 0) throw new TypeError('an effect root that does not run at once')
  return [first as T, end]
}

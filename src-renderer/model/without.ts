/** A value without one of its fields: where absent means something else than any value. */
export function without<Value extends object, Key extends keyof Value>(
  value: Value,
  key: Key
): Omit<Value, Key> {
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== key)) as Omit<Value, Key>
}

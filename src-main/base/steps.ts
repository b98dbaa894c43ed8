/** Long work that says where it may be interrupted: it yields at least every few hundred µs, and returns what came of it. */
export type Steps<T> = Generator<undefined, T, undefined>

/** All of it at once. */
export function allAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

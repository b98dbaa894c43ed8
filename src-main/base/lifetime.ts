import type { Disposable } from './event.ts'

/** Who creates, disposes, in reverse order. What is added after the end is disposed at once. */
export class Lifetime implements Disposable {
  #members: Disposable[] = []
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  add<T extends Disposable>(member: T): T {
    if (this.#ended) member.dispose()
    else this.#members.push(member)
    return member
  }

  /** Registers what to do at the end. */
  defer(end: () => void): void {
    this.add({ dispose: end })
  }

  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    const members = this.#members.reverse()
    this.#members = []
    for (const member of members) member.dispose()
  }
}

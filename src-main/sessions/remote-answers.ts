/**
 * The answers to one peer, in the order of its requests: a place is reserved when a request comes and filled when its
 * answer is known; an answer goes out when all before it have gone. Called by remote-com-port.
 */

/** Open requests of one peer; at this many we read no more of it, so that its requests wait in its own buffers. */
export const MAX_OPEN_REQUESTS = 256

/** Made when it is sent, not before: a state that waited for its turn would be an old one by then. */
export type Answer = () => Uint8Array

interface Place {
  answer: Answer | undefined
}

export class AnswerQueue {
  readonly #send: (bytes: Uint8Array) => void
  readonly #onFull: (full: boolean) => void
  #places: Place[] = []

  /** `onFull` is told whenever the queue becomes full, or is no longer. */
  constructor(send: (bytes: Uint8Array) => void, onFull: (full: boolean) => void) {
    this.#send = send
    this.#onFull = onFull
  }

  /** Reserves the next place; the result fills it. Filling it again does nothing. */
  reserve(): (answer: Answer) => void {
    const place: Place = { answer: undefined }
    this.#places.push(place)
    if (this.#places.length === MAX_OPEN_REQUESTS) this.#onFull(true)
    return (answer) => {
      if (place.answer) return
      place.answer = answer
      this.#flush()
    }
  }

  #flush(): void {
    const open = this.#places.findIndex((each) => each.answer === undefined)
    const ready = this.#places.splice(0, open < 0 ? this.#places.length : open)
    for (const { answer } of ready) if (answer) this.#send(answer())
    const full = this.#places.length >= MAX_OPEN_REQUESTS
    if (ready.length > 0 && !full && this.#places.length + ready.length >= MAX_OPEN_REQUESTS)
      this.#onFull(false)
  }
}

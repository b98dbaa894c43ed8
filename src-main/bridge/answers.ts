/**
 * The answers that one session is owed, in the order of its requests: RFC 2217 clients tell answers apart by their
 * order alone, while a control line is set at once and a baud rate only after the data before it.
 */
export class Answers {
  #owed: Owed[] = []

  /** Takes a number in the row. The function it answers is to be called once, with what gives the answer. */
  expect(): (give: () => void) => void {
    const owed: Owed = { give: undefined }
    this.#owed.push(owed)
    return (give) => {
      owed.give ??= give
      this.#flush()
    }
  }

  #flush(): void {
    for (let first = this.#owed[0]; first?.give; first = this.#owed[0]) {
      this.#owed.shift()
      first.give()
    }
  }
}

interface Owed {
  give: (() => void) | undefined
}

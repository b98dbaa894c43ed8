/** A core for tests of sending: its terminal says and takes what the test wants, and its state is what the test sets. */
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { StateTree } from '../../../src-main/contract/state.ts'
import type { TerminalItem } from '../../../src-main/contract/terminal.ts'

interface Write {
  readonly bytes: Uint8Array
  readonly done: () => void
  readonly fail: (fault: Fault) => void
}

export class WriterCore {
  tree = $state.raw<StateTree>({ bridges: {}, rotators: {} })
  readonly status = { type: 'open' } as const
  readonly writes: Write[] = []
  /** All but writes. */
  readonly calls: (readonly [name: string, args: unknown])[] = []
  opened = 0
  closed = 0
  tell: (item: TerminalItem) => unknown = () => undefined
  end: (fault?: Fault) => void = () => undefined

  constructor(tree: StateTree) {
    this.tree = tree
  }

  subscribe(
    _topic: string,
    _args: unknown,
    item: (item: TerminalItem) => unknown,
    ended: (fault?: Fault) => void
  ) {
    this.opened++
    this.tell = item
    this.end = ended
    return { dispose: () => this.closed++ }
  }

  call(name: string, args: { readonly bytes?: Uint8Array }): Promise<object> {
    const { bytes } = args
    if (name !== 'terminal.write' || !bytes) {
      this.calls.push([name, args])
      return Promise.resolve({})
    }
    return new Promise((resolve, reject) =>
      this.writes.push({ bytes, done: () => resolve({}), fail: reject })
    )
  }

  /** All of it, as text. */
  written(): string {
    return this.writes.map(({ bytes }) => new TextDecoder().decode(bytes)).join('')
  }
}

/** The connections of a listener that live. Called by listeners of streams, with each that they let in. */
import type { SocketConnection } from './socket-connection.ts'

export class Living {
  readonly #all = new Set<SocketConnection>()

  /** A program may close and open again at once: those of the same address that only wait for our last word end first. */
  add(connection: SocketConnection): void {
    const { remoteAddress } = connection
    for (const each of this.#all)
      if (each.lingering && each.remoteAddress === remoteAddress && remoteAddress !== undefined)
        each.giveWay()
    this.#all.add(connection)
    connection.onClose(() => this.#all.delete(connection))
  }
}

import type { CloseReason } from '../contract/close.ts'
import type { Connection } from './connection.ts'

/** The connection ended before what was waited for had come. */
export class EndedEarly extends Error {
  constructor(reason: CloseReason) {
    super(reason.message)
    this.name = 'EndedEarly'
  }
}

/**
 * Reads until `take` answers something, for who speaks first words on a connection and hands it on then: it is paused before and
 * afterwards. Rejects with what `take` throws, or with `EndedEarly`.
 */
export function readUntil<T extends object>(
  connection: Connection,
  take: (chunk: Uint8Array) => T | undefined
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      data.dispose()
      close.dispose()
      connection.pause()
    }
    const data = connection.onData((chunk) => {
      try {
        const taken = take(chunk)
        if (!taken) return
        settle()
        resolve(taken)
      } catch (error) {
        settle()
        reject(error)
      }
    })
    const close = connection.onClose((reason) => {
      settle()
      reject(new EndedEarly(reason))
    })
    connection.resume()
  })
}

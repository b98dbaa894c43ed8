/** Waiting for the virtual machine, always with a limit, and lines from its sockets. Called by everything here. */
import { once } from 'node:events'
import { connect } from 'node:net'

/** Why nothing more is to be expected: QEMU ended. */
let over

/** From now on each wait rejects with that; undefined: they wait again. */
export function waitsEnd(error) {
  over = error
}

/** Resolves with what `probe` answers as soon as that is true; rejects after `limitMs` with what was awaited, or when QEMU ended. */
export async function until(what, probe, limitMs = 10_000) {
  const end = performance.now() + limitMs
  for (;;) {
    const result = await probe()
    if (result) return result
    if (over) throw over
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A connection to there, as soon as it can be had. */
export async function open(to) {
  return until(`a connection to ${JSON.stringify(to)}`, async () => {
    const socket = connect(to)
    try {
      await once(socket, 'connect')
    } catch {
      return undefined // QEMU is not that far yet
    }
    socket.on('error', () => undefined)
    return socket
  })
}

/** Calls `take` with each line that comes. */
export function eachLine(socket, take) {
  let rest = ''
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    lines.forEach(take)
  })
}

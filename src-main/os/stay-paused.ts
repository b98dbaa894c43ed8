import type { Socket } from 'node:net'

/**
 * Keeps a socket that reads by `onread` paused where `pause` comes right behind `resume`: a turn later Node starts its handle
 * reading all the same (Readable's resume_, in Node 20 to 24), which nothing would stop until the next `pause`. That is now,
 * before anything can have been read.
 */
export function stayPaused(socket: Socket): void {
  socket.on('resume', () => {
    if (socket.isPaused()) socket.pause()
  })
}

/** A pseudo-terminal with a link to it that programs open. */
import { WAY_CARRIES } from '../../contract/virtual.ts'
import { PtySource } from '../../sessions/pty-source.ts'
import { deviceFileName } from '../names.ts'
import type { VirtualMaker, VirtualWish } from './maker.ts'

export const ptyMaker: VirtualMaker = {
  way: 'pty',
  look: () =>
    Promise.resolve({
      way: 'pty',
      carries: WAY_CARRIES.pty,
      ...(process.platform === 'linux'
        ? {
            state: 'ready',
            why: 'A pseudo-terminal needs no driver and no rights, and carries no parity and no control lines.'
          }
        : { state: 'never', why: 'This system has no pseudo-terminal that programs can set.' })
    }),
  make: (wish) => new Promise((resolve) => resolve(makePty(wish)))
}

/** Throws a Fault. */
export function makePty({ name, at, pty }: Pick<VirtualWish, 'name' | 'at' | 'pty'>): PtySource {
  // A link is no directory: with a slash behind it nobody could open it.
  const path = at.replace(/(?<=.)\/+$/, '')
  return PtySource.open({ name: deviceFileName(name), ...(path !== '' && { link: path }), ...pty })
}

import type { Stats } from 'node:fs'
import { close, constants, open } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from '../os/libc.ts'
import { exampleDevice } from '../os/example-device.ts'

/** An open device node; the descriptor does not block, and is its receiver's to close. */
export interface OpenNode {
  readonly fd: number
  readonly readable: boolean
  readonly writable: boolean
}

/** O_NOCTTY: a device must not become our controlling terminal. O_NONBLOCK: opening does not wait for the carrier. */
const FLAGS = constants.O_NOCTTY | constants.O_NONBLOCK

/** Resolves for a character device, what a serial port or a printer is. Rejects with `device-not-serial` or the system's error. */
export async function checkNode(path: string): Promise<void> {
  const node = await stat(path)
  if (node.isCharacterDevice()) return
  throw new Fault(
    'device-not-serial',
    `${path} is ${kindOf(node)}, not a serial port: name a device such as ${exampleDevice()}, see \`farport list\``
  )
}

/** Opens for both directions, or for the only one that there is (a printer that cannot talk back). Rejects with the system's error. */
export async function openNode(path: string): Promise<OpenNode> {
  try {
    return { fd: await openFd(path, constants.O_RDWR | FLAGS), readable: true, writable: true }
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EINVAL', 'EROFS')) throw error
    for (const [direction, readable] of [
      [constants.O_WRONLY, false],
      [constants.O_RDONLY, true]
    ] as const) {
      try {
        return { fd: await openFd(path, direction | FLAGS), readable, writable: !readable }
      } catch {
        // The first error says why; this one only that the other way is closed too.
      }
    }
    throw error
  }
}

/** In another thread: a UART's close may wait for its output. Never rejects, as the number is free again either way. */
export function closeNode(fd: number): Promise<void> {
  return new Promise((resolve) => {
    close(fd, () => {
      resolve()
    })
  })
}

function openFd(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, fd) => {
      if (error) reject(error)
      else resolve(fd)
    })
  })
}

function kindOf(node: Stats): string {
  if (node.isDirectory()) return 'a directory'
  if (node.isBlockDevice()) return 'a disk'
  if (node.isSocket()) return 'a socket'
  return node.isFIFO() ? 'a pipe' : 'a file'
}

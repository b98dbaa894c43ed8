import { closeSync, constants, openSync } from 'node:fs'
import type { LineSettings } from '../../src-main/contract/line.ts'
import { readSettings } from '../../src-main/os/termios.ts'

/** What the system says of a terminal now. */
export function lineOf(path: string): LineSettings {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  try {
    return readSettings(fd)
  } finally {
    closeSync(fd)
  }
}

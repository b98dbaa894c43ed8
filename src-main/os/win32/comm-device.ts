import type { CommDevice, CommOptions } from './comm.ts'
import { ERROR, WindowsError } from './windows-error.ts'

/** As `openComm`. */
export function openCommDevice(path: string, options: CommOptions): Promise<CommDevice> {
  return Promise.reject(
    new WindowsError(ERROR.notSupported, `open ${path} (${Object.keys(options).join(' ')})`)
  )
}

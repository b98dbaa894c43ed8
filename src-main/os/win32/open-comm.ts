import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import { CommLines } from './comm-lines.ts'
import { CommStream } from './comm-stream.ts'
import { endlessTimeouts } from './dcb.ts'
import type { Kernel } from './kernel.ts'
import { windowsKernel } from './kernel.ts'

/** An open COM port: its bytes, and its settings and lines. Closing is `lines.dispose()`, then `stream.close()`. */
export interface OpenComm {
  readonly kernel: Kernel
  readonly stream: CommStream
  readonly lines: CommLines
}

/** Asked of the driver, which may have less: while we are busy elsewhere nothing overflows. In bytes. */
const RECEIVE_QUEUE = 64 * 1024
const SEND_QUEUE = 16 * 1024

/** Opens it and changes nothing but how reads and writes wait. Rejects with WindowsError; then nothing is open. */
export async function openCommHandle(
  path: string,
  kernel: Kernel = windowsKernel(),
  clock: Clock = systemClock
): Promise<OpenComm> {
  const handle = await kernel.openDevice(path)
  let lines: CommLines | undefined
  try {
    lines = new CommLines(kernel, handle, clock)
    kernel.comm('SetCommTimeouts', handle, endlessTimeouts())
    kernel.setupComm(handle, RECEIVE_QUEUE, SEND_QUEUE)
    return { kernel, lines, stream: new CommStream(kernel, handle, clock) }
  } catch (error) {
    lines?.dispose()
    await kernel.closeHandle(handle)
    throw error
  }
}

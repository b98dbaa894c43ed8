import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'

/** It takes so many bytes each millisecond, and its writers wait for it. */
export function slowDevice(paceBytes: number): MemoryPortSource {
  return new MemoryPortSource('device', (settings) => {
    const port = new MemoryPort({ settings, highWater: 2 * paceBytes, lowWater: paceBytes })
    port.stall()
    const taking = setInterval(() => port.take(paceBytes), 1)
    port.onClose(() => clearInterval(taking))
    return port
  })
}

/** What every Port with a device behind it must show, as far as bytes, backpressure and ends go. See port.ts for the rest. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { turns } from './connection.ts'

/** A Port with its device in the test's hand. */
export interface PortUnderTest {
  readonly port: Port
  /** The device sends. */
  send(bytes: Uint8Array): void
  /** All that the device received since the start. */
  arrived(): Uint8Array
  /** The device takes nothing until `flow`. */
  stall(): void
  flow(): void
  unplug(): Promise<void>
  dispose(): Promise<void>
}

export function devicePortSuite(make: () => Promise<PortUnderTest>): void {
  let device: PortUnderTest
  let port: Port
  let received: Uint8Array[]
  let reasons: CloseReason[]

  beforeEach(async () => {
    device = await make()
    port = device.port
    received = []
    reasons = []
    port.onData((chunk) => received.push(chunk))
    port.onClose((reason) => reasons.push(reason))
  })
  afterEach(async () => {
    port.abort(DONE)
    await device.dispose()
  })

  const text = (): string => Buffer.concat(received).toString('latin1')
  const arrived = (): string => Buffer.from(device.arrived()).toString('latin1')
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
  const settled = { interval: 1, timeout: 3000 }

  /** Writes until the port says to hold on; answers how much it took. */
  function fill(): number {
    device.stall()
    const chunk = Buffer.alloc(4096, 'x')
    let written = chunk.length
    while (port.write(chunk)) written += chunk.length
    return written
  }

  describe('carries bytes', () => {
    it('as they are, both ways, once it is resumed', async () => {
      device.send(bytes)
      port.write(bytes)
      await vi.waitFor(() => expect(arrived()).toBe(bytes.toString('latin1')), settled)
      expect(received).toEqual([])
      port.resume()
      await vi.waitFor(() => expect(text()).toBe(bytes.toString('latin1')), settled)
    })

    it('not while it is paused', async () => {
      port.resume()
      device.send(Buffer.from('one'))
      await vi.waitFor(() => expect(text()).toBe('one'), settled)
      port.pause()
      device.send(Buffer.from('two'))
      port.write(Buffer.from('meanwhile'))
      await vi.waitFor(() => expect(arrived()).toBe('meanwhile'), settled)
      expect(text()).toBe('one')
      port.resume()
      await vi.waitFor(() => expect(text()).toBe('onetwo'), settled)
    })

    it('not where a pause came right behind resume', async () => {
      device.send(Buffer.from('one'))
      port.resume()
      port.pause()
      const atOnce = text()
      device.send(Buffer.from('two'))
      port.write(Buffer.from('meanwhile'))
      await vi.waitFor(() => expect(arrived()).toBe('meanwhile'), settled)
      await turns()
      expect(text()).toBe(atOnce)
      port.resume()
      await vi.waitFor(() => expect(text()).toBe('onetwo'), settled)
    })

    it('with false above the mark, and onDrain once when there is room again', async () => {
      let written = fill()
      const { queued } = port
      expect(queued).toBeGreaterThan(0)
      expect(queued).toBeLessThanOrEqual(written)
      expect(port.write(Buffer.alloc(1000, 'y'))).toBe(false)
      expect(port.queued).toBe(queued + 1000)
      written += 1000
      const drained = vi.fn()
      port.onDrain(drained)
      expect(drained).not.toHaveBeenCalled()
      device.flow()
      await vi.waitFor(() => {
        expect(device.arrived()).toHaveLength(written)
        expect(drained).toHaveBeenCalledOnce()
      }, settled)
      expect(port.queued).toBe(0)
    })
  })

  describe('ends', () => {
    it('after what is queued was sent', async () => {
      const written = fill()
      const closing = [port.close(DONE, 10_000), port.close(DONE, 10_000)]
      device.flow()
      expect(await closing[0]).toBe(0)
      await closing[1]
      await vi.waitFor(() => expect(device.arrived()).toHaveLength(written), settled)
      expect(reasons).toEqual([DONE])
    })

    it('at the limit, with the number of bytes that were lost', async () => {
      const written = fill()
      const lost = await port.close(DONE, 20)
      expect(lost).toBeGreaterThan(0)
      expect(port.queued).toBe(lost)
      expect(reasons).toEqual([DONE])
      device.flow()
      await vi.waitFor(() => expect(device.arrived().length + lost).toBe(written), settled)
    })

    it('at once when aborted, and does nothing any more', async () => {
      port.abort({ code: 'error', message: 'enough' })
      await vi.waitFor(() => expect(reasons).toEqual([{ code: 'error', message: 'enough' }]), settled)
      port.abort(DONE)
      port.pause()
      port.resume()
      port.purge('both')
      expect(port.write(bytes)).toBe(true)
      await port.close(DONE, 1000)
      expect([reasons.length, received.length]).toEqual([1, 0])
    })

    it.each(['reading', 'paused'])('when the device is unplugged while %s', async (state) => {
      if (state === 'reading') port.resume()
      await device.unplug()
      await vi.waitFor(
        () => expect(reasons).toEqual([expect.objectContaining({ code: 'unplugged' })]),
        settled
      )
      await port.close(DONE, 1000)
      expect(reasons).toHaveLength(1)
    })

    it('unplugged, with what it never sent still counted', async () => {
      fill()
      const { queued } = port
      await device.unplug()
      await vi.waitFor(() => expect(reasons).toHaveLength(1), settled)
      expect(port.queued).toBe(queued)
      expect(await port.close(DONE, 1000)).toBe(queued)
    })
  })
}

/** What every Duplex promises, whatever carries it. The far side is anything that can send, stall, take and tell. */
import { expect, it, vi } from 'vitest'
import type { Duplex } from '../../src-main/base/duplex.ts'
import { LOW_WATER } from '../../src-main/base/duplex.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import { turns } from './connection.ts'

export interface FarSide {
  /** Sends to the near side. */
  send(chunk: Uint8Array): void
  /** Takes nothing any more. */
  stall(): void
  /** Takes what waits, and whatever comes. */
  flow(): void
  /** What arrived so far. */
  readonly received: Uint8Array
  /** Closes in good order. */
  end(): void
}

export interface DuplexBench {
  readonly near: Duplex
  readonly far: FarSide
  /** The far side can tell that it takes nothing, so that everything waits in `queued`. */
  readonly exact: boolean
}

const bytes = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value)

export function duplexSuite(open: () => DuplexBench | Promise<DuplexBench>): void {
  const closes = (near: Duplex): CloseReason[] => {
    const reasons: CloseReason[] = []
    near.onClose((reason) => reasons.push(reason))
    return reasons
  }
  const collect = (near: Duplex): number[] => {
    const data: number[] = []
    near.onData((chunk) => data.push(...chunk))
    return data
  }

  it('is paused from birth and delivers in order once it is resumed', async () => {
    const { near, far } = await open()
    const data = collect(near)
    far.send(bytes(2, 1))
    far.send(bytes(2, 2))
    await turns()
    expect(data).toEqual([])
    near.resume()
    await vi.waitFor(() => expect(data).toEqual([1, 1, 2, 2]))
    near.abort(DONE)
  })

  it('delivers nothing while it is paused, and loses nothing', async () => {
    const { near, far } = await open()
    const data = collect(near)
    near.resume()
    far.send(bytes(1, 1))
    await vi.waitFor(() => expect(data).toEqual([1]))
    near.pause()
    far.send(bytes(1, 2))
    await turns()
    expect(data).toEqual([1])
    near.resume()
    await vi.waitFor(() => expect(data).toEqual([1, 2]))
    near.abort(DONE)
  })

  it('delivers nothing where it was paused right behind a resume', async () => {
    const { near, far } = await open()
    const data = collect(near)
    far.send(bytes(1, 1))
    await turns()
    near.resume()
    near.pause()
    const atOnce = [...data]
    await turns()
    far.send(bytes(1, 2))
    await turns()
    expect(data).toEqual(atOnce)
    near.resume()
    await vi.waitFor(() => expect(data).toEqual([1, 2]))
    near.abort(DONE)
  })

  it('takes whole chunks, says when it is enough, and tells when it has drained', async () => {
    const { near, far } = await open()
    far.stall()
    let sent = 0
    let more = true
    let drains = 0
    near.onDrain(() => {
      drains += 1
      expect(near.queued).toBeLessThanOrEqual(LOW_WATER)
    })
    while (more && sent < 64 * 1024 * 1024) {
      more = near.write(bytes(4096, 7))
      sent += 4096
    }
    expect(more).toBe(false)
    near.write(bytes(10, 8))
    sent += 10
    expect(near.queued).toBeGreaterThan(LOW_WATER)
    far.flow()
    await vi.waitFor(() => expect(far.received.length).toBe(sent))
    expect(drains).toBe(1)
    near.abort(DONE)
  })

  it('sends what is queued before it closes', async () => {
    const { near, far } = await open()
    const reasons = closes(near)
    far.stall()
    near.write(bytes(5, 1))
    const closed = near.close(SHUTDOWN, 5000)
    far.flow()
    expect(await closed).toBe(0)
    expect(far.received.length).toBe(5)
    expect(reasons).toEqual([SHUTDOWN])
  })

  it('answers what it could not deliver in time, and takes nothing after the end', async () => {
    const { near, far, exact } = await open()
    const reasons = closes(near)
    far.stall()
    near.write(bytes(5, 1))
    const lost = await near.close(DONE, 10)
    if (exact) expect(lost).toBe(5)
    expect(near.write(bytes(5, 2))).toBe(true)
    expect(await near.close(DONE, 10)).toBe(lost)
    near.abort(DONE)
    expect(reasons).toEqual([DONE])
  })

  it('ends at once when it is aborted, and only once', async () => {
    const { near, far } = await open()
    const reasons = closes(near)
    const data = collect(near)
    near.resume()
    near.abort(SHUTDOWN)
    near.abort(DONE)
    far.send(bytes(1, 1))
    await vi.waitFor(() => expect(reasons).toEqual([SHUTDOWN]))
    await turns()
    expect(reasons).toEqual([SHUTDOWN])
    expect(data).toEqual([])
  })

  it('delivers what was sent before the far side closed', async () => {
    const { near, far } = await open()
    const reasons = closes(near)
    const data = collect(near)
    far.send(bytes(3, 9))
    far.end()
    near.resume()
    await vi.waitFor(() => expect(reasons).toHaveLength(1))
    expect(data).toEqual([9, 9, 9])
  })
}

import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HIGH_WATER, LOW_WATER } from '../../src-main/base/duplex.ts'
import { once } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import type { Connection } from '../../src-main/net/connection.ts'

export interface Pair {
  readonly near: Connection
  readonly far: Connection
}

export interface Traits {
  /** The far side can tell an abort from an end; so it is where nothing is said. */
  readonly tellsAborts?: boolean
}

/** What every Connection does, whatever carries it. `connect` makes two joined ends, both paused. */
export function connectionSuite(
  name: string,
  connect: () => Promise<Pair>,
  { tellsAborts = true }: Traits = {}
): void {
  const broken = tellsAborts ? 'error' : 'done'
  const connected = async (): Promise<Pair> => {
    const pair = await connect()
    onTestFinished(() => {
      pair.near.abort(DONE)
      pair.far.abort(DONE)
    })
    return pair
  }

  describe(`a connection over ${name}`, () => {
    it('carries 1 MiB both ways at once, in order', async () => {
      const { near, far } = await connected()
      const there = randomBytes(1 << 20, 1)
      const back = randomBytes(1 << 20, 2)
      const [atFar, atNear] = [received(far, there.length), received(near, back.length)]
      far.resume()
      near.resume()
      await Promise.all([writeAll(near, there), writeAll(far, back)])
      expect(Buffer.compare(await atFar, there)).toBe(0)
      expect(Buffer.compare(await atNear, back)).toBe(0)
    })

    it('hands on pieces of at most 64 KiB, and never writes to one again', async () => {
      const { near, far } = await connected()
      const sent = randomBytes(300_000, 3)
      const pieces: { piece: Uint8Array; copy: Buffer }[] = []
      far.onData((piece) => pieces.push({ piece, copy: Buffer.from(piece) }))
      const all = received(far, sent.length)
      far.resume()
      await writeAll(near, sent)
      await all
      expect(Math.max(...pieces.map(({ piece }) => piece.length))).toBeLessThanOrEqual(64 * 1024)
      for (const { piece, copy } of pieces) expect(Buffer.compare(piece, copy)).toBe(0)
    })

    it('hands on nothing before resume', async () => {
      const { near, far } = await connected()
      let early = true
      const first = once(far.onData).then(() => early)
      near.write(Buffer.from('x'))
      await turns()
      early = false
      far.resume()
      expect(await first).toBe(false)
    })

    it('hands on nothing where a pause came right behind resume', async () => {
      const { near, far } = await connected()
      const all = received(far, 6)
      const pieces: string[] = []
      far.onData((piece) => pieces.push(Buffer.from(piece).toString()))
      near.write(Buffer.from('one'))
      await turns()
      far.resume()
      far.pause()
      const atOnce = [...pieces]
      await turns()
      near.write(Buffer.from('two'))
      await turns()
      expect(pieces).toEqual(atOnce)
      far.resume()
      expect((await all).toString()).toBe('onetwo')
    })

    it('pushes back while the reader is paused, and says when there is room', async () => {
      const { near, far } = await connected()
      const written = sizeOf(await stuff(near))
      // More than at a drain: a carrier may hand on some of it once `write` has answered.
      expect(near.queued).toBeGreaterThan(LOW_WATER)
      expect(near.queued).toBeLessThanOrEqual(HIGH_WATER + 64 * 1024)
      let drains = 0
      const queuedAtDrain: number[] = []
      near.onDrain(() => {
        drains++
        queuedAtDrain.push(near.queued)
      })
      await turns()
      expect(drains).toBe(0)
      const all = received(far, written)
      far.resume()
      expect((await all).length).toBe(written)
      await turns()
      expect(drains).toBe(1)
      expect(queuedAtDrain[0]).toBeLessThanOrEqual(LOW_WATER)
      expect(near.queued).toBe(0)
    })

    it('loses nothing of an echo whose writers go on from within onDrain', async () => {
      const { near, far } = await connected()
      const size = 24 << 20
      const block = randomBytes(1 << 16, 9)
      // The far end gives back what it can, and holds its reader up meanwhile.
      far.onData((piece) => {
        if (!far.write(piece)) far.pause()
      })
      far.onDrain(() => far.resume())
      const back = createHash('sha256')
      const sent = createHash('sha256')
      let left = size
      const all = new Promise<void>((resolve) => {
        near.onData((piece) => {
          back.update(piece)
          left -= piece.length
          if (left === 0) resolve()
        })
      })
      let offset = 0
      const go = (): void => {
        for (let room = true; room && offset < size; offset += 4096) {
          const start = offset % block.length
          const piece = block.subarray(start, start + 4096)
          sent.update(piece)
          room = near.write(piece)
        }
      }
      near.onDrain(go)
      far.resume()
      near.resume()
      go()
      await all
      expect(back.digest('hex')).toBe(sent.digest('hex'))
    }, 20_000)

    it('stops at a pause from inside the receiver, and goes on where it stopped', async () => {
      const { near, far } = await connected()
      const sent = randomBytes(200_000, 4)
      const pieces: Uint8Array[] = []
      let paused = false
      let total = 0
      const all = new Promise<void>((resolve) =>
        far.onData((piece) => {
          expect(paused).toBe(false)
          pieces.push(piece)
          total += piece.length
          if (total === sent.length) resolve()
          far.pause()
          paused = true
          setImmediate(() => {
            paused = false
            far.resume()
          })
        })
      )
      far.resume()
      await writeAll(near, sent)
      await all
      expect(Buffer.compare(Buffer.concat(pieces), sent)).toBe(0)
    })

    it('sends what is queued before it closes, and both see one end', async () => {
      const { near, far } = await connected()
      const sent = Buffer.concat(await stuff(near))
      const [nearEnds, farEnds] = [ends(near), ends(far)]
      const all = received(far, sent.length)
      const lost = near.close(SHUTDOWN, 5000)
      far.resume()
      expect((await all).length).toBe(sent.length)
      expect(await lost).toBe(0)
      await ended(far, farEnds)
      await turns()
      expect(nearEnds).toEqual([SHUTDOWN])
      expect(farEnds).toEqual([DONE])
    })

    it('gives up when the time is over, and counts what it could not deliver', async () => {
      const { near, far } = await connected()
      const sent = sizeOf(await stuff(near))
      const nearEnds = ends(near)
      const lost = await near.close(SHUTDOWN, 20)
      expect(nearEnds).toEqual([SHUTDOWN])
      let got = 0
      far.onData((piece) => (got += piece.length))
      far.resume()
      // The far side is told that it did not get everything, also when it only finds out after the last bytes.
      const { code } = await ended(far)
      expect(lost).toBeGreaterThan(LOW_WATER)
      expect(lost).toBeLessThanOrEqual(sent)
      // Other systems tell nobody what the kernels hold, throw it away with a reset, and need not tell that from an end (os/socket-state.ts).
      if (process.platform !== 'linux') return
      expect(code).toBe(broken)
      expect(got + lost).toBeGreaterThanOrEqual(sent)
    })

    it('answers every close with the same count, and abort cuts a close short', async () => {
      const { near } = await connected()
      await stuff(near)
      const nearEnds = ends(near)
      const first = near.close(SHUTDOWN, 60_000)
      const second = near.close(DONE, 60_000)
      near.abort(DONE)
      near.abort(DONE)
      expect(await first).toBeGreaterThan(0)
      expect(await second).toBe(await first)
      expect(await near.close(DONE, 0)).toBe(await first)
      expect(nearEnds).toEqual([SHUTDOWN])
    })

    it('still tells in `queued` what it lost, while onClose fires and after it', async () => {
      const { near } = await connected()
      await stuff(near)
      const before = near.queued
      let atTheEnd = 0
      near.onClose(() => (atTheEnd = near.queued))
      near.abort(DONE)
      expect(before).toBeGreaterThan(LOW_WATER)
      expect(atTheEnd).toBeGreaterThanOrEqual(before)
      expect(near.queued).toBe(await near.close(DONE, 0))
    })

    it('takes nothing after the end, and says so with true', async () => {
      const { near } = await connected()
      near.abort(DONE)
      expect(near.write(Buffer.from('late'))).toBe(true)
      expect(near.queued).toBe(0)
      expect(await near.close(DONE, 0)).toBe(0)
    })

    it('tells the other end of an abort', async () => {
      const { near, far } = await connected()
      const [nearEnds, farEnds] = [ends(near), ends(far)]
      far.resume()
      const reason: CloseReason = { code: 'too-slow', message: 'too slow' }
      near.abort(reason)
      expect(nearEnds).toEqual([reason])
      expect((await ended(far, farEnds)).code).toBe(broken)
      expect(farEnds).toHaveLength(1)
    })

    it('keeps the data of a peer that is gone until the paused reader takes it', async () => {
      const { near, far } = await connected()
      const sent = randomBytes(50_000, 5)
      const farEnds = ends(far)
      near.write(sent)
      await near.close(DONE, 5000)
      await turns()
      expect(farEnds).toEqual([])
      const pieces: Uint8Array[] = []
      far.onData((piece) => pieces.push(piece))
      far.resume()
      expect(await ended(far, farEnds)).toEqual(DONE)
      expect(Buffer.compare(Buffer.concat(pieces), sent)).toBe(0)
    })

    it('keeps that data even when an answer was written to the closed peer', async () => {
      const { near, far } = await connected()
      const sent = randomBytes(50_000, 6)
      near.write(sent)
      await near.close(DONE, 5000)
      far.write(Buffer.from('echo'))
      await turns()
      far.write(Buffer.from('echo'))
      await turns()
      const pieces: Uint8Array[] = []
      far.onData((piece) => pieces.push(piece))
      far.resume()
      expect((await ended(far)).code).toBe('done')
      expect(Buffer.compare(Buffer.concat(pieces), sent)).toBe(0)
      expect(await far.close(DONE, 0)).toBeGreaterThan(0)
    })

    it.each(['abort', 'close'] as const)('can end from within its receiver, by %s', async (how) => {
      const { near, far } = await connected()
      const farEnds = ends(far)
      let pieces = 0
      far.onData(() => {
        pieces++
        if (how === 'abort') far.abort(DONE)
        else void far.close(DONE, 1000)
        expect(far.write(Buffer.from('late'))).toBe(true)
      })
      near.write(randomBytes(100_000, 7))
      near.resume()
      far.resume()
      await ended(near)
      await turns()
      expect(pieces).toBe(1)
      expect(farEnds).toEqual([DONE])
    })

    it('can close from within onDrain, what is queued then included', async () => {
      const { near, far } = await connected()
      const size = sizeOf(await stuff(near))
      const all = received(far, size + 4)
      const lost = new Promise<number>((resolve) => {
        near.onDrain(() => {
          near.write(Buffer.from('last'))
          resolve(near.close(DONE, 5000))
        })
      })
      far.resume()
      expect((await all).subarray(-4).toString()).toBe('last')
      expect(await lost).toBe(0)
    })

    it('hands on nothing once its owner closes it', async () => {
      const { near, far } = await connected()
      let pieces = 0
      near.onData(() => pieces++)
      near.resume()
      far.write(Buffer.from('late'))
      await near.close(DONE, 1000)
      expect(pieces).toBe(0)
    })
  })
}

/** Bytes that look random and are the same each time (xorshift32). */
export function randomBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed * 0x9e3779b1 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** The first `length` bytes that come. */
export function received(connection: Connection, length: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = []
    let total = 0
    connection.onData((piece) => {
      pieces.push(piece)
      total += piece.length
      if (total >= length) resolve(Buffer.concat(pieces))
    })
  })
}

/** Writes in uneven chunks, waiting wherever the connection asks for it. */
export async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 3) % 60_013) {
    if (!connection.write(bytes.subarray(at, at + size))) await once(connection.onDrain)
  }
}

/** Writes until the connection pushes back; answers what it took. */
export function fill(connection: Connection): Buffer[] {
  const chunks: Buffer[] = []
  do chunks.push(randomBytes(64 * 1024, chunks.length + 1))
  while (connection.write(chunks.at(-1)!))
  return chunks
}

/** As `fill`, for carriers that hand on to the kernel a turn later, too: until there is no room any more, however long one waits. */
export async function stuff(connection: Connection): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let room = true
  const watching = connection.onDrain(() => (room = true))
  while (room) {
    room = false
    chunks.push(...fill(connection))
    if (chunks.length > 1024) throw new Error('it took 64 MiB without a reader')
    await turns()
  }
  watching.dispose()
  return chunks
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

/** Every reason with which it ended, as they come. */
export function ends(connection: Connection): CloseReason[] {
  const reasons: CloseReason[] = []
  connection.onClose((reason) => reasons.push(reason))
  return reasons
}

export function ended(connection: Connection, already: readonly CloseReason[] = []): Promise<CloseReason> {
  return already[0] ? Promise.resolve(already[0]) : once(connection.onClose)
}

/** Some rounds of the event loop: time for what must not happen. */
export async function turns(rounds = 20): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setTimeout(resolve, 0))
}

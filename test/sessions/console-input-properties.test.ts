import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConsoleInput, LEAVE_KEY, TYPED_LIMIT } from '../../src-main/sessions/console-input.ts'
import type { InputEnd } from '../../src-main/sessions/console-input.ts'
import { settle } from '../fake-clock.ts'
import { TEN_THOUSAND, bytesOf, joined } from '../properties.ts'

/** A chunk is typed, the device takes nothing, or takes again. */
const step = fc.oneof(bytesOf([LEAVE_KEY, 0, 0x0d], 8), fc.constantFrom('pause' as const, 'resume' as const))

interface Sitting {
  readonly input: ConsoleInput
  readonly stream: PassThrough
  readonly got: Uint8Array[]
  readonly ends: InputEnd[]
}

function sit(terminal: boolean): Sitting {
  const stream = new PassThrough()
  const input = new ConsoleInput(stream, terminal)
  const got: Uint8Array[] = []
  const ends: InputEnd[] = []
  input.onData((chunk) => got.push(chunk))
  input.onEnd((end) => ends.push(end))
  return { input, stream, got, ends }
}

it('a terminal hands on every byte before the leave key, in order, and counts the rest: 10,000 inputs', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { input, stream, got, ends } = sit(true)
      const typed: Uint8Array[] = []
      for (const each of steps) {
        // Whoever left is gone.
        if (ends.length > 0) break
        if (each === 'pause') input.pause()
        else if (each === 'resume') input.resume()
        else {
          typed.push(each)
          // As the stream would: its own buffer is not what is tested here.
          stream.emit('data', each)
        }
      }
      const all = joined(typed)
      const key = all.indexOf(LEAVE_KEY)
      const wanted = key < 0 ? all : all.subarray(0, key)
      if (key < 0) {
        expect(ends).toEqual([])
        input.resume()
        expect(joined(got)).toEqual(wanted)
      } else {
        const handed = joined(got)
        expect(ends).toEqual([{ type: 'left', unsent: wanted.length - handed.length }])
        expect(handed).toEqual(wanted.subarray(0, handed.length))
      }
      input.dispose()
    }),
    TEN_THOUSAND
  )
})

it('a pipe hands on every byte, the leave key among them, and then its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { input, stream, got, ends } = sit(false)
      for (const each of steps) {
        if (each === 'pause') input.pause()
        else if (each === 'resume') input.resume()
        else stream.write(each)
        await settle()
      }
      stream.end()
      input.resume()
      await settle()
      await settle()
      expect(joined(got)).toEqual(joined(steps.filter((each) => typeof each !== 'string')))
      expect(ends).toEqual([{ type: 'ended' }])
      input.dispose()
    }),
    { numRuns: 300 }
  )
})

it('a paused terminal reads no further than its limit and the chunk that passed it', async () => {
  const { input, stream, got } = sit(true)
  const chunk = new Uint8Array(16 * 1024)
  for (let sent = 0; sent < 4 * TYPED_LIMIT; sent += chunk.length) stream.write(chunk)
  await settle()
  expect(stream.isPaused()).toBe(true)
  expect(stream.readableLength + stream.writableLength).toBeGreaterThanOrEqual(3 * TYPED_LIMIT)
  input.resume()
  while (stream.readableLength + stream.writableLength > 0) await settle()
  expect(got.reduce((sum, each) => sum + each.length, 0)).toBe(4 * TYPED_LIMIT)
  input.dispose()
})

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { memoryPair } from '../../src-main/net/memory.ts'
import { TelnetLink } from '../../src-main/net/telnet-link.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { MAX_ANSWERS, type Side } from '../../src-main/protocol/telnet-options.ts'
import { settle } from '../fake-clock.ts'
import { TEN_THOUSAND, bytesOf, cut, cuts } from '../properties.ts'

const OPTIONS = [0, 1, 3, 44]
const some = fc.subarray(OPTIONS).map((options): ReadonlySet<number> => new Set(options))
const agreeable = fc.record({ us: some, him: some })
const holding = fc.constantFrom('all' as const, 'data' as const)
const asked = fc.array(
  fc.tuple(
    fc.constantFrom(0, 1),
    fc.constantFrom<Side>('us', 'him'),
    fc.constantFrom(...OPTIONS),
    fc.boolean(),
    fc.boolean()
  ),
  { maxLength: 12 }
)

/** Counts what goes out on it. */
function counted(connection: Connection): { readonly bytes: () => number } {
  const write = connection.write.bind(connection)
  let bytes = 0
  connection.write = (chunk) => {
    bytes += chunk.length
    return write(chunk)
  }
  return { bytes: () => bytes }
}

it('two links settle whatever both ask for, with few bytes, and agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      agreeable,
      agreeable,
      holding,
      holding,
      asked,
      async (one, other, first, second, steps) => {
        const pair = memoryPair()
        const said = pair.map(counted)
        const links = [
          new TelnetLink(pair[0], { mode: 'rfc2217', holding: first, agreeable: one }),
          new TelnetLink(pair[1], { mode: 'rfc2217', holding: second, agreeable: other })
        ] as const
        for (const link of links) link.resume()
        for (const [end, side, option, on, wait] of steps) {
          links[end === 0 ? 0 : 1].negotiate([side, option, on])
          if (wait) await settle()
        }
        const total = (): number => said[0]!.bytes() + said[1]!.bytes()
        for (let before = -1; before !== total();) {
          before = total()
          for (let turn = 0; turn < 4; turn++) await settle()
        }
        // Three bytes a message: a wish costs one and its answer.
        expect(total()).toBeLessThanOrEqual(3 * 2 * steps.length)
        for (const option of OPTIONS) {
          expect(links[0].enabled('us', option)).toBe(links[1].enabled('him', option))
          expect(links[0].enabled('him', option)).toBe(links[1].enabled('us', option))
        }
        links[0].abort(DONE)
        links[1].abort(DONE)
      }
    ),
    { numRuns: 300 }
  )
})

/** A connection that a test speaks on: what arrives, and what was answered. */
class Babbler {
  readonly answers: number[] = []
  #data: (chunk: Uint8Array) => void = () => undefined
  #close: (reason: typeof DONE) => void = () => undefined

  readonly connection: Connection = {
    remote: 'babbler',
    remoteAddress: '127.0.0.1',
    queued: 0,
    write: (chunk) => {
      this.answers.push(...chunk)
      return true
    },
    probe: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: () => Promise.resolve(0),
    abort: (reason) => {
      this.#close(reason)
    },
    onData: (listener) => {
      this.#data = listener
      return { dispose: () => undefined }
    },
    onDrain: () => ({ dispose: () => undefined }),
    onClose: (listener) => {
      this.#close = listener
      return { dispose: () => undefined }
    }
  }

  say(chunk: Uint8Array): void {
    this.#data(chunk)
  }
}

it('a link answers 10,000 malformed conversations a bounded number of times, and hands on all data', () => {
  const special = [255, 255, 255, 250, 240, 251, 252, 253, 254, 0, 44, 13]
  fc.assert(
    fc.property(agreeable, holding, bytesOf(special, 200), cuts, (agreeing, how, bytes, sizes) => {
      const [whole, pieces] = [[bytes], cut(bytes, sizes)].map((chunks) => {
        const babbler = new Babbler()
        const link = new TelnetLink(babbler.connection, {
          mode: 'rfc2217',
          holding: how,
          agreeable: agreeing
        })
        const data: number[] = []
        link.onData((chunk) => data.push(...chunk))
        link.resume()
        for (const chunk of chunks) babbler.say(chunk)
        link.abort(DONE)
        return { data, answers: babbler.answers }
      })
      expect(pieces).toEqual(whole)
      // Three bytes an answer, to each option on either side.
      const options = new Set(bytes).size
      expect(whole!.answers.length).toBeLessThanOrEqual(3 * 2 * options * (MAX_ANSWERS + 1))
    }),
    TEN_THOUSAND
  )
})

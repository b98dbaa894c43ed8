import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../../src-main/base/clock.ts'
import {
  EXPRESSION_MS,
  Expressions,
  type Thread
} from '../../../src-renderer/model/monitor/filter-expressions.ts'
import { packed } from '../../../src-main/traffic/filter/packed-texts.ts'
import { answer, type Answer, type Question } from '../../../src-renderer/model/monitor/filter-question.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0))

/** Threads that answer when the test says so, and a clock that runs when it does. */
class Bench implements Clock {
  readonly threads: (Thread & { asked: Question[]; isEnded: boolean })[] = []
  due: (() => void) | undefined

  readonly make = (): Thread => {
    const asked: Question[] = []
    const thread: (typeof this.threads)[number] = {
      onmessage: null,
      onerror: null,
      asked,
      isEnded: false,
      postMessage: (question) => void asked.push(question),
      terminate: () => (thread.isEnded = true)
    }
    this.threads.push(thread)
    return thread
  }

  nowMs(): number {
    return 0
  }

  after(delayMs: number, call: () => void): { dispose(): void } {
    expect(delayMs).toBe(EXPRESSION_MS)
    this.due = call
    return { dispose: () => (this.due = undefined) }
  }

  every(): { dispose(): void } {
    return { dispose: () => undefined }
  }

  say(thread: number, data: Answer | undefined): void {
    this.threads[thread]?.onmessage?.({ data } as MessageEvent<Answer | undefined>)
  }
}

const expressions: Expressions[] = []
afterEach(() => {
  for (const each of expressions.splice(0)) each.dispose()
})

function make(): { bench: Bench; runner: Expressions } {
  const bench = new Bench()
  const runner = new Expressions(bench.make, bench)
  expressions.push(runner)
  return { bench, runner }
}

describe('expressions of people', () => {
  it('are answered by the thread, one question after the other', async () => {
    const { bench, runner } = make()
    const first = runner.run([/a/, /^b/], [bytes('a'), bytes('ba')])
    const second = runner.places(/b+/, bytes('abba b'))
    expect(bench.threads[0]?.asked).toEqual([])
    bench.say(0, undefined)
    bench.say(0, answer(bench.threads[0]!.asked[0]!))
    expect(await first).toEqual([
      [true, false],
      [true, true]
    ])
    bench.say(0, answer(bench.threads[0]!.asked[1]!))
    expect([...(await second)]).toEqual([1, 3, 5, 6])
  })

  it('that take too long are ended with their thread, and others go on in a new one', async () => {
    const { bench, runner } = make()
    const endless = runner.run([/(a+)+$/], [bytes('aaaa!')])
    const other = runner.run([/a/], [bytes('a')])
    bench.say(0, undefined)
    bench.due?.()
    await expect(endless).rejects.toThrow('/(a+)+$/ takes more than 500 ms')
    expect(bench.threads[0]?.isEnded).toBe(true)
    bench.say(1, undefined)
    bench.say(1, answer(bench.threads[1]!.asked[0]!))
    expect(await other).toEqual([[true]])
  })

  it('read bytes as they are, a character each, and rows on their own', () => {
    const { fits } = answer({
      ...{ id: 1, want: 'fit', expressions: [/^\xff$/, /\x00/g] },
      ...packed([Uint8Array.of(0xff), Uint8Array.of(0), Uint8Array.of(0, 0xff)])
    })
    expect([...fits]).toEqual([1, 0, 0, 1, 0, 1])
  })
})

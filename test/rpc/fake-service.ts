/** A Service that a test holds in its hand: every call and every subscription waits for what the test says. */
import type { Disposable } from '../../src-main/base/event.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { Service } from '../../src-main/rpc/server.ts'
import type { Subscriber } from '../../src-main/rpc/subscription.ts'

export interface FakeCall {
  readonly name: string
  readonly args: unknown
  readonly signal: AbortSignal
  readonly answer: (value: unknown) => void
  readonly fail: (error: unknown) => void
  settled: boolean
}

export interface FakeSubscription {
  readonly topic: string
  readonly args: unknown
  readonly subscriber: Subscriber
  disposed: number
}

/** `echo` answers its arguments at once; everything else waits, as do all topics but `none`. */
export class FakeService implements Service {
  readonly calls: FakeCall[] = []
  readonly subscriptions: FakeSubscription[] = []
  /** Called for each subscription, inside `subscribe`. */
  onSubscribe: ((subscription: FakeSubscription) => void) | undefined

  call(name: string, args: unknown, signal: AbortSignal): Promise<unknown> {
    if (name === 'echo') return Promise.resolve(args)
    return new Promise((resolve, reject) => {
      const fake: FakeCall = {
        name,
        args,
        signal,
        answer: (value) => {
          fake.settled = true
          resolve(value)
        },
        fail: (error) => {
          fake.settled = true
          reject(error)
        },
        settled: false
      }
      this.calls.push(fake)
    })
  }

  subscribe(topic: string, args: unknown, subscriber: Subscriber): Disposable {
    if (topic === 'none') throw new Fault('unsupported', 'There is no such topic.')
    const subscription: FakeSubscription = { topic, args, subscriber, disposed: 0 }
    this.subscriptions.push(subscription)
    this.onSubscribe?.(subscription)
    return { dispose: () => void (subscription.disposed += 1) }
  }
}

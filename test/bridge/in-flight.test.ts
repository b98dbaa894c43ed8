import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Account } from '../../src-main/bridge/account.ts'
import { InFlight } from '../../src-main/bridge/in-flight.ts'

it('tells who lost what: the newest bytes first', () => {
  const inFlight = new InFlight()
  const [one, other] = [1, 2].map((id) => ({ id, account: new Account() }))
  inFlight.add(one!, 10)
  inFlight.add(one!, 5)
  inFlight.add(other!, 7)
  inFlight.add(one!, 3)
  const lost: [number, number][] = []
  inFlight.lose(14, ({ id }, bytes) => lost.push([id, bytes]))
  inFlight.lose(100, ({ id }, bytes) => lost.push([id, bytes]))
  expect(lost).toEqual([
    [1, 3],
    [2, 7],
    [1, 4],
    [1, 11]
  ])
})

it('keeps nothing of a writer that left but its number and its account', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const inFlight = new InFlight()
  const session = ((): WeakRef<object> => {
    const member = { id: 1, account: new Account(), session: { buffers: new Uint8Array(1024) } }
    inFlight.add(member, 10)
    return new WeakRef(member.session)
  })()
  // A WeakRef holds what it was made with until the turn is over.
  await new Promise((resolve) => setTimeout(resolve, 0))
  collect()
  expect(session.deref()).toBeUndefined()
  inFlight.lose(10, ({ id }) => expect(id).toBe(1))
})

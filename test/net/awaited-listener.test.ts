import { expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { ADDRESS_TRY_MS, listenWhenPossible } from '../../src-main/net/awaited-listener.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { Listener } from '../../src-main/net/connection.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { FakeClock } from '../fake-clock.ts'
import { listening } from './tcp-pair.ts'

/** Of a network for examples: nobody's. */
const ABSENT = 'raw://192.0.2.77:7000'

async function awaited(url: string): Promise<{ listener: Listener; clock: FakeClock; said: string[] }> {
  const clock = new FakeClock()
  const said: string[] = []
  const listener = await listenWhenPossible(parseEndpoint(url, 'listen'), {
    clock,
    allowList: new AllowList(['anyone']),
    onWaiting: ({ message }) => said.push(`waits: ${message}`),
    onFault: ({ message }) => said.push(message)
  })
  return { listener, clock, said }
}

it('waits for an address that is not there, says so once, and keeps its URL', async () => {
  const { listener, clock, said } = await awaited(ABSENT)
  expect(listener.awaited).toBe(true)
  expect(listener.url).toBe(ABSENT)
  for (let tries = 0; tries < 3; tries++) {
    await clock.advance(ADDRESS_TRY_MS)
    // The system answers in a turn of its own.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(said).toEqual([expect.stringMatching(/^waits: .*192\.0\.2\.77/)])
  await listener.close(DONE)
  expect(clock.pending).toBe(0)
})

it('is a listener like any other where the address is there', async () => {
  const { listener, said } = await awaited('raw://127.0.0.1:0')
  expect(listener.awaited).toBeFalsy()
  expect(said).toEqual([])
  await listener.close(DONE)
})

it('does not wait for what time does not mend', async () => {
  const other = await listening('raw://127.0.0.1:0')
  await expect(awaited(other.url)).rejects.toMatchObject({ code: 'address-in-use' })
})

import { expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { MemoryListener, memoryPair } from '../../src-main/net/memory.ts'
import { connectionSuite } from '../suites/connection.ts'

connectionSuite('memory', () => {
  const [near, far] = memoryPair()
  return Promise.resolve({ near, far })
})

it('dials a listener in memory, until it is closed', async () => {
  const listener = new MemoryListener()
  const accepted: Connection[] = []
  listener.onConnection((connection) => accepted.push(connection))
  const near = await listener.connect('192.0.2.7')
  expect(accepted[0]?.remoteAddress).toBe('192.0.2.7')
  await listener.close()
  await expect(listener.connect()).rejects.toMatchObject({ code: 'peer-refused' })
  near.abort(DONE)
})

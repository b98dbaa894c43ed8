import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { duplexSuite } from '../suites/duplex.ts'

describe('a memory session', () => {
  duplexSuite(() => {
    const session = new MemorySession()
    return { near: session, far: session, exact: true }
  })

  it('asks, and writes down what it is answered', () => {
    const session = new MemorySession()
    session.onApply((request) => request.answer({ ...DEFAULT_SETTINGS, ...request.wish }))
    session.onControl((request) => request.answer({ dtr: true, rts: true, break: false, ...request.wish }))
    expect(session.ask({ baudRate: 300 }).answers).toEqual([{ ...DEFAULT_SETTINGS, baudRate: 300 }])
    expect(session.askControl({ rts: false }).answers).toEqual([{ dtr: true, rts: false, break: false }])
    expect(session.answered).toHaveLength(2)
  })
})

describe('a source of memory sessions', () => {
  it('hands each on once, and refuses them where nobody serves', async () => {
    const source = new MemorySource()
    expect(source.connect(new MemorySession()).closeReason?.code).toBe('refused')
    const served: unknown[] = []
    source.onSession((session) => served.push(session))
    const session = source.connect(new MemorySession())
    expect(served).toEqual([session])
    await source.close()
    expect(source.connect(new MemorySession()).closeReason?.code).toBe('refused')
    expect(session.closeReason).toBeUndefined()
  })
})

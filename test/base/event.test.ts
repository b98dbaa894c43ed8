import { describe, expect, it } from 'vitest'
import { Emitter, never, once } from '../../src-main/base/event.ts'

describe('Emitter', () => {
  it('calls its listeners in the order in which they came, each as often as it subscribed', () => {
    const emitter = new Emitter<number>()
    const seen: string[] = []
    const twice = (value: number): number => seen.push(`twice ${value}`)
    emitter.event(twice)
    emitter.event((value) => seen.push(`once ${value}`))
    const second = emitter.event(twice)
    emitter.fire(1)
    expect(seen).toEqual(['twice 1', 'once 1', 'twice 1'])
    second.dispose()
    second.dispose()
    emitter.fire(2)
    expect(seen.slice(3)).toEqual(['twice 2', 'once 2'])
  })

  it('does not call one that was taken off meanwhile, nor one that came meanwhile', () => {
    const emitter = new Emitter<void>()
    const seen: string[] = []
    emitter.event(() => {
      seen.push('first')
      later.dispose()
      emitter.event(() => seen.push('newcomer'))
    })
    const later = emitter.event(() => seen.push('later'))
    emitter.fire()
    expect(seen).toEqual(['first'])
  })

  it('has no listeners after its end', () => {
    const emitter = new Emitter<void>()
    emitter.event(() => expect.unreachable())
    expect(emitter.hasListeners).toBe(true)
    emitter.dispose()
    emitter.fire()
    expect(emitter.hasListeners).toBe(false)
  })
})

describe('once', () => {
  it('resolves with the next value and takes its listener off', async () => {
    const emitter = new Emitter<number>()
    const next = once(emitter.event)
    emitter.fire(7)
    emitter.fire(8)
    expect(await next).toBe(7)
    expect(emitter.hasListeners).toBe(false)
  })

  it.each([true, false])('rejects with the reason of the signal (aborted before: %s)', async (before) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    if (before) controller.abort(reason)
    const next = once(never, controller.signal)
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})

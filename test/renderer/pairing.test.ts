import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { PairingState } from '../../src-main/contract/state.ts'
import type { Core } from '../../src-renderer/core.svelte.ts'
import { isTyping, PairingDesk, waitingRequests } from '../../src-renderer/model/pairing.svelte.ts'

const REQUEST: PairingState = {
  peerId: 'b0'.repeat(32),
  direction: 'incoming',
  remote: '192.0.2.7:4444',
  name: 'bob',
  code: '123456'
}

interface Answer {
  readonly resolve: (value: unknown) => void
  readonly reject: (fault: Fault) => void
}

/** A core that answers when the test says so. */
function core() {
  const calls: string[] = []
  const answers = new Map<string, Answer>()
  const call = (name: string, args: unknown): Promise<unknown> => {
    calls.push(`${name} ${JSON.stringify(args)}`)
    return new Promise((resolve, reject) => answers.set(name, { resolve, reject }))
  }
  const answer = async (name: string, value: unknown): Promise<void> => {
    const to = answers.get(name)
    if (!to) throw new Error(`${name} was not asked; ${calls.join(', ')}`)
    if (value instanceof Fault) to.reject(value)
    else to.resolve(value)
    await Promise.resolve()
    await new Promise((resolve) => setTimeout(resolve))
  }
  const names = (): string[] => calls.map((each) => each.split(' ')[0] ?? '')
  return { desk: new PairingDesk({ call } as Pick<Core, 'call'>), answer, calls, names }
}

describe('pairing', () => {
  it('asked for here: digits, accepted here, then there', async () => {
    const { desk, answer, calls } = core()
    const asked = desk.ask('box', 300)
    expect(desk.stage).toEqual({ type: 'asking', place: 'box' })
    await answer('pair.request', { peer: REQUEST.peerId, name: 'bob', digits: '123456' })
    await asked
    expect(desk.stage).toMatchObject({
      type: 'compare',
      accepted: false,
      request: { digits: '123456', isIncoming: false }
    })
    void desk.accept()
    void desk.accept()
    expect(calls.filter((each) => each.startsWith('pair.accept'))).toHaveLength(1)
    expect(desk.stage).toMatchObject({ type: 'compare', accepted: true })
    await answer('pair.outcome', { peer: REQUEST.peerId, name: 'bob', mayUse: false })
    expect(desk.stage).toEqual({ type: 'paired', peer: REQUEST.peerId, name: 'bob', mayUse: false })
  })

  it('that nobody answers says why, and is tried again at the same place', async () => {
    const { desk, answer, calls } = core()
    void desk.ask('box', 300)
    await answer('pair.request', new Fault('peer-refused', 'Nobody answers.'))
    expect(desk.stage).toMatchObject({ type: 'failed', why: 'Nobody answers.' })
    void desk.again()
    expect(calls).toEqual(Array(2).fill('pair.request {"host":"box","port":300}'))
  })

  it('asked for there: what came to nothing there ends here', async () => {
    const { desk, answer } = core()
    desk.answer(REQUEST)
    expect(desk.stage).toMatchObject({ type: 'compare', request: { name: 'bob', isIncoming: true } })
    await answer('pair.outcome', new Fault('peer-refused', 'It was rejected there.'))
    expect(desk.stage).toMatchObject({ type: 'failed', why: 'It was rejected there.' })
  })

  it('put off or blocked is gone at once, and nothing that comes later brings it back', async () => {
    const { desk, answer, names } = core()
    desk.answer(REQUEST)
    void desk.reject()
    expect(desk.stage).toBeUndefined()
    await answer('pair.outcome', new Fault('peer-refused', 'It was rejected.'))
    expect(desk.stage).toBeUndefined()
    desk.answer(REQUEST)
    void desk.block()
    await answer('peer.block', {})
    expect(desk.stage).toBeUndefined()
    expect(names()).toEqual(['pair.outcome', 'pair.reject', 'pair.outcome', 'peer.block'])
  })

  it('that cannot be accepted says so beside the digits', async () => {
    const { desk, answer } = core()
    desk.answer(REQUEST)
    void desk.accept()
    await answer('pair.accept', new Fault('usage', 'There is no such request.'))
    expect(desk.stage).toMatchObject({ type: 'compare', accepted: false, fault: 'There is no such request.' })
  })
})

describe('requests', () => {
  it('wait here where they have digits, ours too: the page that asked may be another one by now', () => {
    const { peerId, direction, remote, name } = REQUEST
    const early = { peerId, direction, remote, name }
    const all = { a: REQUEST, b: { ...REQUEST, direction: 'outgoing' as const }, c: early }
    expect(waitingRequests(all)).toEqual([REQUEST, all.b])
    expect(waitingRequests(undefined)).toEqual([])
  })

  it.each([
    ['<input>', true],
    ['<textarea></textarea>', true],
    ['<select></select>', true],
    ['<input type="checkbox">', false],
    ['<button></button>', false]
  ])('do not disturb who types: %s', (html, typing) => {
    document.body.innerHTML = html
    expect(isTyping(document.body.firstElementChild)).toBe(typing)
    expect(isTyping(null)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import type { TerminalItem, TerminalSpec } from '../../../src-main/contract/terminal.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { eventually } from '../../eventually.ts'
import { home, house, type Given } from './houses.ts'

const share = { id: 'desk', name: 'Desk', port: { target: 'sim:echo' } }
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

let count = 0

function terminal(client: RpcClient, on: TerminalSpec['on'], observe = false) {
  const key = `terminal-${++count}`
  const items: TerminalItem[] = []
  const ends: (Fault | undefined)[] = []
  const watch = client.subscribe(
    'terminal',
    { terminal: key, on, observe },
    (item) => void items.push(item),
    {
      ended: (fault) => void ends.push(fault)
    }
  )
  const text = (): string =>
    items.map((item) => (item.type === 'bytes' ? new TextDecoder().decode(item.bytes) : '')).join('')
  return {
    ...{ key, items, ends, watch, text },
    types: () => items.map(({ type }) => type),
    write: (what: string) => client.call('terminal.write', { terminal: key, bytes: bytes(what) })
  }
}

const faultOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (fault: unknown) => (fault instanceof Fault ? fault.message : 'odd')
  )

async function alices(given: Given = { shares: [share] }) {
  const alice = await house(await home(), given)
  return { alice, client: alice.client() }
}

describe('a terminal on a share', () => {
  it('is one of its sessions, reads and writes, and leaves', async () => {
    const { alice, client } = await alices()
    const one = terminal(client, { id: 'desk' })
    await eventually(() => expect(one.types()).toEqual(['joined', 'open']))
    expect(one.items[0]).toEqual({ type: 'joined', id: 'desk', session: 1 })
    expect(alice.bridge('desk').sessions).toMatchObject([{ label: 'this computer (terminal)', writer: true }])
    await one.write('hello')
    await eventually(() => expect(one.text()).toBe('hello'))
    one.watch.dispose()
    await eventually(() => expect(alice.bridge('desk').sessions).toEqual([]))
    expect(await faultOf(one.write('more'))).toContain('is closed')
    expect(alice.bridge('desk').state.type).not.toBe('open')
  })

  it('only watches where it was told to, and until it has the control', async () => {
    const { client } = await alices()
    const one = terminal(client, { id: 'desk' })
    await eventually(() => expect(one.types()).toContain('open'))
    const [two, watcher] = [terminal(client, { id: 'desk' }), terminal(client, { id: 'desk' }, true)]
    await eventually(() => expect([two.items.length, watcher.items.length]).toEqual([2, 2]))
    expect(await faultOf(two.write('x'))).toBe('Watching only. Ask for control.')
    await client.call('session.grant', { id: 'desk', session: 2 })
    await two.write('two')
    expect(await faultOf(one.write('x'))).toBe('Watching only. Ask for control.')
    await eventually(() => expect([one.text(), two.text(), watcher.text()]).toEqual(['two', 'two', 'two']))
    expect(await faultOf(client.call('session.grant', { id: 'desk', session: 3 }))).toContain(
      'may only watch'
    )
  })

  it('calls back what the device has not taken, and counts that as lost', async () => {
    // 100 bytes a second.
    const target = 'sim:echo?baud=1000&paced=1'
    const { alice, client } = await alices({
      shares: [{ ...share, port: { target, settings: { baudRate: 1000 } } }]
    })
    const one = terminal(client, { id: 'desk' })
    await eventually(() => expect(one.types()).toContain('open'))
    const sent = 60_000
    // More than the core takes at once: the last one waits for its answer.
    const writes = [one.write('x'.repeat(sent)), one.write('y'.repeat(sent)), one.write('z'.repeat(sent))]
    await eventually(() => expect(alice.bridge('desk').sessions[0]?.waiting).toBeGreaterThan(sent))
    const { discarded } = await client.call('terminal.discard', { terminal: one.key })
    await Promise.all(writes)
    const [session] = alice.bridge('desk').sessions
    expect(session).not.toHaveProperty('waiting')
    expect(discarded).toBeGreaterThan(2.9 * sent)
    expect(session?.lostToDevice).toBe(discarded)
    expect((session?.bytesToDevice ?? 0) + (session?.lostToDevice ?? 0)).toBe(3 * sent)
    await eventually(() =>
      expect(alice.notices.map(({ text }) => text).join()).toContain('discarded by who sent it')
    )
    // Nothing of it comes any more, and what is sent now comes at once.
    const before = one.text().length
    await one.write('now')
    await eventually(() => expect(one.text()).toMatch(/now$/))
    expect(one.text().length - before).toBeLessThan(200)
    expect(await client.call('terminal.discard', { terminal: one.key })).toEqual({ discarded: 0 })
  })

  it('is told why it is closed, and what is not there', async () => {
    const { client } = await alices()
    const one = terminal(client, { id: 'desk' })
    await eventually(() => expect(one.types()).toContain('open'))
    const again = client.subscribe('terminal', { terminal: one.key, on: { id: 'desk' } }, () => undefined, {
      ended: (fault) => void one.ends.push(fault)
    })
    await eventually(() => expect(one.ends[0]?.message).toContain('already'))
    again.dispose()
    await client.call('entry.enable', { id: 'desk', enabled: false })
    expect(one.items.at(-1)).toMatchObject({
      type: 'closed',
      reason: { message: 'it was switched off' },
      lost: 0
    })
    expect(one.ends).toHaveLength(2)
    const absent = terminal(client, { id: 'nothing' })
    await eventually(() => expect(absent.ends[0]?.message).toContain('no share or link'))
  })

  it(
    'that does not read holds nobody else up for longer than any other session',
    { timeout: 20_000 },
    async () => {
      const { alice, client } = await alices({
        shares: [{ ...share, port: { target: 'sim:noise:2000000?baud=20000000' } }]
      })
      const never = new Promise<void>(() => undefined)
      const ends: (Fault | undefined)[] = []
      client.subscribe('terminal', { terminal: 'terminal-slow', on: { id: 'desk' } }, () => never, {
        credit: 1,
        ended: (fault) => void ends.push(fault)
      })
      const other = terminal(client, { id: 'desk' })
      await eventually(() => expect(alice.bridge('desk').sessions).toHaveLength(1), 15_000)
      expect(ends[0]?.message).toContain('too slow')
      const before = other.items.length
      await eventually(() => expect(other.items.length).toBeGreaterThan(before + 10))
      expect(alice.bridge('desk').lostFromDevice).toBeGreaterThan(0)
    }
  )
})

describe('a terminal on a port of its own', () => {
  it('opens it, and closes it when it leaves', async () => {
    const { alice, client } = await alices({})
    const one = terminal(client, { port: { target: 'sim:echo' } })
    await eventually(() => expect(one.types()).toEqual(['joined', 'open']))
    const [joined] = one.items
    const id = joined?.type === 'joined' ? joined.id : ''
    expect(alice.bridge(id)).toMatchObject({ passing: true, state: { type: 'open' } })
    await one.write('there and back')
    await eventually(() => expect(one.text()).toBe('there and back'))
    expect(await client.call('line.apply', { id, wish: { baudRate: 4800 } })).toMatchObject({
      settings: { baudRate: 4800 }
    })
    one.watch.dispose()
    await eventually(() => expect(alice.instance.state.bridges).toEqual({}))
  })

  it('waits for a device that is not there, and ends with its client', async () => {
    const { alice, client } = await alices({})
    const one = terminal(client, { port: { target: '/dev/farport-nothing' } })
    await eventually(() => expect(one.items.at(-1)).toMatchObject({ fault: { code: 'device-missing' } }))
    expect(Object.keys(alice.instance.state.bridges)).toHaveLength(1)
    client.dispose()
    await eventually(() => expect(alice.instance.state.bridges).toEqual({}))
  })

  it('is refused where no port can be meant', async () => {
    const { alice, client } = await alices({})
    const one = terminal(client, { port: { target: 'sim:unheard-of' } })
    await eventually(() => expect(one.ends[0]?.code).toBe('device-missing'))
    expect(alice.instance.state.bridges).toEqual({})
  })
})

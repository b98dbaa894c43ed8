/** Sending a capture again, to shares and ports of a real instance. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { ReplayItem, ReplaySpec } from '../../../src-main/contract/recording.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { eventually } from '../../eventually.ts'
import { farDevice } from './far-device.ts'
import { home, house } from './houses.ts'

/** A capture of what two said, with settings between, in `talk.pcapng`. */
async function recorded() {
  const { source, url } = await farDevice()
  const other = await farDevice()
  const alice = await house(await home(), {
    shares: [
      { id: 'desk', name: 'Desk', port: { target: url } },
      { id: 'spare', name: 'Spare', port: { target: other.url } }
    ]
  })
  const client = alice.client()
  const watch = terminal(client, 'desk')
  await eventually(() => expect(alice.bridge('desk').state.type).toBe('open'))
  for (const text of ['one', 'two', 'three']) {
    await watch.say(text)
    await eventually(() => expect(Buffer.from(source.port.received).toString()).toContain(text))
    source.port.send(Buffer.from(text.toUpperCase()))
    await eventually(() => expect(watch.got()).toContain(text.toUpperCase()))
    if (text === 'two') await client.call('line.apply', { id: 'desk', wish: { baudRate: 19_200 } })
  }
  watch.leave()
  await client.call('recording.save', { id: 'desk', format: 'pcapng', file: 'talk.pcapng' })
  return { alice, client, source, url, spare: other.source, spareUrl: other.url }
}

let terminals = 0

function terminal(client: RpcClient, id: string) {
  const key = `terminal-${++terminals}`
  let got = ''
  const subscription = client.subscribe('terminal', { terminal: key, on: { id } }, (item) => {
    if (item.type === 'bytes') got += Buffer.from(item.bytes).toString('latin1')
  })
  return {
    got: () => got,
    say: (text: string) => client.call('terminal.write', { terminal: key, bytes: Buffer.from(text) }),
    leave: () => subscription.dispose()
  }
}

function replay(client: RpcClient, spec: Omit<ReplaySpec, 'source'>, source = 'talk.pcapng') {
  const items: ReplayItem[] = []
  const ends: (Fault | undefined)[] = []
  const subscription = client.subscribe('replay', { source, ...spec }, (item) => void items.push(item), {
    ended: (fault) => void ends.push(fault)
  })
  return {
    items,
    ends,
    cancel: () => subscription.dispose(),
    ended: () => eventually(() => expect(ends).toHaveLength(1))
  }
}

describe('a replay', () => {
  it('sends one direction again, as one of the users of a share', async () => {
    const { alice, client, spare } = await recorded()
    const one = replay(client, { to: { id: 'spare' }, timing: 'fast' })
    await one.ended()
    expect(one.ends).toEqual([undefined])
    expect(one.items.at(-1)).toEqual({ type: 'done', bytes: 11, lost: 0 })
    expect(one.items[0]).toMatchObject({ type: 'joined', id: 'spare' })
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('onetwothree'))
    expect(spare.port.settings.baudRate).toBe(115_200)
    await eventually(() => expect(alice.bridge('spare').sessions).toEqual([]))

    const two = replay(client, { to: { id: 'spare' }, timing: 'fast', direction: 'from-device' })
    await two.ended()
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toContain('ONETWOTHREE'))
  })

  it('sets what was set only where it is asked to', async () => {
    const { client, spare } = await recorded()
    await replay(client, { to: { id: 'spare' }, timing: 'fast', settings: true }).ended()
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('onetwothree'))
    expect(spare.port.applies).toContainEqual(expect.objectContaining({ baudRate: 19_200 }))
  })

  it('takes a part of it, in times of its own', async () => {
    const { client, spare } = await recorded()
    const whole = replay(client, { to: { id: 'spare' }, timing: { factor: 100 } })
    await whole.ended()
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('onetwothree'))
    const none = replay(client, { to: { id: 'spare' }, timing: 'fast', records: { from: 100_000 } })
    await none.ended()
    expect(none.items.at(-1)).toEqual({ type: 'done', bytes: 0, lost: 0 })
  })

  it('waits for its turn, and takes nobody’s', async () => {
    const { alice, client, spare } = await recorded()
    const ann = terminal(client, 'spare')
    await eventually(() => expect(alice.bridge('spare').sessions).toMatchObject([{ writer: true }]))
    const one = replay(client, { to: { id: 'spare' }, timing: 'fast' })
    await eventually(() => expect(one.items).toContainEqual({ type: 'waiting', for: 'control' }))
    expect(spare.port.received).toHaveLength(0)
    await ann.say('mine')
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('mine'))
    ann.leave()
    await one.ended()
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('mineonetwothree'))
  })

  it('is called off by ending it', async () => {
    const { alice, client, spare } = await recorded()
    const one = replay(client, { to: { id: 'spare' }, timing: { factor: 0.01 } })
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('one'))
    expect(alice.bridge('spare').sessions).toMatchObject([{ label: 'this computer (replay)', writer: true }])
    one.cancel()
    await eventually(() => expect(alice.bridge('spare').sessions).toEqual([]))
    expect(Buffer.from(spare.port.received).toString()).toBe('one')
  })

  it('goes to any port, opened for it alone', async () => {
    const { alice, client, spare, spareUrl } = await recorded()
    const one = replay(client, { to: { port: { target: spareUrl } }, timing: 'fast' })
    await one.ended()
    expect(one.items.at(-1)).toMatchObject({ type: 'done', bytes: 11 })
    await eventually(() => expect(Buffer.from(spare.port.received).toString()).toBe('onetwothree'))
    await eventually(() => expect(Object.keys(alice.instance.state.bridges)).toEqual(['desk', 'spare']))
  })

  it('says what is not there', async () => {
    const { client, alice } = await recorded()
    const wrong = [
      replay(client, { to: { id: 'spare' } }, 'nothing.pcapng'),
      replay(client, { to: { id: 'nothing' } }),
      replay(client, { to: { id: 'spare' } }, join('..', 'settings.json'))
    ]
    for (const each of wrong) {
      await each.ended()
      expect(each.ends).toMatchObject([{ code: 'usage' }])
    }
    expect(alice.bridge('spare').sessions).toEqual([])
  })
})

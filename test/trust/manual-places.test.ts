import { expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { LOOK_MS, MAX_LOOKS, ManualPlaces, readManualPlace } from '../../src-main/peers/manual-places.ts'
import { listenTls } from '../../src-main/net/tls.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { once } from '../../src-main/base/event.ts'
import { FakeClock } from '../fake-clock.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { idOf } from '../core/instance/peer-rig.ts'

interface Look {
  readonly host: string
  readonly answer: (id: string) => void
  readonly fail: (fault: Fault) => void
}

async function places(): Promise<{ all: ManualPlaces; looks: Look[]; clock: FakeClock }> {
  const looks: Look[] = []
  const clock = new FakeClock()
  const all = new ManualPlaces({
    identity: await newTlsIdentity(),
    clock,
    wallMs: () => 5,
    look: ({ host }) => new Promise((answer, fail) => looks.push({ host, answer, fail }))
  })
  return { all, looks, clock }
}

it('looks at a new place at once, then every minute, and says what came of it', async () => {
  const { all, looks, clock } = await places()
  all.set(['lab.example:22217'])
  expect(all.states).toMatchObject([{ text: 'lab.example', present: false, seen: 0 }])
  looks[0]!.answer('ab')
  await once(all.onChange)
  expect(all.states).toMatchObject([{ id: 'ab', present: true, seen: 5 }])
  await clock.advance(LOOK_MS)
  looks[1]!.fail(new Fault('peer-timeout', 'No answer.'))
  await once(all.onChange)
  expect(all.states).toMatchObject([{ id: 'ab', present: false, fault: { message: 'No answer.' }, seen: 5 }])
  await clock.advance(LOOK_MS)
  looks[2]!.answer('ab')
  await once(all.onChange)
  expect(all.states[0]).not.toHaveProperty('fault')
  all.dispose()
})

it('looks at a few at a time, and at none twice', async () => {
  const { all, looks } = await places()
  all.set(['a', 'b', 'c', 'd', 'e', 'f'])
  all.refresh()
  expect(looks.map(({ host }) => host)).toEqual(['a', 'b', 'c', 'd'])
  expect(looks).toHaveLength(MAX_LOOKS)
  looks[0]!.answer('1')
  await once(all.onChange)
  expect(looks.at(-1)!.host).toBe('e')
  all.dispose()
})

it('forgets a place, also while it is looked at', async () => {
  const { all, looks } = await places()
  all.set(['a', 'b'])
  all.set(['b'])
  looks[0]!.answer('1')
  looks[1]!.answer('2')
  await once(all.onChange)
  expect(all.states).toMatchObject([{ text: 'b', present: true }])
  all.dispose()
})

it('learns whose key answers, and says nothing there', async () => {
  const other = await newTlsIdentity()
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, other)
  const heard: Uint8Array[] = []
  listener.onConnection((connection) => {
    connection.onData((bytes) => heard.push(bytes))
    connection.resume()
  })
  const all = new ManualPlaces({ identity: await newTlsIdentity() })
  all.set([new URL(listener.url).host])
  await once(all.onChange)
  expect(all.states).toMatchObject([{ present: true, id: idOf(other) }])
  expect(heard).toEqual([])
  all.dispose()
  await listener.close(DONE)
})

it('takes hosts and addresses, and nothing else', () => {
  expect(readManualPlace('lab.example:22217')).toBe('lab.example')
  expect(readManualPlace('[2001:db8::7]:300')).toBe('[2001:db8::7]:300')
  expect(() => readManualPlace('two words')).toThrow('no place of a computer')
})

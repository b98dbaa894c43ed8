/** The control of a share, as it passes between computers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Core } from '../../../src-main/core/core.ts'
import { localFarports } from '../../../src-main/core/local-farports.ts'
import { useOfEntry } from '../../../src-main/core/use.ts'
import { PeerWays } from '../../../src-main/peers/ways.ts'
import { TrustStore } from '../../../src-main/peers/trust.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { MAX_FOREIGN_MESSAGES } from '../../../src-main/rpc/server.ts'
import { eventually } from '../../eventually.ts'
import { LINK, pair, permit, rig, user, writers } from './control-rig.ts'
import { home, peerAt, type Home } from './houses.ts'
import { tunnel } from './peer-rig.ts'

describe('the control of a share that two other computers use', () => {
  it('is shown to each, and told to whoever only watches', async () => {
    const { bench, workshop } = await rig()
    expect(workshop.far()).toMatchObject({
      ...{ type: 'known', peer: 'alice', share: 'desk', observes: false, asks: [] },
      holder: { session: bench.session()?.id, label: 'bench', since: bench.session()?.holdsSince }
    })
    expect(bench.far()).toMatchObject({ holdsSince: bench.session()?.holdsSince, asks: [] })
    await eventually(() =>
      expect(workshop.told(LINK)).toMatch(
        /you only watch: bench has the control since \d\d:\d\d\. Ask for it: farport ask GPS/
      )
    )
    expect(bench.told(LINK)).not.toContain('control')
  })

  it('is asked for, declined, asked for again and granted', async () => {
    const all = await rig()
    const { bench, workshop } = all
    await workshop.client().call('link.ask', { id: 'l1' })
    await eventually(() =>
      expect(bench.told(LINK)).toContain(
        'workshop asks for the control of desk: farport grant GPS, or farport decline GPS'
      )
    )
    const session = workshop.session()?.id ?? 0
    expect(bench.far()).toMatchObject({ asks: [{ session, label: 'workshop' }] })
    await eventually(() => expect(workshop.far()).toHaveProperty('asksSince'))
    await bench.client().call('link.decline', { id: 'l1', session })
    await eventually(() =>
      expect(workshop.told(LINK)).toContain('you were not given the control: bench has it since')
    )
    expect(writers(all)).toEqual(['bench'])

    await expect(bench.client().call('link.grant', { id: 'l1', session })).rejects.toThrow(
      'does not ask for the control any more'
    )
    await workshop.client().call('link.ask', { id: 'l1' })
    await bench.client().call('link.grant', { id: 'l1', session })
    expect(writers(all)).toEqual(['workshop'])
    await eventually(() =>
      expect(bench.told(LINK)).toContain(
        'workshop has the control now; you watch from now on. Ask for it: farport ask GPS'
      )
    )
    await eventually(() => expect(workshop.told(LINK)).toContain('you have the control now'))
    await expect(bench.client().call('link.grant', { id: 'l1', session })).rejects.toMatchObject({
      code: 'peer-permission'
    })
  })

  it('is taken over and taken back; the device’s settings are its own again', async () => {
    const all = await rig()
    const { alice, source, bench, workshop } = all
    expect(source.port.settings.baudRate).toBe(57_600)
    await workshop.client().call('link.take-over', { id: 'l1' })
    expect(writers(all)).toEqual(['workshop'])
    await eventually(() => expect(source.port.settings.baudRate).toBe(115_200))
    await eventually(() => expect(bench.told(LINK)).toContain('workshop has the control now'))
    expect(alice.told('desk')).toContain('workshop took control; bench watches from now on')
    await bench.client().call('link.take-over', { id: 'l1' })
    await eventually(() => expect(bench.told(LINK)).toContain('you have the control now'))
    expect(source.port.settings.baudRate).toBe(115_200)
  })

  it('is taken by an address that says so', async () => {
    const all = await rig()
    const third = await home()
    await pair(all.alice, third, 'shelf')
    await user(third, all.alice, { baudRate: 9600, target: 'farport://alice/desk?take-over' })
    await eventually(() => expect(writers(all)).toEqual(['shelf']))
    await eventually(() => expect(all.bench.told(LINK)).toContain('shelf has the control now'))
    await eventually(() => expect(all.source.port.settings.baudRate).toBe(9600))
  })

  it('is the next one’s when the holder leaves: of two who ask, the first', async () => {
    const all = await rig()
    const { alice, bench, workshop } = all
    const third = await home()
    await pair(alice, third, 'shelf')
    const shelf = await user(third, alice, { baudRate: 9600 })
    await eventually(() => expect(shelf.far()).toMatchObject({ type: 'known' }))
    await shelf.client().call('link.ask', { id: 'l1' })
    await eventually(() => expect(bench.far()).toMatchObject({ asks: [{ label: 'shelf' }] }))
    await workshop.client().call('link.ask', { id: 'l1' })
    await eventually(() =>
      expect(bench.far()).toMatchObject({ asks: [{ label: 'shelf' }, { label: 'workshop' }] })
    )
    await eventually(() => expect(bench.told(LINK)).toMatch(/workshop asks .* farport grant GPS \d/))
    await bench.client().call('entry.enable', { id: 'l1', enabled: false })
    await eventually(() => expect(writers(all)).toEqual(['shelf']))
    await eventually(() => expect(shelf.far()).toMatchObject({ writer: true, asks: [{ label: 'workshop' }] }))
    await eventually(() => expect(shelf.told(LINK)).toContain('workshop asks for the control of desk'))
    expect(bench.bridge('l1').far).toBeUndefined()
  })

  it('stays with a computer that comes again before its old connection is found dead', async () => {
    let tube: Awaited<ReturnType<typeof tunnel>> | undefined
    const benchPort = async (port: number): Promise<number> => (tube = await tunnel(port)).port
    const all = await rig({ benchPort })
    const { bench, workshop } = all
    const before = bench.session()
    tube?.silence()
    const owner = bench.client()
    await owner.call('entry.enable', { id: 'l1', enabled: false })
    expect(bench.session()?.id).toBe(before?.id)
    await owner.call('entry.enable', { id: 'l1', enabled: true })
    await eventually(() => expect(bench.session()?.id).not.toBe(before?.id))
    expect(bench.session()).toMatchObject({ writer: true, holdsSince: before?.holdsSince })
    expect(all.alice.bridge('desk').sessions).toHaveLength(2)
    await eventually(() => expect(bench.far()).toMatchObject({ writer: true }))
    expect(workshop.told(LINK)).not.toContain('you have the control')
  })
})

describe('a command that runs by itself', () => {
  it.each([
    ['control', /^you only watch: bench has the control since \d\d:\d\d\. To take it over, add \?take-over/],
    [
      'observe',
      /^you may only watch: bench has the control since .*, and alice lets this computer do no more$/
    ]
  ] as const)('is told who writes where it may %s', async (level, words) => {
    const { alice } = await rig()
    const third = await home()
    await pair(alice, third, 'shelf', level)
    const peers = [peerAt(alice, 'alice')]
    writeFileSync(join(third.folder, 'farport/settings.json'), JSON.stringify({ version: 1, peers }), {
      mode: 0o600
    })
    const farports = localFarports({ platform: 'linux', environment: { XDG_CONFIG_HOME: third.folder } })
    const core = new Core({ farports })
    onTestFinished(() => core.close(0).then(() => undefined))
    const told: string[] = []
    core.onNotice((notice) => {
      if (notice.level === 'warning') told.push(notice.text)
    })
    await core.call('link.start', { port: { target: 'farport://alice/desk' }, to: 'sim:echo' })
    await eventually(() => expect(told).toEqual([expect.stringMatching(words)]))
    // Who takes it is told nothing of the kind.
    if (level === 'observe') return
    await core.call('link.start', { port: { target: 'farport://alice/desk?take-over' }, to: 'sim:echo' })
    await eventually(() => expect(alice.told('desk')).toContain('shelf took control'))
    expect(told).toHaveLength(1)
  })
})

describe('a permission that changes while its computer is here', () => {
  it('observe: who had the control watches, and is told', async () => {
    const all = await rig()
    const { alice, bench, workshop } = all
    await permit(alice, bench, 'observe')
    expect(writers(all)).toEqual(['workshop'])
    await eventually(() =>
      expect(bench.told(LINK)).toMatch(
        /you may only watch: workshop has the control since \d\d:\d\d, and alice lets this computer do no more/
      )
    )
    expect(bench.far()).toMatchObject({ observes: true, may: { level: 'observe' } })
    await expect(bench.client().call('link.ask', { id: 'l1' })).rejects.toMatchObject({
      code: 'peer-permission'
    })
    await eventually(() => expect(workshop.told(LINK)).toContain('you have the control now'))
    // What it sends reaches nobody, and is counted.
    bench.local.socket().write('nothing')
    await eventually(() => expect(bench.session()?.lostToDevice).toBe(7))
    expect(Buffer.from(all.source.port.received).toString()).toBe('')

    await permit(alice, bench, 'control')
    await eventually(() =>
      expect(bench.told(LINK)).toMatch(/you only watch: workshop has the control since .* farport ask GPS$/)
    )
    await bench.client().call('link.take-over', { id: 'l1' })
    expect(writers(all)).toEqual(['bench'])
  })

  it('none: it is disconnected, and told', async () => {
    const all = await rig()
    const { alice, bench } = all
    await permit(alice, bench, 'none')
    expect(bench.session()).toBeUndefined()
    await eventually(() => expect(writers(all)).toEqual(['workshop']))
    await eventually(() => expect(bench.told(LINK)).toContain('No port "desk" of that computer is shared'))
    expect(bench.bridge('l1')).toMatchObject({ state: { type: 'waiting' } })
    expect(bench.bridge('l1').far).toBeUndefined()
    await expect(bench.client().call('link.ask', { id: 'l1' })).rejects.toThrow('GPS is not connected')
  })

  it('control, to one who watches alone: it writes at once', async () => {
    const all = await rig({ workshop: 'observe' })
    const { alice, bench, workshop } = all
    await eventually(() => expect(workshop.told(LINK)).toContain('you may only watch: bench has the control'))
    await bench.client().call('entry.enable', { id: 'l1', enabled: false })
    await eventually(() => expect(bench.session()).toBeUndefined())
    expect(writers(all)).toEqual([])
    await permit(alice, workshop, 'control')
    expect(writers(all)).toEqual(['workshop'])
    await eventually(() => expect(workshop.told(LINK)).toContain('you have the control now'))
    workshop.local.socket().write('hello')
    await eventually(() => expect(Buffer.from(all.source.port.received).toString()).toBe('hello'))
  })
})

describe('the connection about control', () => {
  it('is there while a link is connected, and not without one', async () => {
    const { alice, bench } = await rig()
    const count = (): number | undefined => alice.instance.state.peers?.[bench.key.id]?.connections
    expect(count()).toBe(2)
    expect(bench.instance.state.peers?.[alice.key.id]?.connections).toBe(2)
    await bench.client().call('entry.enable', { id: 'l1', enabled: false })
    await eventually(() => expect(count()).toBe(0))
    await bench.client().call('entry.enable', { id: 'l1', enabled: true })
    await eventually(() => expect(bench.far()).toMatchObject({ type: 'known' }))
    expect(count()).toBe(2)
  })
})

/** What a hostile computer says over its own connection for the contract. */
async function hostile({ key }: Home, { key: alice, port }: Home): Promise<RpcClient> {
  const entry = peerAt({ key: alice, port, folder: '' }, 'alice')
  const trust = new TrustStore({ peers: [entry], save: () => Promise.resolve() })
  const { client } = await new PeerWays({ identity: key, trust }).dialRpc('alice')
  onTestFinished(() => client.dispose())
  return client
}

describe('a hostile peer', () => {
  it('gets nothing of what is not its own', async () => {
    const all = await rig()
    const { alice, bench, workshop } = all
    const client = await hostile(workshop, alice)
    const holder = bench.session()?.id ?? 0
    const own = workshop.session()?.id ?? 0
    const wrong: readonly [string, object, string][] = [
      ['control.ask', { share: 'nothing' }, 'peer-permission'],
      ['control.grant', { share: 'desk', session: own }, 'peer-permission'],
      ['control.decline', { share: 'desk', session: holder }, 'peer-permission'],
      // Somebody else's use is none of its own.
      ['control.take-over', { share: 'desk', use: useOfEntry('other') }, 'usage'],
      ['session.grant', { id: 'desk', session: own }, 'peer-permission'],
      ['session.disconnect', { id: 'desk', session: holder }, 'peer-permission']
    ]
    for (const [name, args, code] of wrong)
      await expect(client.call(name as 'control.ask', args as never), name).rejects.toMatchObject({ code })
    expect(writers(all)).toEqual(['bench'])
  })

  it('calls again and again, is closed where it never stops, and others notice little', async () => {
    const all = await rig()
    const { alice, bench, workshop } = all
    const client = await hostile(workshop, alice)
    const before = alice.notices.length
    const begin = performance.now()
    const answers: Promise<string>[] = []
    const call = (n: number): void => {
      const name = n % 2 === 0 ? 'control.ask' : 'control.take-over'
      answers.push(
        client.call(name, { share: 'desk' }).then(
          () => 'done',
          (fault: unknown) => (fault as Error).message
        )
      )
    }
    for (let n = 0; n < MAX_FOREIGN_MESSAGES / 2; n += 1) call(n)
    const told = await Promise.all(answers)
    for (let n = 0; n < 1000; n += 1) call(n)
    await Promise.all(answers)
    expect(client.closed).toMatchObject({ code: 'peer-closed' })
    const seconds = Math.ceil((performance.now() - begin) / 1000)
    const done = told.filter((each) => each === 'done').length
    expect(done).toBeLessThanOrEqual(10 * (seconds + 1))
    expect(done).toBeGreaterThan(0)
    expect(told.find((each) => each.includes('too often'))).toBeDefined()
    expect(alice.notices.length - before).toBeLessThan(20 * (seconds + 1))
    // And all goes on as before.
    expect(writers(all)).toEqual(['workshop'])
    await bench.client().call('link.take-over', { id: 'l1' })
    expect(writers(all)).toEqual(['bench'])
    bench.local.socket().write('still here')
    await eventually(() => expect(Buffer.from(all.source.port.received).toString()).toBe('still here'))
  })
})

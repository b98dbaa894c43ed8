/** A link that only watches a share of another computer: it leaves the control to others until somebody asks for it. */
import { describe, expect, it } from 'vitest'
import { MemoryPortSource } from '../../../src-main/ports/memory.ts'
import { eventually } from '../../eventually.ts'
import { LINK, permit, rig, writers } from './control-rig.ts'
import { lacks } from '../../peers/need.ts'

describe('a link that only watches', () => {
  it('leaves a free port to others, hears it, and writes once it asked', async () => {
    const source = new MemoryPortSource()
    const all = await rig({ source, workshop: 'none' })
    const { alice, bench } = all
    await bench.client().call('entry.enable', { id: 'l1', enabled: false })
    const entry = bench.instance.settings.links[0]!
    await bench.client().call('link.change', { ...entry, enabled: true, observe: true })
    await eventually(() => expect(bench.far()).toMatchObject({ type: 'known', writer: false, watches: true }))
    expect(writers(all)).toEqual([])
    expect(alice.bridge('desk').sessions).toMatchObject([{ label: 'bench', watches: true, observes: false }])
    expect(bench.told(LINK)).toContain('you watch, and write nothing. Ask for it: farport ask GPS')
    expect(bench.bridge('l1')).not.toHaveProperty('onlyWatches')
    source.port.send(Buffer.from('heard'))
    await eventually(() => expect(bench.local.got().toString()).toContain('heard'))
    bench.local.socket().write('dropped')
    await eventually(() => expect(alice.bridge('desk').sessions).toMatchObject([{ lostToDevice: 7 }]))
    expect(source.port.settings.baudRate).toBe(115_200)

    await bench.client().call('link.ask', { id: 'l1' })
    await eventually(() => expect(bench.far()).toMatchObject({ writer: true }))
    bench.local.socket().write('written')
    await eventually(() => expect(Buffer.from(source.port.received).toString()).toBe('written'))
  })

  it('asks whoever has the control, who may say no', async () => {
    const all = await rig({ workshop: 'none' })
    const { bench, alice } = all
    await permit(alice, all.workshop, 'control')
    const entry = all.workshop.instance.settings.links[0]!
    await all.workshop.client().call('link.change', { ...entry, observe: true })
    const { workshop } = all
    await eventually(() =>
      expect(workshop.far()).toMatchObject({ watches: true, holder: { label: 'bench' } })
    )
    await workshop.client().call('link.ask', { id: 'l1' })
    const session = workshop.session()?.id ?? 0
    await eventually(() => expect(bench.far()).toMatchObject({ asks: [{ session }] }))
    await bench.client().call('link.decline', { id: 'l1', session })
    await eventually(() => expect(workshop.far()).toMatchObject({ watches: true }))
    await bench.client().call('entry.enable', { id: 'l1', enabled: false })
    await eventually(() => expect(writers(all)).toEqual([]))
    expect(workshop.far()).not.toMatchObject({ writer: true })
  })

  it.skipIf(lacks.linux('pseudo-terminals'))(
    'of another program’s port is refused settings, also later',
    async () => {
      const { alice, bench } = await rig({ workshop: 'none' })
      const target = alice.instance.settings.shares[0]?.port.target ?? ''
      const owner = bench.client()
      const port = { target, settings: { baudRate: 1200 } }
      await expect(owner.call('link.add', { name: 'ear', port, to: 'pty:', observe: true })).rejects.toThrow(
        'is to be only watched, which sets nothing there'
      )
      const { id } = await owner.call('link.add', {
        name: 'ear',
        port: { target },
        to: 'pty:',
        observe: true
      })
      await expect(owner.call('line.apply', { id, wish: { baudRate: 1200 } })).rejects.toThrow('only watches')
      expect(bench.bridge(id)).toMatchObject({ onlyWatches: true })
      const taken = { name: 'both', port: { target: 'farport://alice/desk?take-over' }, to: 'pty:' }
      await expect(owner.call('link.add', { ...taken, observe: true })).rejects.toThrow(
        'takes the control over'
      )
    }
  )
})

/** One capture of both ends of a link, between two real instances over TLS. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CaptureItem } from '../../../src-main/contract/recording.ts'
import type { Permission } from '../../../src-main/contract/settings.ts'
import { Page } from '../../../src-main/traffic/page.ts'
import { tshark } from '../../capture/files/tshark.ts'
import { eventually } from '../../eventually.ts'
import { lacks } from '../../peers/need.ts'
import { LINK, user } from './control-rig.ts'
import { home, house, peerAt } from './houses.ts'

const SAVE = { id: LINK, format: 'pcapng', bothEnds: true } as const

/** alice has a device that answers with what it is told; a program at bench talks to it. */
async function desks(may: Permission = { level: 'control', history: true }) {
  const [owner, at] = [await home(), await home()]
  const peer = peerAt(at, 'bench')
  const alice = await house(owner, {
    name: 'alice-pc',
    shares: [{ id: 'desk', name: 'desk', port: { target: 'sim:echo', settings: { baudRate: 115_200 } } }],
    peers: [{ ...peer, permissions: { ...peer.permissions, shares: { desk: may } } }]
  })
  const bench = await user(at, alice, { baudRate: 115_200 })
  await eventually(() => expect(bench.far()).toMatchObject({ type: 'known', writer: true }))
  const say = async (text: string): Promise<void> => {
    bench.local.socket().write(text)
    await eventually(() => expect(bench.local.got().toString('latin1').endsWith(text)).toBe(true))
  }
  return { alice, bench, say, folder: join(bench.folder, 'captures') }
}

async function talk(say: (text: string) => Promise<void>): Promise<number> {
  let bytes = 0
  for (let round = 0; round < 12; round++) {
    const text = `${round}: what is the weather in ${(round * 7919) % 1000}?\r\n`
    await say(text)
    bytes += text.length
  }
  return bytes
}

describe('a capture of both ends', () => {
  it('tells what the way adds and loses, and opens again as two recordings', async () => {
    const { bench, say, folder } = await desks()
    const bytes = await talk(say)
    const client = bench.client()
    const beganMs = performance.now()
    const saved = await client.call('recording.save', SAVE)
    const tookMs = performance.now() - beganMs
    expect(saved.name).toMatch(/^GPS both ends .*\.pcapng$/)
    const found = saved.bothEnds
    expect(found).toMatchObject({ lostToDevice: 0, lostFromDevice: 0 })
    // The file says the same later; its times are by one clock already.
    const content = await bench.client().call('capture.examine', { name: saved.name })
    expect(content).toMatchObject({
      recordings: [{ name: expect.stringMatching(/\(share\)$/) as string }, { isOwn: true }],
      bothEnds: { lostToDevice: found?.lostToDevice, lostFromDevice: found?.lostFromDevice },
      problems: []
    })
    expect(content.bothEnds?.offsetMs).toBeUndefined()
    expect(content.bothEnds?.latency['to-device']?.bytes).toBe(found?.latency['to-device']?.bytes)
    // One clock for both.
    expect(Math.abs(found?.offsetMs ?? Infinity)).toBeLessThanOrEqual((found?.uncertaintyMs ?? 0) + 5)
    for (const direction of ['to-device', 'from-device'] as const) {
      const latency = found?.latency[direction]
      expect(latency?.bytes).toBe(bytes)
      expect(latency?.p50Ms).toBeGreaterThanOrEqual(0)
      expect(latency?.p50Ms).toBeLessThanOrEqual(latency?.p95Ms ?? 0)
      expect(latency?.p95Ms).toBeLessThanOrEqual(latency?.maxMs ?? 0)
      expect(latency?.maxMs).toBeLessThan(1000 + tookMs)
    }
    const file = readFileSync(join(folder, saved.name))
    expect(file.length).toBe(saved.bytes)

    const items: CaptureItem[] = []
    await new Promise((ended) => {
      client.subscribe('capture', { name: saved.name }, (item) => void items.push(item), { ended })
    })
    expect(items.filter(({ type }) => type === 'begin')).toMatchObject([
      { recording: 0, name: 'desk (share)', computer: 'alice-pc', isOwn: true },
      { recording: 1, name: 'GPS (link)', isOwn: true }
    ])
    expect(items.at(-1)).toEqual({ type: 'end', problems: [] })
    const pages = items.flatMap((item) => (item.type === 'page' ? [Page.from(item.page)] : []))
    expect(pages.reduce((sum, { count }) => sum + count, 0)).toBe(saved.records)
    expect(pages.reduce((sum, { lineBytes }) => sum + lineBytes, 0)).toBe(4 * bytes)

    if (lacks('tshark')) return
    const rows = tshark(file, ['frame.interface_id', 'frame.time_epoch'])
    expect(new Set(rows.map(([id]) => id))).toEqual(new Set(['0', '1']))
    const times = rows.map(([, time]) => Number(time))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('compares the present connection alone', async () => {
    const { alice, bench, say } = await desks()
    await talk(say)
    const before = bench.session()?.id
    await alice.client().call('session.disconnect', { id: 'desk', session: before ?? 0 })
    await eventually(() => expect(bench.session()?.id ?? before).not.toBe(before))
    await eventually(() => expect(bench.far()).toMatchObject({ type: 'known', writer: true }))
    await say('once more, and nothing else')
    const { bothEnds } = await bench.client().call('recording.save', SAVE)
    expect(bothEnds).toMatchObject({ lostToDevice: 0, lostFromDevice: 0 })
    expect(bothEnds?.latency['to-device']?.bytes).toBe(27)
  })

  it('needs the right to see what passed before', async () => {
    const { bench, say } = await desks({ level: 'control', history: false })
    await say('hello')
    const saving = bench.client().call('recording.save', SAVE)
    await expect(saving).rejects.toMatchObject({ code: 'peer-permission' })
    await expect(saving).rejects.toThrow(/--history/)
    expect(readdirSync(bench.folder)).not.toContain('captures')
  })

  it('is of links to shares of other Farports, as pcapng, and left alone where nobody answers', async () => {
    const { alice, bench, say } = await desks()
    await say('hello')
    const client = bench.client()
    await expect(client.call('recording.save', { ...SAVE, format: 'csv' })).rejects.toMatchObject({
      code: 'usage'
    })
    const there = alice.client().call('recording.save', { ...SAVE, id: 'desk' })
    await expect(there).rejects.toThrow(/leads to no share of a paired computer/)
    await alice.instance.close(0)
    await expect(client.call('recording.save', SAVE)).rejects.toMatchObject({ code: 'peer-refused' })
  })
})

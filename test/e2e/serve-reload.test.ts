import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { freePort } from '../peers/free-port.ts'
import { atTestEnd } from './at-test-end.ts'
import { Client } from './cli.ts'
import { instance, type GivenSettings, type InstanceHome } from './instance.ts'
import { listeners, owner, Talker, waiting, watched } from './serve-traffic.ts'

type GivenShare = NonNullable<GivenSettings['shares']>[number]

const at = (port: number): string => `raw://127.0.0.1:${port}`

function share(id: string, port: number, more: Partial<GivenShare> = {}): GivenShare {
  return { id, name: id, port: { target: 'sim:echo' }, listen: [at(port)], ...more }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

/** As an editor does it: a new file in the place of the old one. */
function edit(home: InstanceHome, change: (settings: GivenSettings) => GivenSettings): void {
  const text = JSON.stringify(change(home.read()))
  writeFileSync(`${home.settings}.new`, text, { mode: 0o600 })
  renameSync(`${home.settings}.new`, home.settings)
}

const count = (text: string, word: string): number => text.split(word).length - 1

describe('settings that change while Farport serves', () => {
  it(
    'touch the one share of sixteen that changed, and nothing of the others',
    { timeout: 60_000 },
    async () => {
      const ports = await freePorts(16)
      const names = ports.map((_, index) => `s${index}`)
      const shares = ports.map((port, index) => share(names[index]!, port))
      const { home, program } = await instance({ shares })
      const pid = program.process.pid!
      const client = await owner(home)
      const talkers = await Promise.all(
        ports.slice(1).map((port, index) => Talker.begin(port, 2 * index + 1))
      )
      const before = listeners(pid)
      expect([...before.keys()].sort()).toEqual([...ports].sort())
      const first = (): Promise<Talker> => Talker.begin(ports[0]!)
      const stop = async (talker: Talker): Promise<void> => {
        await eventually(() => expect(talker.trouble).toBe('closed'))
      }
      const changes: readonly (readonly [string, (round: number) => void | Promise<void>])[] = [
        [
          'a new file in the place of the old one',
          (round) => edit(home, (all) => ({ ...all, shares: changed(all.shares, round) }))
        ],
        [
          'the file itself, and SIGHUP',
          (round) => {
            const all = home.read() as GivenSettings
            writeFileSync(home.settings, JSON.stringify({ ...all, shares: changed(all.shares, round) }))
            program.process.kill('SIGHUP')
          }
        ],
        [
          'a command',
          async (round) => {
            const [entry] = changed(home.read().shares, round)
            await client.call('share.change', entry!)
          }
        ]
      ]
      for (const [index, [how, change]] of changes.entries()) {
        const talker = await first()
        const listener = listeners(pid).get(ports[0]!)
        await change(index + 2)
        await stop(talker)
        const again = await eventually(first)
        expect(listeners(pid).get(ports[0]!), how).not.toBe(listener)
        again.socket.destroy()
        await Promise.all(talkers.map((each) => each.goesOn(2000)))
      }
      const after = listeners(pid)
      for (const port of ports.slice(1)) expect(after.get(port)).toBe(before.get(port))
      expect(talkers.map(({ trouble }) => trouble)).toEqual(ports.slice(1).map(() => undefined))
      // One that only looks the same again is not touched either.
      program.process.kill('SIGHUP')
      await program.printed(/the settings are as they were/, 'stderr')
      expect(listeners(pid).get(ports[0]!)).toBe(after.get(ports[0]!))
      for (const name of names.slice(1))
        expect(count(program.stderr, `${name}: its settings changed`)).toBe(0)
      expect(program.stderr).toContain('s0: its settings changed')
    }
  )

  it('are taken over by a share in use: other listeners, lists and rules', async () => {
    const [port, more] = (await freePorts(2)) as [number, number]
    const { home, program } = await instance({ shares: [share('desk', port)] })
    const pid = program.process.pid!
    const state = watched(await owner(home))
    const talker = await Talker.begin(port)
    const listener = listeners(pid).get(port)
    edit(home, (all) => ({ ...all, shares: [share('desk', port, { listen: [at(more), at(port)] })] }))
    await eventually(() => expect(state().bridges.desk?.addresses).toEqual([at(more), at(port)]))
    // One that stayed as it was is not even opened anew.
    expect(listeners(pid).get(port)).toBe(listener)
    for (const round of [2, 3]) {
      const listen = [at(more), { url: at(port), banner: 'hello' }].slice(round % 2)
      edit(home, (all) => ({ ...all, shares: [share('desk', port, { listen, maxClients: round })] }))
      const addresses = [at(more), at(port)].slice(round % 2)
      await eventually(() => expect(state().bridges.desk?.addresses).toEqual(addresses))
      await talker.goesOn(1000)
    }
    expect(talker.trouble).toBeUndefined()
    expect(listeners(pid).get(port)).not.toBe(listener)
    expect([...listeners(pid).keys()]).toEqual([port])
    // The log tells the same line again only as a count.
    expect(count(program.stderr, 'desk: its settings changed while it goes on; ready at')).toBe(2)
    expect(count(program.stderr, 'desk: port open')).toBeLessThan(2)
  })

  it('swap the addresses of two shares, rename one, and take two changes at once', async () => {
    const [a, b] = (await freePorts(2)) as [number, number]
    const { home, program } = await instance({ shares: [share('a', a), share('b', b)] })
    const client = await owner(home)
    const state = watched(client)
    edit(home, (all) => ({ ...all, shares: [share('a', b), share('b', a)] }))
    await eventually(() => {
      const { bridges } = state()
      expect([bridges.a?.addresses, bridges.b?.addresses]).toEqual([[at(b)], [at(a)]])
    })
    edit(home, (all) => ({ ...all, shares: [share('a', b, { name: 'desk' }), share('b', a)] }))
    await eventually(() => expect(state().bridges.a?.name).toBe('desk'))
    for (const each of [await Talker.begin(b), await Talker.begin(a)]) each.socket.destroy()
    await eventually(() => {
      const { bridges } = state()
      expect([bridges.a?.sessions, bridges.b?.sessions]).toEqual([[], []])
    })
    const [one, other] = home.read().shares
    await Promise.all([
      client.call('share.change', { ...one!, maxClients: 3 }),
      client.call('share.change', { ...other!, maxClients: 4 }),
      client.call('entry.enable', { id: 'a', enabled: false }),
      client.call('entry.enable', { id: 'a', enabled: true })
    ])
    expect(home.read().shares).toMatchObject([{ maxClients: 3, enabled: true }, { maxClients: 4 }])
    await Talker.begin(b)
    await Talker.begin(a)
    expect(program.stderr).not.toContain(' in use')
  })

  it('keep the totals of a share that is switched off and on', async () => {
    const [port] = (await freePorts(1)) as [number]
    const { home } = await instance({ shares: [share('desk', port)] })
    const client = await owner(home)
    const state = watched(client)
    const talker = await Talker.begin(port)
    await talker.goesOn(1000)
    await client.call('entry.enable', { id: 'desk', enabled: false })
    await eventually(() => {
      expect(talker.trouble).toBe('closed')
      expect(state().bridges.desk).toMatchObject({ enabled: false, addresses: [], state: { type: 'idle' } })
    })
    const { bytesToDevice } = state().bridges.desk!
    expect(bytesToDevice).toBeGreaterThanOrEqual(talker.echoed)
    await client.call('entry.enable', { id: 'desk', enabled: true })
    const again = await Talker.begin(port)
    again.socket.destroy()
    await eventually(() =>
      expect(state().bridges.desk?.bytesToDevice).toBeGreaterThanOrEqual(bytesToDevice + again.echoed)
    )
  })

  it('are refused where they are wrong in themselves, and nothing is written', async () => {
    const [port] = (await freePorts(1)) as [number]
    const { home } = await instance({ shares: [share('desk', port)] })
    const client = await owner(home)
    const text = readFileSync(home.settings, 'utf8')
    const before = await client.call('settings.read', {})
    const [desk] = before.shares
    await expect(client.call('share.add', { port: { target: 'sim:toaster' } })).rejects.toMatchObject({
      code: 'device-missing'
    })
    const open = { ...desk!, listen: [`raw://0.0.0.0:${port}`] }
    await expect(client.call('share.change', open)).rejects.toMatchObject({ code: 'allow-missing' })
    const link = { port: { target: 'raw://' }, to: 'pty:' }
    await expect(client.call('link.add', link)).rejects.toMatchObject({ code: 'bad-url' })
    const pool = { shares: ['nobody'], listen: [at(0)] }
    await expect(client.call('rotator.add', pool)).rejects.toMatchObject({ code: 'usage' })
    expect(readFileSync(home.settings, 'utf8')).toBe(text)
    await client.call('rotator.add', { ...pool, shares: ['desk'] })
    await expect(client.call('entry.remove', { id: 'desk' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('rotator') as string
    })
    expect({ ...home.read(), rotators: [] }).toEqual(before)
    await Talker.begin(port)
  })

  it('show what is wrong with one entry of a file that was edited, once in the log, while others run', async () => {
    const [port, taken] = (await freePorts(2)) as [number, number]
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve))
    atTestEnd(() => void other.close())
    const { home, program } = await instance({
      shares: [
        share('good', port),
        share('wrong', 0, { listen: ['raw:/nowhere'] }),
        share('busy', taken),
        share('away', 0, { port: { target: '/dev/ttyNone' }, openAtStart: true })
      ]
    })
    const state = watched(await owner(home))
    await eventually(() => {
      const { good, wrong, busy, away } = state().bridges
      expect(good).toMatchObject({ enabled: true, state: { type: 'idle' } })
      expect(waiting(wrong?.state)).toMatchObject({ fault: { code: 'bad-url' } })
      expect(waiting(wrong?.state).retryAt).toBeUndefined()
      expect(waiting(busy?.state)).toMatchObject({ fault: { code: 'address-in-use' } })
      expect(waiting(away?.state)).toMatchObject({ fault: { code: 'device-missing' } })
    })
    await Talker.begin(port)
    // A few tries later it is still one line, and it comes up once it can.
    const { retryAt } = waiting(state().bridges.busy?.state)
    await eventually(() =>
      expect(waiting(state().bridges.busy?.state).retryAt).toBeGreaterThan(retryAt! + 1000)
    )
    other.close()
    await program.printed(/busy: ready at/, 'stderr', 20_000)
    await Talker.begin(taken)
    expect(count(program.stderr, 'warning wrong: ')).toBe(1)
    expect(count(program.stderr, 'warning busy: ')).toBe(1)
    // Mended by hand, it runs at once.
    edit(home, (all) => ({
      ...all,
      shares: all.shares!.map((each) => (each.id === 'wrong' ? { ...each, listen: [at(0)] } : each))
    }))
    await program.printed(/wrong: ready at/, 'stderr')
  })

  it('that cannot be read change nothing, are shown, and forgotten when they are mended', async () => {
    const [port] = (await freePorts(1)) as [number]
    const { home, program } = await instance({ shares: [share('desk', port)] })
    const state = watched(await owner(home))
    const talker = await Talker.begin(port)
    const text = JSON.stringify(home.read())
    writeFileSync(home.settings, text.slice(0, -5))
    await eventually(() => expect(state().self?.faults).toMatchObject([{ code: 'settings-broken' }]))
    await talker.goesOn()
    writeFileSync(home.settings, text)
    await eventually(() => expect(state().self?.faults).toEqual([]))
    await talker.goesOn()
    expect(count(program.stderr, 'What was in force stays')).toBe(1)
    // A rotator of a share that is not there: refused as a whole.
    edit(home, (all) => ({
      ...all,
      rotators: [{ id: 'r', name: 'r', shares: ['gone'], listen: [at(0)] }]
    }))
    await eventually(() => expect(JSON.stringify(state().self?.faults)).toContain('gone'))
    await talker.goesOn()
  })

  it('give a rotator its shares anew, whatever became of them', async () => {
    const [port, own] = (await freePorts(2)) as [number, number]
    const rotators = [{ id: 'all', name: 'all', shares: ['desk'], listen: [at(port)] }]
    const { home } = await instance({ shares: [share('desk', own)], rotators })
    const client = await owner(home)
    const [desk] = home.read().shares
    await client.call('share.change', { ...desk!, name: 'shelf', listen: [] })
    await Talker.begin(port)
    await client.call('entry.enable', { id: 'desk', enabled: false })
    const nobody = new Client(port)
    await eventually(() => expect(nobody.socket.destroyed).toBe(true))
    await client.call('entry.enable', { id: 'desk', enabled: true })
    await Talker.begin(port)
  })
})

/** Its device is another one each time, so it is begun anew. */
function changed<Each extends GivenShare>(shares: readonly Each[] | undefined, round: number): Each[] {
  const port = { target: 'sim:echo', noBreak: round % 2 === 0 }
  return (shares ?? []).map((each, index) => (index > 0 ? each : { ...each, port }))
}

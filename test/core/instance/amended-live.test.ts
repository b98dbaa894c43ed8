/** Listeners and rules that change while clients use the share: real instances, real sockets. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../eventually.ts'
import { freePort } from '../../peers/free-port.ts'
import { home, house, type Given, type House } from './houses.ts'

// A busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 })

type GivenShare = NonNullable<Given['shares']>[number]
type Change = Omit<Partial<GivenShare>, 'id'>

const port = { target: 'sim:echo' }

interface Served {
  readonly at: House
  readonly change: (change: Change) => Promise<unknown>
}

async function served(given: Change, more: Given = {}): Promise<Served> {
  let entry: GivenShare = { id: 'desk', name: 'desk', port, ...given }
  const at = await house(await home(), { shares: [entry], ...more })
  const owner = at.client()
  return { at, change: (change) => owner.call('share.change', (entry = { ...entry, ...change })) }
}

class Client {
  readonly socket: Socket
  text = ''

  constructor(to: number | string, from = '127.0.0.1') {
    const options =
      typeof to === 'string' ? { path: to } : { port: to, host: '127.0.0.1', localAddress: from }
    this.socket = connect(options)
    onTestFinished(() => void this.socket.destroy())
    this.socket.on('data', (chunk) => (this.text += chunk.toString('latin1')))
    // Who is turned away may find the connection broken.
    this.socket.on('error', () => undefined)
  }

  get gone(): boolean {
    return this.socket.closed || this.socket.readableEnded
  }

  says(text: string): void {
    this.socket.write(text)
  }

  hears(text: string): Promise<void> {
    return eventually(() => expect(this.text).toContain(text))
  }
}

async function come(at: House, to: number | string, from?: string): Promise<Client> {
  const before = at.bridge('desk').sessions.length
  const client = new Client(to, from)
  await eventually(() => expect(at.bridge('desk').sessions).toHaveLength(before + 1))
  return client
}

/** By hand. */
async function rewritten(at: House, shares: readonly GivenShare[]): Promise<void> {
  const { settingsPath = '' } = at.instance.state.self ?? {}
  const settings = JSON.parse(readFileSync(settingsPath, 'utf8')) as object
  writeFileSync(settingsPath, JSON.stringify({ ...settings, shares }))
  await at.instance.reload()
}

const raw = (at: number): string => `raw://127.0.0.1:${at}`
const portIn = (url: string | undefined): number => Number(/\d+$/.exec(url ?? '')?.[0])

describe('a listener of a share in use', () => {
  it('comes and goes ten times: eight others lose no byte and no connection', async () => {
    const [one, two] = [await freePort(), await freePort()]
    const { at, change } = await served({ listen: [raw(one)], writers: 'all', maxClients: 20 })
    const clients: Client[] = []
    for (let i = 0; i < 8; i += 1) clients.push(await come(at, one))
    let said = 0
    const say = (round: number): void => {
      for (const [i, client] of clients.entries())
        for (let line = 0; line < 20; line += 1) {
          const words = `<${i} ${round * 20 + line}>`
          said += words.length
          client.says(words)
        }
    }
    const before = at.bridge('desk').sessions.map(({ id, since }) => ({ id, since }))
    for (let round = 0; round < 10; round += 1) {
      say(2 * round)
      await change({ listen: round % 2 === 0 ? [raw(one), raw(two)] : [raw(two), raw(one)] })
      const guest = await come(at, two)
      say(2 * round + 1)
      await change({ listen: [raw(one)] })
      await eventually(() => expect(guest.gone).toBe(true))
      expect(at.told('desk')).toMatch(/client \d+ left: 127\.0\.0\.1:\d+ \(its listener was switched off\)$/m)
    }
    const heard = (): number[] => clients.map(({ text }) => text.length)
    await eventually(() => expect(heard()).toEqual(clients.map(() => said)))
    const [first] = clients
    for (const { text, gone } of clients) {
      expect(text === first?.text).toBe(true)
      expect(gone).toBe(false)
    }
    for (const i of clients.keys()) {
      const lines = [...(first?.text ?? '').matchAll(new RegExp(`<${i} (\\d+)>`, 'g'))].map(([, n]) =>
        Number(n)
      )
      expect(lines).toEqual(Array.from({ length: 400 }, (_, n) => n))
    }
    const { sessions, ...bridge } = at.bridge('desk')
    expect(sessions.map(({ id, since }) => ({ id, since }))).toEqual(before)
    expect(bridge).toMatchObject({ bytesToDevice: said, bytesFromDevice: expect.any(Number) as number })
    expect(bridge).toMatchObject({ lostToDevice: 0, lostFromDevice: 0, addresses: [raw(one)] })
    // Nobody opened the device again.
    expect(at.told('desk').match(/^port open$/gm)).toHaveLength(1)
    expect(at.told('desk')).not.toMatch(/begins? anew/)
  })

  it('stands in the order of the settings, and keeps a port that was any free one', async () => {
    const { at, change } = await served({ listen: ['raw://127.0.0.1:0', 'telnet://127.0.0.1:0'] })
    const [first, second] = at.bridge('desk').addresses
    const client = await come(at, portIn(first))
    await change({ listen: ['rfc2217://127.0.0.1:0', 'telnet://127.0.0.1:0', 'raw://127.0.0.1:0'] })
    const { addresses } = at.bridge('desk')
    expect(addresses.slice(1)).toEqual([second, first])
    expect(addresses[0]).toMatch(/^rfc2217:/)
    // Closed and opened anew by other rules, and by a switch.
    await change({ allow: ['127.0.0.1'] })
    expect(at.bridge('desk').addresses).toEqual(addresses)
    client.says('still here')
    await client.hears('still here')
    await change({ enabled: false })
    await change({ enabled: true })
    expect(at.bridge('desk').addresses).toEqual(addresses)
  })

  it('whose list of addresses grows shorter ends those who are not on it any more', async () => {
    const at1 = await freePort()
    const { at, change } = await served({ listen: [raw(at1)], allow: ['127.0.0.0/8'], writers: 'all' })
    const [stays, leaves] = [await come(at, at1), await come(at, at1, '127.0.0.2')]
    await change({ listen: [{ url: raw(at1), allow: ['127.0.0.1'] }] })
    await eventually(() => expect(leaves.gone).toBe(true))
    expect(at.told('desk')).toMatch(/left: 127\.0\.0\.2:\d+ \(its listener has other rules from now on\)$/m)
    stays.says('still here')
    await stays.hears('still here')
    const refused = new Client(at1, '127.0.0.2')
    await eventually(() => expect(refused.gone).toBe(true))
    await come(at, at1)
    // The one who stayed came by this listener all the same.
    await change({ listen: [raw(await freePort())] })
    await eventually(() => expect(stays.gone).toBe(true))
  })

  it('of datagrams is opened anew without those who came by it', async () => {
    const at1 = await freePort()
    const udp = `raw+udp://127.0.0.1:${at1}`
    const { at, change } = await served({ listen: [udp] })
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    const knock = (sessions: number): Promise<void> =>
      eventually(() => {
        socket.send('', at1, '127.0.0.1')
        expect(at.bridge('desk').sessions).toHaveLength(sessions)
      })
    await knock(1)
    await change({ allow: ['127.0.0.1'] })
    expect(at.bridge('desk')).toMatchObject({ addresses: [udp], sessions: [] })
    expect(at.bridge('desk')).not.toHaveProperty('awaited')
    await knock(1)
  })

  it('that is for watchers from now on ends its clients, and greets the next ones in other words', async () => {
    const at1 = await freePort()
    const { at, change } = await served({ listen: [{ url: raw(at1), banner: 'old words\n' }] })
    const first = await come(at, at1)
    await first.hears('old words')
    await change({ listen: [{ url: raw(at1), banner: 'new words\n' }] })
    const second = await come(at, at1)
    await second.hears('new words')
    await change({ listen: [{ url: raw(at1), banner: 'new words\n', observe: true }] })
    await eventually(() => expect([first.gone, second.gone]).toEqual([true, true]))
    await come(at, at1)
    expect(at.bridge('desk').sessions).toMatchObject([{ observes: true }])
  })

  it('that cannot listen is told, waits, and leaves the others alone', async () => {
    const [one, two] = [await freePort(), await freePort()]
    const { at, change } = await served({ listen: [raw(one)] })
    const client = await come(at, one)
    const other = createServer().listen(two, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    await change({ listen: [raw(two), raw(one)] })
    expect(at.bridge('desk')).toMatchObject({ addresses: [raw(two), raw(one)], awaited: [raw(two)] })
    await eventually(() => expect(at.told('desk')).toMatch(/^cannot listen yet, and tries on: .*in use/m))
    client.says('still here')
    await client.hears('still here')
    other.close()
    await eventually(() => expect(at.bridge('desk')).not.toHaveProperty('awaited'))
    await come(at, two)
    expect(at.told('desk')).toContain(`listens at ${raw(two)} now`)
  })

  it('goes from one share to another one, which have the same clients as before', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    const shares = (desk: number[], lab: number[]): GivenShare[] => [
      { id: 'desk', name: 'desk', port, listen: desk.map(raw) },
      { id: 'lab', name: 'lab', port, listen: lab.map(raw) }
    ]
    const at = await house(await home(), { shares: shares([one, two], [three]) })
    const client = await come(at, one)
    await rewritten(at, shares([one], [two, three]))
    expect(at.bridge('desk').addresses).toEqual([raw(one)])
    expect(at.bridge('lab')).toMatchObject({ addresses: [raw(two), raw(three)], sessions: [] })
    expect(at.bridge('lab')).not.toHaveProperty('awaited')
    await rewritten(at, shares([one, three], [two]))
    expect(at.bridge('desk').addresses).toEqual([raw(one), raw(three)])
    expect(at.bridge('desk')).not.toHaveProperty('awaited')
    client.says('still here')
    await client.hears('still here')
  })

  it('that is wrong has the share made anew, which says why it cannot run', async () => {
    const one = await freePort()
    const { at, change } = await served({ listen: [raw(one)] })
    const client = await come(at, one)
    const wrong = { listen: ['raw://0.0.0.0:1'] }
    // Nobody here may write that down …
    await expect(change(wrong)).rejects.toMatchObject({ code: 'allow-missing' })
    client.says('still here')
    await client.hears('still here')
    // … but in the file by hand.
    await rewritten(at, [{ id: 'desk', name: 'desk', port, ...wrong }])
    await eventually(() => expect(client.gone).toBe(true))
    const state = { type: 'waiting', fault: { code: 'allow-missing' } }
    expect(at.bridge('desk')).toMatchObject({ enabled: true, addresses: [], state })
    await rewritten(at, [{ id: 'desk', name: 'desk', port, listen: [raw(one)] }])
    await come(at, one)
  })
})

describe('what a share in use dials', () => {
  it('comes and goes with its client, and the others stay', async () => {
    const one = await freePort()
    const far: Socket[] = []
    const server = createServer((socket) => void far.push(socket.on('error', () => undefined).resume()))
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const url = raw(typeof address === 'object' && address ? address.port : 0)
    const { at, change } = await served({ listen: [raw(one)], writers: 'all' })
    const client = await come(at, one)
    await change({ dial: [{ url, when: 'always' }] })
    await eventually(() => expect(at.bridge('desk')).toMatchObject({ dials: [url], sessions: [{}, {}] }))
    // What is the same goes on, also when other things change.
    await change({ banner: 'words', listen: [raw(one), 'raw://127.0.0.1:0'] })
    await change({
      dial: [
        { url, when: 'always' },
        { url, when: 'data' }
      ]
    })
    expect(far).toHaveLength(1)
    expect(far[0]?.readableEnded).toBe(false)
    await change({ dial: [] })
    await eventually(() => expect(far[0]?.readableEnded).toBe(true))
    expect(at.told('desk')).toMatch(/\(it is not dialled any more\)$/m)
    expect(at.bridge('desk')).toMatchObject({ dials: [], sessions: [{ id: 1 }] })
    client.says('still here')
    await client.hears('still here')
    expect(far).toHaveLength(1)
  })
})

describe('the rules of a share in use', () => {
  it('change, and nobody has to go', async () => {
    const one = await freePort()
    const { at, change } = await served({ listen: [raw(one)], writers: 'all' })
    const [first, second] = [await come(at, one), await come(at, one)]
    await change({ writers: 'one', maxClients: 2, newcomer: 'take-over', inactivityMs: 3_600_000 })
    expect(at.bridge('desk').sessions).toMatchObject([{ writer: true }, { writer: false }])
    first.says('still here')
    await Promise.all([first.hears('still here'), second.hears('still here')])
    const late = new Client(one)
    await eventually(() => expect(late.gone).toBe(true))
    expect(at.told('desk')).toMatch(/^its settings changed while it goes on; ready at raw:/m)
  })

  it('do not touch a rotator that has it in its pool', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    const rotator = { id: 'pool', name: 'pool', listen: [raw(three)], shares: ['desk'] }
    const { at, change } = await served({ listen: [raw(one)] }, { rotators: [rotator] })
    const placed = await come(at, three)
    await change({ listen: [raw(two)], maxClients: 3 })
    expect(at.bridge('desk').addresses).toEqual([raw(two)])
    placed.says('still here')
    await placed.hears('still here')
    expect(at.told('pool')).toBe(`ready at ${raw(three)}`)
  })

  it('and its own settings are those that a banner tells', async () => {
    const one = await freePort()
    const { at, change } = await served({ listen: [raw(one)], banner: String.raw`\s\r\n` })
    await change({ port: { ...port, settings: { baudRate: 300 } } })
    await (await come(at, one)).hears('300N81')
  })
})

/** Discovery and a real avahi-daemon at the far end of a cable, or beside it on the same computer. */
import { describe, expect, it } from 'vitest'
import { lacksNetworks, Network } from '../e2e/endurance/network.ts'
import { Avahi, lacksAvahi, type Browsed } from './avahi.ts'
import { bundled, DiscoveryNode } from './discovery-node.ts'

const TXT = {
  provider: 'farport',
  gensiostack: 'telnet(rfc2217),tcp',
  devicetype: 'serialusb',
  product: 'Ünit "5"; a=b'
}

const iostream = (name: string, port = 7000): { key: string; type: 'iostream' } & Rest => ({
  key: name,
  type: 'iostream',
  name,
  port,
  txt: TXT,
  hosts: []
})

interface Rest {
  name: string
  port: number
  txt: Record<string, string>
  hosts: string[]
}

const whole = (name: string) => (found: readonly Browsed[]) =>
  found.some((each) => each.name === name && each.host !== undefined)

describe.skipIf(lacksNetworks || lacksAvahi)('discovery with avahi', () => {
  it('sees exactly our names and texts, and our goodbye; hears what it publishes, and its goodbye', async () => {
    const network = new Network()
    const [file, far] = await Promise.all([
      bundled(),
      Avahi.start((...all) => network.there(...all), { hostname: 'bob' })
    ])
    const node = await DiscoveryNode.start((...all) => network.here(...all), file, 'alice')
    const sixteen = Array.from({ length: 16 }, (_, index) => iostream(`port ${index}`, 7100 + index))
    node.announce(iostream('Rack 2.1 \\ ü'), ...sixteen)
    const found = await far.finds(
      '_iostream._tcp',
      (all) => whole('Rack 2.1 \\ ü')(all) && sixteen.every((each) => whole(each.name)(all))
    )
    const ours = found.filter((each) => each.name === 'Rack 2.1 \\ ü' && each.host !== undefined)
    for (const each of ours) {
      expect(each).toMatchObject({ host: 'alice.local', port: 7000, interface: 'far' })
      expect(
        Object.fromEntries(each.txt!.map((text) => [text.split('=')[0], text.replace(/^[^=]*=/, '')]))
      ).toEqual(TXT)
    }
    expect(ours.find((each) => each.family === 'IPv4')?.address).toBe(network.server)

    const published = await far.publish('ü 3.2', '_rfc2217._tcp', 2217, 'a=b c', 'flag')
    const { heard } = await node.until(({ heard: all }) => all.some((each) => each.addresses.length > 1))
    expect(heard.find((each) => each.name === 'ü 3.2')).toMatchObject({
      type: 'rfc2217',
      host: 'bob.local',
      port: 2217,
      txt: { a: 'b c', flag: '' },
      addresses: [network.peer, expect.stringMatching(/^fe80:.*%near$/)]
    })
    await published.stop()
    await node.hears('ü 3.2', false)

    node.tell({ close: true })
    await node.program.ended
    await far.finds('_iostream._tcp', (all) => all.length === 0)
  })

  it('the same name as one of avahi: whoever comes second gets another', async () => {
    const network = new Network()
    const [file, far] = await Promise.all([
      bundled(),
      Avahi.start((...all) => network.there(...all), { hostname: 'bob' })
    ])
    // Before its IPv6 address counts it would ask for the name once more then, at the same moment as we do.
    await far.daemon.printed(/New relevant interface far\.IPv6/, 'stderr')
    await far.publish('first', '_iostream._tcp', 1)
    const node = await DiscoveryNode.start((...all) => network.here(...all), file, 'alice')
    node.announce(iostream('first'), iostream('second'))
    await node.until(({ names }) => names.first === 'first (2)' && names.second === 'second')
    const theirs = await far.publish('second', '_iostream._tcp', 2)
    expect(theirs.stderr).toMatch(/Established under name 'second #2'/)
    expect(node.state.names.second).toBe('second')
  })

  it('shares a computer, its name and the port of multicast DNS with avahi, and with another of ours', async () => {
    const network = new Network()
    const [file, beside, far] = await Promise.all([
      bundled(),
      Avahi.start((...all) => network.here(...all), { hostname: 'alice' }),
      Avahi.start((...all) => network.there(...all), { hostname: 'bob' })
    ])
    const nodes = await Promise.all(
      [1, 2].map(() => DiscoveryNode.start((...all) => network.here(...all), file, 'alice'))
    )
    const [one, two] = nodes as [DiscoveryNode, DiscoveryNode]
    one.announce(iostream('one'))
    two.announce(iostream('two'))
    await Promise.all([one.hears('two'), two.hears('one')])
    await beside.publish('three', '_iostream._tcp', 3)
    await Promise.all([one.hears('three'), two.hears('three')])
    const all = ['one', 'two', 'three']
    const found = await far.finds('_iostream._tcp', (seen) => all.every((each) => whole(each)(seen)))
    await beside.finds('_iostream._tcp', (seen) => all.every((each) => whole(each)(seen)))
    expect(new Set(found.flatMap((each) => each.host ?? []))).toEqual(new Set(['alice.local']))
    expect(beside.daemon.stderr).not.toMatch(/conflict/i)
  })
})

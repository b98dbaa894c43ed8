/** Discovery on real sockets: interfaces that come and go, several of ours, and a storm of hostile packets. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, type Program } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import { lacksNetworks, Network } from '../e2e/endurance/network.ts'
import { ENTRIES } from '../../src-main/peers/discovery/limits.ts'
import type { Announcement } from '../../src-main/peers/discovery/discovery.ts'
import type { Run } from './avahi.ts'
import { lacks } from './need.ts'
import { bundled, DiscoveryNode } from './discovery-node.ts'

/** What is promised is ten seconds; a busy machine gets three times that. */
const CEILING_MS = 30_000

const farport = (name: string): Announcement => ({
  key: 'self',
  type: 'farport',
  name,
  port: 22_217,
  txt: { id: 'x' },
  hosts: []
})

async function two(): Promise<{ network: Network; near: DiscoveryNode; far: DiscoveryNode; file: string }> {
  const network = new Network()
  const file = await bundled()
  const [near, far] = await Promise.all([
    DiscoveryNode.start((...all) => network.here(...all), file, 'alice'),
    DiscoveryNode.start((...all) => network.there(...all), file, 'bob')
  ])
  near.announce(farport('alice'))
  far.announce(farport('bob'))
  await Promise.all([near.hears('bob'), far.hears('alice')])
  return { network, near, far, file }
}

describe.skipIf(lacksNetworks)('discovery on a network', () => {
  it(
    'a cable cut and whole again, an address that is another: found within ten seconds',
    { timeout: 120_000 },
    async () => {
      const { network, near, far } = await two()
      network.cut()
      await near.hears('bob', false, CEILING_MS)
      network.restore()
      await Promise.all([near.hears('bob', true, CEILING_MS), far.hears('alice', true, CEILING_MS)])
      network.setServerAddress(false)
      network.addServerAddress('10.77.0.9')
      await far.until(
        ({ heard }) => heard.some((each) => each.name === 'alice' && each.addresses[0] === '10.77.0.9'),
        CEILING_MS
      )
      expect([...near.troubles, ...far.troubles]).toEqual([])
    }
  )

  it('bonjour-service, as many programs of Node use it, hears us and is heard', async () => {
    const network = new Network()
    const near = await DiscoveryNode.start((...all) => network.here(...all), await bundled(), 'alice')
    near.announce(farport('alice'))
    const script = `
      const { Bonjour } = require('bonjour-service')
      const bonjour = new Bonjour({ interface: '${network.peer}', bind: '0.0.0.0' })
      bonjour.publish({ name: 'node', type: 'telnet', port: 23, host: 'node.local', txt: { a: 'b' } })
      bonjour.find({ type: 'farport' }, ({ name, host, port, txt }) => console.log(JSON.stringify({ name, host, port, txt })))`
    const far = network.there(process.execPath, '-e', script)
    const { heard } = await near.hears('node', true, CEILING_MS)
    expect(heard[0]).toMatchObject({ type: 'telnet', host: 'node.local', port: 23, txt: { a: 'b' } })
    const found = JSON.parse((await far.printed(/\{.*\}/))[0]) as unknown
    expect(found).toEqual({ name: 'alice', host: 'alice.local', port: 22_217, txt: { id: 'x' } })
  })

  it('loopback is used where it is named', async () => {
    const network = new Network()
    const file = await bundled()
    const run: Network['here'] = (...all) => network.here(...all)
    const [one, two] = await Promise.all(
      ['one', 'two'].map((each) => DiscoveryNode.start(run, file, each, 'lo'))
    )
    one!.announce(farport('one'))
    two!.announce(farport('one'))
    await Promise.all([one, two].map((each) => each!.until(({ heard }) => heard.some((at) => at.present))))
    const names = [one, two].map((each) => each!.state.names.self).sort()
    expect(names).toEqual(['one', 'one (2)'])
    for (const each of [one!, two!])
      expect(each.state.heard.find((at) => at.present)?.addresses).toEqual(['127.0.0.1', '::1'])
  })

  it('no network at all is no trouble, and one that comes is used', { timeout: 60_000 }, async () => {
    const network = new Network()
    const file = await bundled()
    network.cut()
    network.setServerAddress(false)
    const near = await DiscoveryNode.start((...all) => network.here(...all), file, 'alice')
    near.announce(farport('alice'))
    const far = await DiscoveryNode.start((...all) => network.there(...all), file, 'bob')
    network.restore()
    network.setServerAddress(true)
    await far.hears('alice', true, CEILING_MS)
    expect(near.troubles).toEqual([])
  })

  it.skipIf(lacks('setpriv'))(
    'who has the port for himself, or a system that keeps us from it, is told of once; we go on when that is over',
    { timeout: 90_000 },
    async () => {
      const network = new Network()
      const file = await bundled()
      const inShell = (script: string): Program => network.here('sh', '-c', script)
      const exclusive = network.here(
        ...(['/usr/bin/python3', '-c'] as const),
        "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 5353)); print('bound', flush=True); sys.stdin.read()"
      )
      await exclusive.printed(/bound/)
      // Ports below belong to those who have the right, which a root without it has not.
      const privileged = (first: number): string =>
        `echo ${first} > /proc/sys/net/ipv4/ip_unprivileged_port_start`
      await inShell(privileged(6000)).ended
      const bare: Run = (...all) => network.here('setpriv', '--bounding-set=-net_bind_service', ...all)
      const [near, other] = await Promise.all([
        DiscoveryNode.start((...all) => network.here(...all), file, 'alice'),
        DiscoveryNode.start(bare, file, 'carol')
      ])
      near.announce(farport('alice'))
      other.announce(farport('carol'))
      await eventually(
        () => expect([near.troubles, other.troubles.length]).toEqual([[expect.any(String)], 2]),
        CEILING_MS
      )
      expect(near.troubles[0]).toMatch(/on near by IPv4: another program has port 5353 for itself; end it/)
      for (const each of other.troubles)
        expect(each).toMatch(/on near by IPv[46]: not permitted \(EACCES\); allow UDP port 5353/)
      exclusive.process.stdin?.end()
      await inShell(privileged(1024)).ended
      const far = await DiscoveryNode.start((...all) => network.there(...all), file, 'bob')
      for (const name of ['alice', 'carol'])
        await far.until(
          ({ heard }) => heard.some((each) => each.name === name && each.addresses[0] === network.server),
          CEILING_MS
        )
      expect([near.troubles.length, other.troubles.length]).toEqual([1, 2])
    }
  )

  it(
    'a storm: entries and memory are bounded, and who is there is heard throughout',
    { timeout: 120_000 },
    async () => {
      const { network, near, far } = await two()
      const script = join(temporaryFolder(), 'storm.py')
      writeFileSync(script, STORM)
      const before = await near.usage()
      const storm = network.there('/usr/bin/python3', script, network.peer)
      const { code, stderr } = await storm.ended
      expect([code, stderr]).toEqual([0, ''])
      const after = await near.usage()
      expect(after.entries).toBeLessThanOrEqual(ENTRIES)
      expect((after.memory - before.memory) / 2 ** 20).toBeLessThan(32)
      far.announce({ ...farport('bob'), port: 1 })
      const { heard } = await near.until(
        ({ heard: all }) => all.some((each) => each.name === 'bob' && each.present && each.port === 1),
        CEILING_MS
      )
      for (const each of heard) expect(each.name).toMatch(/^[^\p{Cc}]{1,63}$/u)
    }
  )
})

/** 10,000 malformed packets, 20,000 names, texts of 20 kB, and goodbyes in the name of everybody who was heard. */
const STORM = `
import os, random, socket, struct, sys
random.seed(7)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', 5353))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[1]))
def name(*labels):
    return b''.join(bytes([len(l)]) + l for l in labels) + b'\\0'
def rr(n, t, data, ttl=4500):
    return n + struct.pack('>HHIH', t, 1, ttl, len(data)) + data
def send(*answers):
    try:
        s.sendto(struct.pack('>HHHHHH', 0, 0x8400, 0, len(answers), 0, 0) + b''.join(answers), ('224.0.0.251', 5353))
    except OSError as e:
        if e.errno != 90: raise
TYPE = name(b'_iostream', b'_tcp', b'local')
def service(label, txt=b'\\0', ttl=4500):
    full = name(label, b'_iostream', b'_tcp', b'local')
    send(rr(TYPE, 12, full, ttl), rr(full, 33, struct.pack('>HHH', 0, 0, 7) + name(b'h', b'local'), ttl),
         rr(full, 16, txt, ttl), rr(name(b'h', b'local'), 1, b'\\x0a\\x4d\\0\\x02', ttl))
for i in range(10000):
    kind = i % 4
    if kind == 0: s.sendto(os.urandom(random.randrange(1, 1400)), ('224.0.0.251', 5353))
    elif kind == 1: s.sendto(struct.pack('>HHHHHH', 0, 0x8400, 65535, 65535, 65535, 65535) + os.urandom(400), ('224.0.0.251', 5353))
    elif kind == 2: s.sendto(struct.pack('>HHHHHH', 0, 0x8400, 0, 200, 0, 0) + b'\\xc0\\x0c' * 600, ('224.0.0.251', 5353))
    else: send(TYPE + struct.pack('>HHIH', 12, 1, 120, 60000))
for i in range(20000):
    service(('\\x1b[31m%d\\u202e' % i).encode())
big = (b'\\xff' + b'k=' + b'v' * 253) * 80
for i in range(500):
    service(b'big%d' % i, big[:8192])
    service(b'bigger%d' % i, big)
for i in range(2000):
    send(rr(name(b'_farport', b'_tcp', b'local'), 12, name(b'bob', b'_farport', b'_tcp', b'local'), 0))
`

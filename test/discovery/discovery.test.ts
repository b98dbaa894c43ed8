/** Several of ours on a network in memory, by a clock of the test's. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Announcement, Discovery } from '../../src-main/peers/discovery/discovery.ts'
import { encode } from '../../src-main/peers/discovery/encode.ts'
import { SENT_BYTES } from '../../src-main/peers/discovery/limits.ts'
import { message, recordKey, type DnsRecord } from '../../src-main/peers/discovery/message.ts'
import { FakeClock } from '../fake-clock.ts'
import { MemoryNetwork, service } from './memory-network.ts'

let clock: FakeClock
let network: MemoryNetwork

beforeEach(() => {
  clock = new FakeClock()
  network = new MemoryNetwork(clock)
})

const heardBy = (discovery: Discovery, present = true): string[] =>
  discovery.heard.filter((each) => each.present === present).map((each) => each.name)

describe('names', () => {
  it('a name that nobody has is ours after three questions', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    discovery.announce([service('Rack 2.1')])
    await clock.advance(700)
    expect(discovery.names.size).toBe(0)
    await clock.advance(400)
    expect([...discovery.names]).toEqual([['Rack 2.1', 'Rack 2.1']])
    const probes = network.sent.filter((each) => each.message.authorities.length > 0)
    expect(probes).toHaveLength(3)
    expect(probes[0]?.message.questions).toContainEqual({
      name: 'Rack 2\\.1._iostream._tcp.local',
      type: 'ANY',
      unicast: false
    })
  })

  it('a name that another one has becomes name (2), and (3)', async () => {
    const all = [1, 2, 3].map((each) => network.computer(`c${each}`, `10.0.0.${each}`).discovery)
    for (const each of all) {
      each.announce([service('Printer')])
      await clock.advance(5000)
    }
    expect(all.map((each) => each.names.get('Printer'))).toEqual(['Printer', 'Printer (2)', 'Printer (3)'])
    expect(heardBy(all[0]!).sort()).toEqual(['Printer (2)', 'Printer (3)'])
  })

  it('two that start at the same moment settle on different names', async () => {
    const all = [1, 2].map((each) => network.computer(`c${each}`, `10.0.0.${each}`).discovery)
    for (const each of all) each.announce([service('Printer')])
    await clock.advance(10_000)
    expect(all.map((each) => each.names.get('Printer')).sort()).toEqual(['Printer', 'Printer (2)'])
  })

  it('of two that ask at one and the same time, the one with the greater port has the name, and nobody hears of both', async () => {
    const both = [1, 2].map(
      (each) => network.computer(`c${each}`, `10.0.0.${each}`, { random: () => 0 }).discovery
    )
    both.forEach((each, index) => each.announce([service('Printer', 7000 + index)]))
    await clock.advance(10_000)
    expect(both.map((each) => each.names.get('Printer'))).toEqual(['Printer (2)', 'Printer'])
    const said = network.sent.filter((each) => each.message.response).flatMap((each) => each.message.answers)
    const ports = said.flatMap((each) =>
      each.type === 'SRV' && each.name.startsWith('Printer.') ? [each.port] : []
    )
    expect(new Set(ports)).toEqual(new Set([7001]))
  })

  it('computers of the same name are told apart', async () => {
    const [a, b] = [1, 2].map((each) => network.computer('box', `10.0.0.${each}`).discovery)
    a!.announce([service('one')])
    b!.announce([service('two')])
    await clock.advance(10_000)
    const hosts = [...a!.heard, ...b!.heard].map(({ host, addresses }) => [host, ...addresses])
    expect(new Set(hosts.map(([host]) => host))).toEqual(new Set(['box.local', 'box-2.local']))
    expect(hosts.flatMap((each) => each.slice(1)).sort()).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  it('two networks become one: one of two equal names gives way, and both are heard', async () => {
    const a = network.computer('a', '10.0.0.1')
    const b = network.computer('b', '10.0.0.2')
    b.transport.segment = 1
    for (const { discovery } of [a, b]) discovery.announce([service('Printer')])
    await clock.advance(10_000)
    expect([a, b].map((each) => each.discovery.names.get('Printer'))).toEqual(['Printer', 'Printer'])
    b.transport.unplug()
    b.transport.segment = 0
    b.transport.plug()
    await clock.advance(10_000)
    expect([a, b].map((each) => each.discovery.names.get('Printer')).sort()).toEqual([
      'Printer',
      'Printer (2)'
    ])
    expect([...heardBy(a.discovery), ...heardBy(b.discovery)].sort()).toEqual(['Printer', 'Printer (2)'])
  })

  it('networks that become one without either noticing settle when one is heard', async () => {
    const a = network.computer('a', '10.0.0.1')
    const b = network.computer('b', '10.0.0.2')
    b.transport.segment = 1
    for (const { discovery } of [a, b]) discovery.announce([service('Printer')])
    await clock.advance(10_000)
    b.transport.segment = 0
    a.discovery.refresh()
    await clock.advance(15_000)
    expect([a, b].map((each) => each.discovery.names.get('Printer')).sort()).toEqual([
      'Printer',
      'Printer (2)'
    ])
  })

  it('somebody who claims every name there could be makes us go through them no faster', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    discovery.announce([service('Printer')])
    const every = Array.from({ length: 100 }, (_, index): DnsRecord => ({
      name: `Printer${index === 0 ? '' : ` (${index + 1})`}._iostream._tcp.local`,
      ...{ type: 'SRV', ttl: 120, flush: true, port: 1, target: 'x.local' }
    }))
    const bytes = encode(message({ response: true, answers: every }))
    for (let fifth = 0; fifth < 300; fifth++) {
      network.inject(bytes, '10.0.0.9')
      await clock.advance(200)
    }
    await clock.advance(20_000)
    // Fifteen at once, then one in five seconds.
    expect([...discovery.names.values()]).toEqual([expect.stringMatching(/^Printer \([23]\d\)$/)])
  })

  it('two of ours with one name, or with one that is too long to tell them apart, are told apart', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    const long = 'x'.repeat(70)
    const named = (key: string, name: string): Announcement => service(name, 7000, { key })
    discovery.announce([named('1', 'gps'), named('2', 'GPS'), named('3', `${long}1`), named('4', `${long}2`)])
    await clock.advance(5000)
    expect([...discovery.names.values()]).toEqual([
      ...['gps', 'GPS (2)'],
      ...['x'.repeat(63), `${'x'.repeat(59)} (2)`]
    ])
  })

  it('somebody who claims every name makes us wait, not spin', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    discovery.announce([service('Printer')])
    for (let tenth = 0; tenth < 1200; tenth++) {
      for (const { message: sent } of network.sent.splice(0)) {
        if (sent.response) continue
        const answers = sent.questions.map(({ name }): DnsRecord => ({
          name,
          type: 'SRV',
          ttl: 120,
          flush: true,
          port: 1,
          target: 'x.local'
        }))
        if (sent.authorities.length > 0)
          network.inject(encode(message({ response: true, answers })), '10.0.0.9')
      }
      await clock.advance(100)
    }
    expect(discovery.names.size).toBe(0)
    await clock.advance(20_000)
    // Fifteen tries at once, then one in five seconds.
    expect([...discovery.names.values()]).toEqual([expect.stringMatching(/^Printer \([34]\d\)$/)])
  })
})

describe('coming and going', () => {
  it('hears all about a service, and greys it out at its goodbye, then forgets it', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([
      service('Rack 2.1', 7001, { txt: { provider: 'farport', gensiostack: 'telnet(rfc2217),tcp' } })
    ])
    await clock.advance(3000)
    expect(b.heard).toMatchObject([
      {
        key: 'rack 2\\.1._iostream._tcp.local',
        type: 'iostream',
        name: 'Rack 2.1',
        host: 'a.local',
        addresses: ['10.0.0.1'],
        port: 7001,
        txt: { provider: 'farport', gensiostack: 'telnet(rfc2217),tcp' },
        present: true
      }
    ])
    expect(a.heard).toEqual([])
    await a.close()
    await clock.advance(4000)
    expect(heardBy(b, false)).toEqual(['Rack 2.1'])
    await clock.advance(600_000)
    expect(b.heard).toEqual([])
  })

  it('a rename is a goodbye and another service', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('old', 7000, { key: 'k' })])
    await clock.advance(3000)
    a.announce([service('new', 7000, { key: 'k' })])
    await clock.advance(5000)
    expect([heardBy(b), heardBy(b, false)]).toEqual([['new'], ['old']])
  })

  it('a changed text is heard, and nothing else is said anew', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('one'), service('two')])
    await clock.advance(10_000)
    network.sent.length = 0
    a.announce([service('one', 7000, { txt: { provider: 'other' } }), service('two')])
    await clock.advance(5000)
    expect(b.heard.find((each) => each.name === 'one')?.txt).toEqual({ provider: 'other' })
    const said = network.sent.filter((each) => each.from === '10.0.0.1' && each.message.response)
    expect(
      said.flatMap((each) => each.message.answers).filter((each) => each.name.startsWith('two'))
    ).toEqual([])
  })

  it('a forged goodbye removes nobody who lives', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('alive')])
    await clock.advance(10_000)
    const seen = new Set<string>()
    b.onChange(() => b.heard.forEach((each) => seen.add(`${each.name} ${each.present}`)))
    const answers = network.sent
      .flatMap((each) => each.message.answers)
      .filter((each) => each.type === 'PTR' || each.type === 'SRV')
      .map((each) => ({ ...each, ttl: 0 }))
    network.inject(encode(message({ response: true, answers: answers.slice(0, 20) })), '10.0.0.66', {
      to: '10.0.0.2'
    })
    await clock.advance(5000)
    expect(heardBy(b)).toEqual(['alive'])
    expect(seen).not.toContain('alive false')
  })

  it('a forged goodbye is set right also where we spoke a moment ago', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    discovery.announce([service('board')])
    await clock.advance(10_000)
    const question = { name: '_iostream._tcp.local', type: 'PTR', unicast: false } as const
    network.inject(encode(message({ questions: [question] })), '10.0.0.2')
    await clock.advance(300)
    network.sent.length = 0
    const answers: DnsRecord[] = [
      { name: question.name, type: 'PTR', ttl: 0, flush: false, target: 'board._iostream._tcp.local' }
    ]
    network.inject(encode(message({ response: true, answers })), '10.0.0.66')
    // Who believes it lets go a second later (RFC 6762 §10.1).
    await clock.advance(990)
    expect(network.sent.flatMap((each) => each.message.answers)).toMatchObject([{ type: 'PTR', ttl: 4500 }])
  })

  it('who stays is heard of again and again, and when that was is told once a minute', async () => {
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => clock.nowMs())
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('board')])
    await clock.advance(10_000)
    let told = 0
    b.onChange(() => told++)
    await clock.advance(600_000)
    const [board] = b.heard
    expect(clock.nowMs() - board!.seen).toBeLessThan(120_000)
    expect(told).toBeGreaterThanOrEqual(4)
    expect(told).toBeLessThanOrEqual(10)
    wall.mockRestore()
  })

  it('who is switched off without a goodbye is grey when its time is over', async () => {
    const a = network.computer('a', '10.0.0.1')
    const b = network.computer('b', '10.0.0.2').discovery
    a.discovery.announce([service('board')])
    await clock.advance(5000)
    a.transport.segment = 9
    await clock.advance(110_000)
    expect(heardBy(b)).toEqual(['board'])
    await clock.advance(15_000)
    expect(heardBy(b, false)).toEqual(['board'])
    // A cable somewhere between: neither computer notices that it is whole again.
    a.transport.segment = 0
    await clock.advance(10_000)
    expect(heardBy(b)).toEqual(['board'])
  })

  it('who lives stays, for hours, by few questions', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('board')])
    await clock.advance(60_000)
    network.sent.length = 0
    let absent = 0
    b.onChange(() => (absent += heardBy(b, false).length))
    await clock.advance(3_600_000)
    expect([heardBy(b), absent]).toEqual([['board'], 0])
    expect(network.sent.length / 60).toBeLessThan(4)
  })

  it('our interface goes: what was heard there is grey; it comes: found and announced again at once', async () => {
    const a = network.computer('a', '10.0.0.1')
    const b = network.computer('b', '10.0.0.2')
    a.discovery.announce([service('one')])
    b.discovery.announce([service('two')])
    await clock.advance(10_000)
    b.transport.unplug()
    await clock.advance(1000)
    expect(heardBy(b.discovery, false)).toEqual(['one'])
    b.transport.plug()
    await clock.advance(3000)
    expect(heardBy(b.discovery)).toEqual(['one'])
    expect(heardBy(a.discovery)).toEqual(['two'])
  })

  it('announces only where the service can be reached', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([
      service('here', 1, { hosts: ['10.0.0.1'] }),
      service('all', 2, { hosts: ['0.0.0.0'] }),
      service('own', 3, { hosts: ['127.0.0.1', '::1'] }),
      service('six', 4, { hosts: ['10.9.9.9'] })
    ])
    await clock.advance(5000)
    expect(heardBy(b).sort()).toEqual(['all', 'here'])
  })

  it('many are asked for, said and withdrawn in few packets, nothing twice in one', async () => {
    const { discovery } = network.computer('a', '10.0.0.1')
    network.computer('b', '10.0.0.2')
    discovery.announce(
      Array.from({ length: 48 }, (_, index) => service(`Console ${index} of rack 7`, 7000 + index))
    )
    await clock.advance(5000)
    await discovery.close()
    expect(discovery.names.size).toBe(48)
    const ours = network.sent.filter((each) => each.from === '10.0.0.1')
    const asked = ours.filter(({ message: { authorities } }) => authorities.length > 0)
    const said = ours.filter(
      ({ message: { response, answers } }) => response && answers.some(({ ttl }) => ttl > 0)
    )
    const withdrawn = ours.filter(({ message: { answers } }) => answers.some(({ ttl }) => ttl === 0))
    // About 5 kB of records: three times asked for, three times said, and withdrawn once.
    expect(asked.length).toBeLessThanOrEqual(3 * 6)
    expect(said.length).toBeLessThanOrEqual(3 * 5)
    expect(withdrawn.length).toBeLessThanOrEqual(5)
    for (const {
      message: { answers, additionals },
      bytes
    } of ours) {
      const keys = [...answers, ...additionals].map(recordKey)
      expect(new Set(keys).size).toBe(keys.length)
      expect(bytes.length).toBeLessThanOrEqual(SENT_BYTES)
    }
  })

  it('leaves nothing behind', async () => {
    const a = network.computer('a', '10.0.0.1').discovery
    const b = network.computer('b', '10.0.0.2').discovery
    a.announce([service('one')])
    await clock.advance(3000)
    await Promise.all([a.close(), b.close()])
    await clock.advance(1)
    expect(clock.pending).toBe(0)
    await a.close()
  })
})

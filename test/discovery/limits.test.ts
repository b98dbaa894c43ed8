/** What strangers can make us hold, show and do. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cache } from '../../src-main/peers/discovery/cache.ts'
import { Flood } from '../../src-main/peers/discovery/flood.ts'
import * as limits from '../../src-main/peers/discovery/limits.ts'
import { linksOf, type Interfaces } from '../../src-main/peers/discovery/links.ts'
import { encode } from '../../src-main/peers/discovery/encode.ts'
import { message, type DnsRecord } from '../../src-main/peers/discovery/message.ts'
import { escapeLabel } from '../../src-main/peers/discovery/names.ts'
import { isDialable, shownKey, shownName, shownTxt } from '../../src-main/peers/discovery/sanitise.ts'
import type { Channel } from '../../src-main/peers/discovery/transport.ts'
import { decodeTxt, encodeTxt } from '../../src-main/peers/discovery/txt.ts'
import { FakeClock } from '../fake-clock.ts'
import '../properties.ts'
import { MemoryNetwork, service } from './memory-network.ts'

const TYPE = '_iostream._tcp.local'
const channel: Channel = { key: 'eth0/4', interface: 'eth0', family: 4, addresses: ['10.0.0.1'] }

function records(
  name: string,
  more: { txt?: Buffer; ttl?: number; host?: string; port?: number } = {}
): DnsRecord[] {
  const instance = `${escapeLabel(name)}.${TYPE}`
  const { ttl = 120, host = 'h.local', txt = Buffer.of(0), port = 1 } = more
  return [
    { name: TYPE, type: 'PTR', ttl, flush: false, target: instance },
    { name: instance, type: 'SRV', ttl, flush: true, port, target: host },
    { name: instance, type: 'TXT', ttl, flush: true, data: txt },
    { name: host, type: 'A', ttl, flush: true, address: '10.0.0.9' }
  ]
}

class Table {
  readonly cache = new Cache(() => false)
  nowMs = 0

  take(all: readonly DnsRecord[], address = '10.0.0.9', on = channel): void {
    this.cache.take(all, { channel: on, address, nowMs: this.nowMs, wallMs: this.nowMs })
  }

  /** A flood at the pace that is let in, from many senders. */
  fill(count: number, start = 'n', senders = 16): void {
    for (let index = 0; index < count; index++) {
      this.take(records(`${start}${index}`, { ttl: 4500 }), `10.1.0.${index % senders}`)
      this.nowMs += 1000 / limits.NEW_PER_SECOND
    }
  }
}

describe('entries', () => {
  it('come at a rate, and some at once', () => {
    const table = new Table()
    const flood = (from: number): void => {
      for (let index = 0; index < 1000; index++)
        table.take(records(`n${from + index}`), `10.1.0.${index % 200}`)
    }
    flood(0)
    expect(table.cache.size).toBe(limits.NEW_AT_ONCE)
    table.nowMs += 1000
    flood(10_000)
    expect(table.cache.size).toBe(limits.NEW_AT_ONCE + limits.NEW_PER_SECOND)
  })

  it('are so many, and who is there is not pushed out', () => {
    const table = new Table()
    table.fill(3, 'known')
    table.fill(20_000)
    expect(table.cache.size).toBe(limits.ENTRIES)
    const names = table.cache.heard().map((each) => each.name)
    expect(names).toEqual(expect.arrayContaining(['known0', 'known1', 'known2']))
  })

  it('of one network are not changed from another one', () => {
    const other: Channel = { ...channel, key: 'wlan0/4', interface: 'wlan0' }
    const table = new Table()
    const place = (): unknown => table.cache.heard().map(({ port, txt }) => [port, txt])
    table.take(records('meter', { port: 1, txt: encodeTxt({ a: 'mine' }) }))
    table.take(records('meter', { port: 666, txt: encodeTxt({ a: 'not' }) }), '10.9.0.9', other)
    expect(place()).toEqual([[1, { a: 'mine' }]])
    // It is in both, and then in the other one alone.
    table.take(records('meter', { port: 1, txt: encodeTxt({ a: 'mine' }) }), '10.9.0.1', other)
    table.cache.lose(channel, table.nowMs)
    expect(table.cache.heard()[0]?.present).toBe(true)
    table.take(records('meter', { port: 2, txt: encodeTxt({}) }), '10.9.0.1', other)
    expect(place()).toEqual([[2, {}]])
  })

  it('of one sender are half of all', () => {
    const table = new Table()
    table.fill(1000, 'n', 1)
    expect(table.cache.size).toBe(limits.ENTRIES_PER_SENDER)
    table.fill(10, 'other', 1)
    table.take(records('legitimate'), '10.0.0.2')
    expect(table.cache.heard().map((each) => each.name)).toContain('legitimate')
  })

  it('that are gone make room', () => {
    const table = new Table()
    table.take(records('short', { ttl: 10, host: 's.local' }))
    table.fill(limits.ENTRIES)
    table.cache.tick(table.nowMs, [channel])
    table.take(records('late'), '10.2.0.1')
    const names = table.cache.heard().map((each) => each.name)
    expect(names).not.toContain('short')
    expect(names).toContain('late')
    expect(table.cache.size).toBe(limits.ENTRIES)
  })

  it('with nothing but a name are never shown, and forgotten', () => {
    const table = new Table()
    table.take(records('half').slice(0, 1))
    expect(table.cache.heard()).toEqual([])
    let asked = 0
    for (; table.nowMs < 40_000; table.nowMs += 1000)
      asked += table.cache.tick(table.nowMs, [channel]).get(channel.key)?.length ?? 0
    expect(table.cache.size).toBe(0)
    expect(asked).toBeLessThan(20)
  })

  it('come whole however their records are spread and ordered', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const table = new Table()
        const all = records('spread', { txt: encodeTxt({ a: 'b' }) })
        table.take(order.map((each) => all[each]!))
        expect(table.cache.heard()).toMatchObject([
          { name: 'spread', addresses: ['10.0.0.9'], txt: { a: 'b' } }
        ])
        const apart = new Table()
        // What cannot be placed yet is asked for.
        for (const each of [0, 1, 2, 3]) apart.take([all[each]!])
        expect(apart.cache.heard()).toMatchObject([
          { name: 'spread', addresses: ['10.0.0.9'], txt: { a: 'b' } }
        ])
      })
    )
  })

  it('have so many addresses', () => {
    const table = new Table()
    table.take(records('many'))
    for (let index = 0; index < 200; index++)
      table.take([{ name: 'h.local', type: 'A', ttl: 120, flush: false, address: `10.3.0.${index}` }])
    expect(table.cache.heard()[0]?.addresses).toHaveLength(limits.ADDRESSES_PER_HOST)
  })

  it('random records in any order keep every limit', () => {
    const name = fc.constantFrom('a', 'b\u0007', 'c\u202e', '\u200bd', 'x'.repeat(63))
    const packet = fc.record({
      name,
      ttl: fc.constantFrom(0, 1, 120, 0xffffffff),
      keep: fc.nat(15),
      waitMs: fc.nat(20_000)
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 40 }), (packets) => {
        const table = new Table()
        for (const { name: each, ttl, keep, waitMs } of packets) {
          table.take(records(each, { ttl }).filter((_, index) => keep & (1 << index)))
          table.nowMs += waitMs
          table.cache.tick(table.nowMs, [channel])
          for (const heard of table.cache.heard()) expect(heard.name).toMatch(/^[a-dx]+$/)
        }
        // Whoever is silent is gone in the end.
        for (let hour = 0; hour < 3; hour++) table.cache.tick((table.nowMs += 3_600_000), [channel])
        expect(table.cache.size).toBe(0)
      })
    )
  })
})

describe('texts', () => {
  it.each([
    ['a\u001b[31mred\u0007', 'a [31mred'],
    ['adm\u200bin\ufeff\u2060', 'admin'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['two\r\nlines', 'two lines'],
    ['Küche ☎', 'Küche ☎'],
    ['x'.repeat(100), `${'x'.repeat(62)}…`]
  ])('%j is shown as %j', (text, shown) => {
    expect(shownName(text)).toBe(shown)
  })

  it('names that look alike have keys that do not', () => {
    expect(shownKey('a\u200bb')).toBe('a\\u{200b}b')
    expect(shownKey('a b')).toBe('a b')
  })

  it('are read up to a limit, and shown without what does harm', () => {
    const strings = Array.from({ length: 100 }, (_, index) => `k${index}=${'v'.repeat(240)}`)
    const data = Buffer.concat(
      strings.map((each) => Buffer.from(`${String.fromCharCode(each.length)}${each}`, 'latin1'))
    )
    expect(data.length).toBeGreaterThan(20_000)
    expect(decodeTxt(data).flat().join('').length).toBeLessThanOrEqual(limits.TXT_BYTES)
    const many = Buffer.from(
      Array.from({ length: 200 }, (_, index) => `\u0003${String(index).padStart(3, '0')}`).join('')
    )
    expect(decodeTxt(many)).toHaveLength(limits.TXT_KEYS)
    const own = encodeTxt(Object.fromEntries(strings.map((each) => each.split('=') as [string, string])))
    expect(own.length).toBeLessThanOrEqual(limits.TXT_BYTES)
    expect(
      shownTxt([
        ['__proto__', 'x'],
        ['a\u001b', 'x'],
        ['ok', '<b>\u001b\u202e']
      ])
    ).toEqual({ ok: '<b>' })
  })

  it('texts of keys and values come back', () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, fc.string({ maxLength: 20 })), {
          maxLength: 8,
          selector: ([each]) => each
        }),
        (pairs) => {
          expect(decodeTxt(encodeTxt(Object.fromEntries(pairs)))).toEqual(
            Object.entries(Object.fromEntries(pairs))
          )
        }
      )
    )
  })

  it('addresses that cannot be meant are left out', () => {
    const all = [
      '10.0.0.1',
      '0.0.0.0',
      '127.0.0.1',
      '224.0.0.251',
      '255.255.255.255',
      '::',
      '::1',
      'ff02::fb',
      'fe80::1',
      '::ffff:1.2.3.4'
    ]
    expect(all.filter((each) => isDialable(each, false))).toEqual(['10.0.0.1', 'fe80::1'])
    expect(all.filter((each) => isDialable(each, true))).toEqual(['10.0.0.1', '127.0.0.1', '::1', 'fe80::1'])
  })
})

describe('time', () => {
  it('each sender has a part of a second, and all together have', () => {
    const flood = new Flood(0)
    let spentMs = 0
    const run = (sender: string, nowMs: number): boolean =>
      flood.run(
        sender,
        nowMs,
        () => spentMs,
        () => (spentMs += 5)
      )
    for (let index = 0; index < 1000; index++) run('a', 0)
    expect(spentMs).toBeLessThanOrEqual(limits.SENDER_MS_PER_SECOND + 5)
    expect(run('b', 0)).toBe(true)
    for (let index = 0; index < 1000; index++) run(`s${index}`, 0)
    expect(spentMs).toBeLessThanOrEqual(limits.ALL_MS_PER_SECOND + 5)
    expect(run('z', 0)).toBe(false)
    expect(run('z', 1000)).toBe(true)
  })

  it('a flood of questions is no flood of answers', async () => {
    const clock = new FakeClock()
    const network = new MemoryNetwork(clock)
    const { discovery } = network.computer('a', '10.0.0.1', { browse: false })
    discovery.announce([service('one')])
    await clock.advance(10_000)
    network.sent.length = 0
    const ask = (unicast: boolean): Buffer =>
      encode(message({ questions: [{ name: TYPE, type: 'PTR', unicast }] }))
    for (let index = 0; index < 500; index++) {
      network.inject(ask(false), '10.0.0.2')
      network.inject(ask(true), '10.0.0.3')
      network.inject(ask(false), '10.0.0.4', { port: 40_000 })
      await clock.advance(4)
    }
    expect(network.sent.filter((each) => each.to === undefined).length).toBeLessThanOrEqual(4)
    expect(network.sent.filter((each) => each.to !== undefined).length).toBeLessThanOrEqual(60)
  })

  it('nobody beyond the network is sent an answer, whatever address stands on a question', async () => {
    const clock = new FakeClock()
    const network = new MemoryNetwork(clock)
    network.computer('a', '10.0.0.1', { browse: false }).discovery.announce([service('one')])
    await clock.advance(10_000)
    network.sent.length = 0
    const question = encode(message({ questions: [{ name: TYPE, type: 'PTR', unicast: true }] }))
    network.inject(question, '203.0.113.9', { port: 40_000 })
    await clock.advance(1000)
    expect(network.sent).toEqual([])
    network.inject(question, '203.0.113.9')
    await clock.advance(1000)
    expect(network.sent.map((each) => each.to)).toEqual([undefined])
  })
})

describe('interfaces', () => {
  const info = (
    address: string,
    family: 'IPv4' | 'IPv6',
    internal = false
  ): NonNullable<Interfaces[string]>[number] => {
    const common = { address, netmask: '', mac: '', internal, cidr: null }
    return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 2 }
  }

  it('are those that are chosen, else all but loopback; with the addresses that avahi announces too', () => {
    const all: Interfaces = {
      lo: [info('127.0.0.1', 'IPv4', true)],
      eth0: [info('10.0.0.1', 'IPv4'), info('fe80::1', 'IPv6')],
      wlan0: [info('2001:db8::1', 'IPv6'), info('fe80::2', 'IPv6')]
    }
    expect(linksOf(all, []).map((each) => [each.name, ...each.addresses])).toEqual([
      ['eth0', '10.0.0.1', 'fe80::1'],
      ['wlan0', '2001:db8::1']
    ])
    expect(linksOf(all, ['lo', 'eth9']).map((each) => each.name)).toEqual(['lo'])
  })

  it('are so many at the most', () => {
    const all = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`veth${index}`, [info('10.0.0.1', 'IPv4')]])
    )
    expect(linksOf(all, [])).toHaveLength(limits.INTERFACES)
  })
})

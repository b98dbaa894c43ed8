import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StateTree } from '../../../src-main/contract/state.ts'
import { farPlace, monitorTarget } from '../../../src-renderer/model/monitor/target.ts'
import { formatPlace, PAGES, readPlace } from '../../../src-renderer/route.svelte.ts'
import { bridgeOf, portOf, treeOf } from '../states.ts'

const ID = 'ab'.repeat(32)

const PEERS = {
  [ID]: { id: ID, name: "Bob's laptop", trust: 'trusted' },
  other: { id: 'cd'.repeat(32), name: 'mallory', trust: 'blocked' }
} as unknown as NonNullable<StateTree['peers']>

const NEARBY = {
  box: { kind: 'port', name: 'console', url: 'rfc2217://192.0.2.7:7000' },
  far: { kind: 'farport', name: 'bob', url: 'farport://192.0.2.7:22217' }
} as unknown as NonNullable<StateTree['nearby']>

const RECORDING = { on: true, bytes: 0, records: 0, size: 0, bytesToDevice: 0, bytesFromDevice: 0 }

const TREE: StateTree = {
  ...treeOf(
    [portOf('/dev/ttyUSB0', { byId: ['/dev/serial/by-id/x'], product: 'FT232R' }), portOf('/dev/ttyUSB1')],
    [
      bridgeOf('gps', { name: 'GPS' }),
      bridgeOf('off', { enabled: false, port: 'sim:echo', own: { baudRate: 9600 } }),
      bridgeOf('was', { enabled: false, recording: RECORDING }),
      bridgeOf('usb', { portId: 'ttyUSB1' }),
      bridgeOf('far', { kind: 'link' })
    ]
  ),
  peers: PEERS,
  nearby: NEARBY
}

const at = (page: (typeof PAGES)[number], selected: string, part?: number) =>
  monitorTarget(TREE, { page, selected, part })

describe('what a monitor is of', () => {
  it('is the recording of a share or link that runs, or ran', () => {
    expect(at('computer', 'gps')).toEqual({ target: { type: 'recording', id: 'gps' }, name: 'GPS' })
    expect(at('connections', 'far')?.target).toEqual({ type: 'recording', id: 'far' })
    expect(at('computer', 'was')?.target).toEqual({ type: 'recording', id: 'was' })
  })

  it('is the port itself where nothing was recorded, by the name that stays', () => {
    expect(at('computer', 'off')?.target).toEqual({
      type: 'port',
      port: { target: 'sim:echo', settings: { baudRate: 9600 } }
    })
    expect(at('computer', 'ttyUSB0')).toEqual({
      target: { type: 'port', port: { target: '/dev/serial/by-id/x' } },
      name: 'FT232R'
    })
  })

  it('is the share of a port that is shared, also by the port’s own id', () => {
    expect(at('computer', 'ttyUSB1')?.target).toEqual({ type: 'recording', id: 'usb' })
  })

  it('is a port of a paired computer, or one that announces itself', () => {
    const url = 'farport://Bob%27s%20laptop/gps%20%26%20co'
    expect(at('network', url)).toEqual({ target: { type: 'port', port: { target: url } }, name: 'gps & co' })
    expect(at('network', `farport://${ID.slice(0, 8)}/gps`)?.name).toBe('gps')
    expect(at('network', 'rfc2217://192.0.2.7:7000')?.name).toBe('console')
  })

  it('is a file of the captures folder, and one of its recordings', () => {
    expect(at('captures', 'boot 2.pcapng', 1)?.target).toEqual({
      ...{ type: 'file', name: 'boot 2.pcapng', recording: 1 }
    })
    expect(at('captures', 'boot.pcapng')?.target).toMatchObject({ recording: 0 })
  })

  it.each([
    ['computer', 'exec:sh -c id'],
    ['computer', '/dev/sda'],
    ['computer', '__proto__'],
    ['computer', 'constructor'],
    ['connections', 'toString'],
    ['network', 'exec:sh'],
    ['network', 'sim:echo'],
    ['network', '/dev/ttyUSB0'],
    ['network', 'raw://192.0.2.9:22'],
    ['network', 'farport://mallory/gps'],
    ['network', 'farport://stranger/gps'],
    ['network', 'farport://192.0.2.7:22217'],
    ['network', 'farport://192.0.2.7:22217/gps'],
    ['network', `farport://${ID.slice(0, 7)}/gps`],
    ['network', 'farport://Bob%27s%20laptop/gps?take-over'],
    ['network', 'farport://Bob%27s%20laptop/%ff'],
    ['captures', '../../etc/passwd'],
    ['captures', '/etc/passwd'],
    ['captures', 'C:\\boot.ini'],
    ['captures', '.hidden'],
    ['captures', 'a\u0000b'],
    ['captures', 'a'.repeat(201)],
    ['settings', 'gps']
  ] as const)('is nothing where the address of %s says %s', (page, selected) => {
    expect(at(page, selected)).toBeUndefined()
  })

  it('has a place for what is near: its link first', () => {
    expect(farPlace({ link: 'far', target: 'farport://bob/gps' })).toMatchObject({ page: 'connections' })
    expect(farPlace({ target: 'farport://bob/gps' })).toMatchObject({ page: 'network', view: 'monitor' })
    expect(farPlace({})).toBeUndefined()
  })
})

describe('the address of a page', () => {
  it('keeps a monitor, over its page and alone', () => {
    const over = { page: 'captures', selected: 'boot 1/2?.pcapng', view: 'monitor', part: 1 } as const
    expect(formatPlace(over)).toBe('captures/boot%201%2F2%3F.pcapng/monitor/1')
    expect(formatPlace({ ...over, isAlone: true })).toBe('monitor/captures/boot%201%2F2%3F.pcapng/1')
  })

  it('says again what it was made of', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PAGES),
        fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
        fc.boolean(),
        fc.option(fc.nat(9999), { nil: undefined }),
        (page, selected, isAlone, part) => {
          const place = { page, selected, view: 'monitor', part, isAlone } as const
          expect(readPlace(formatPlace(place))).toEqual(place)
        }
      )
    )
  })

  it('is some place, whatever anybody writes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: 'binary-ascii' }), (text) => {
        expect(PAGES).toContain(readPlace(text).page)
        expect(PAGES).toContain(readPlace(`monitor/${text}`).page)
      })
    )
    expect(readPlace('monitor')).toEqual({ page: 'computer' })
    expect(readPlace('monitor/computer')).toEqual({ page: 'computer' })
    expect(readPlace('monitor/nowhere/x')).toEqual({ page: 'computer' })
    expect(readPlace('captures/x/monitor/-1').part).toBeUndefined()
  })
})

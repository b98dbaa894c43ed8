import { describe, expect, it, onTestFinished } from 'vitest'
import { Emitter } from '../../src-main/base/event.ts'
import type { BridgeState, PortInfo, StateTree } from '../../src-main/contract/state.ts'
import type { PortsFacts } from '../../src-main/core/doctor-facts.ts'
import { LocalPorts, LOOK_MS, portId } from '../../src-main/core/local-ports.ts'
import { portFindings } from '../../src-main/core/port-findings.ts'
import { difference, type Tree } from '../../src-main/rpc/tree-patch.ts'
import { FakeClock, settle } from '../fake-clock.ts'

const port = (n: number, more: Partial<PortInfo> = {}): PortInfo => ({
  ...{ path: `/dev/ttyUSB${n}`, byId: [`/dev/serial/by-id/usb-${n}`], byPath: [], users: [] },
  ...{ vendorId: '0403', productId: '6001', serialNumber: `A${n}`, manufacturer: 'FTDI', product: 'FT232R' },
  ...more
})

const ALLOWED = {
  allowed: true,
  owner: 'root',
  group: 'dialout',
  mode: 0o660,
  groupHelps: true,
  joinedSince: false
}

function factsOf(infos: readonly PortInfo[], more: Partial<PortsFacts> = {}): PortsFacts {
  return {
    ports: infos.map((info, at) => ({ info, number: `188:${at}`, access: ALLOWED })),
    ...{ orphans: [], processes: [], locks: [], consoles: [], consoleArguments: [], udevRules: [] },
    ruleFile: undefined,
    ...more
  }
}

function looked(first: PortsFacts) {
  const clock = new FakeClock()
  const changes = new Emitter<void>()
  let [facts, looks, watches, told] = [first, 0, 0, 0]
  const ports = new LocalPorts({
    clock,
    gather: () => {
      looks += 1
      return Promise.resolve(facts)
    },
    watch: () => {
      watches += 1
      return { onChange: changes.event, mode: 'inotify', dispose: () => (watches -= 1) }
    }
  })
  ports.onChange(() => (told += 1))
  onTestFinished(() => ports.dispose())
  const set = (next: PortsFacts): void => void (facts = next)
  return { clock, ports, changes, set, counts: () => ({ looks, watches, told }) }
}

const bridge = (id: string, label: string): BridgeState => ({
  ...{ id, kind: 'share', name: id, enabled: true, port: label, addresses: [], dials: [], sessions: [] },
  ...{ state: { type: 'idle' }, bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0 }
})

describe('the ports of this computer', () => {
  it('are looked at while somebody watches, when one comes or goes, and for who has them open', async () => {
    const { clock, ports, changes, set, counts } = looked(factsOf([port(0)]))
    await clock.advance(60_000)
    expect([ports.ports, counts(), clock.pending]).toEqual([undefined, { looks: 0, watches: 0, told: 0 }, 0])
    ports.watch(true)
    ports.watch(true)
    await settle()
    expect(ports.ports).toMatchObject({ '0403:6001-A0-0': { path: '/dev/ttyUSB0', findings: [] } })
    expect(counts()).toEqual({ looks: 1, watches: 1, told: 1 })
    set(factsOf([port(0), port(1)]))
    changes.fire()
    await settle()
    expect(Object.keys(ports.ports ?? {})).toHaveLength(2)
    set(factsOf([port(0, { users: [{ pid: 1, command: 'minicom' }] }), port(1)]))
    await clock.advance(LOOK_MS)
    await settle()
    expect(ports.ports?.['0403:6001-A0-0']?.findings).toMatchObject([
      { code: 'in-use', message: '/dev/ttyUSB0 is open in another program (minicom, process 1).' }
    ])
    await clock.advance(LOOK_MS)
    expect(counts()).toMatchObject({ looks: 4, told: 3 })
    ports.watch(false)
    await clock.advance(60_000)
    expect([ports.ports, counts().watches, clock.pending]).toEqual([undefined, 0, 0])
  })

  it('are known to those who use them, and their adapters also when they are unplugged', async () => {
    const { ports, changes, set } = looked(factsOf([port(0), port(1)]))
    const bridges = { desk: bridge('desk', '/dev/serial/by-id/usb-1'), gps: bridge('gps', 'sim:gps') }
    expect(ports.complete(bridges)).toBe(bridges)
    ports.watch(true)
    await settle()
    const usb = {
      vendorId: '0403',
      productId: '6001',
      serialNumber: 'A1',
      manufacturer: 'FTDI',
      product: 'FT232R'
    }
    expect(ports.complete(bridges)).toEqual({
      desk: { ...bridges.desk, portId: '0403:6001-A1-0', usb },
      gps: bridges.gps
    })
    set(factsOf([port(0)]))
    changes.fire()
    await settle()
    expect(ports.complete(bridges).desk).toEqual({ ...bridges.desk, usb })
  })

  it('keep their ids where the adapter has one, where twins are told by their sockets, or by their names', () => {
    const twin = { serialNumber: '0001' }
    const all = [
      port(0),
      port(1, { ...twin, physicalPath: 'usb-1-1:1.0' }),
      port(2, { ...twin, physicalPath: 'usb-1-2:1.0' }),
      { path: '/dev/ttyS0', byId: [], byPath: [], users: [] }
    ]
    expect(all.map((each) => portId(each, all))).toEqual([
      ...['0403:6001-A0-0', 'usb-1-1:1.0', 'usb-1-2:1.0', '/dev/ttyS0']
    ])
  })

  it('and 64 shares change by less than 1 kB at a time', () => {
    const ports = Object.fromEntries(
      Array.from({ length: 500 }, (_each, n) => [`p${n}`, { ...port(n), id: `p${n}`, findings: [] }])
    )
    const session = {
      ...{ id: 1, label: '192.0.2.7:50112', writer: true, observes: false, since: 1, holdsSince: 1 },
      ...{ bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0 }
    }
    const bridges = Object.fromEntries(
      Array.from({ length: 64 }, (_each, n) => [
        `s${n}`,
        { ...bridge(`s${n}`, `/dev/ttyUSB${n}`), sessions: [session] }
      ])
    )
    const tree: StateTree = { bridges, rotators: {}, ports }
    const sizeOf = (after: StateTree): number =>
      JSON.stringify(difference(tree as unknown as Tree, after as unknown as Tree)).length
    const moved = {
      ...bridges.s7!,
      bytesToDevice: 123_456,
      sessions: [{ ...session, bytesToDevice: 123_456 }]
    }
    expect(sizeOf({ ...tree, bridges: { ...bridges, s7: moved } })).toBeLessThan(1000)
    const used = { ...ports.p7!, users: [{ pid: 1, command: 'minicom' }] }
    expect(sizeOf({ ...tree, ports: { ...ports, p7: used } })).toBeLessThan(1000)
    const others = Object.fromEntries(Object.entries(ports).filter(([id]) => id !== 'p7'))
    expect(sizeOf({ ...tree, ports: others })).toBeLessThan(1000)
  })
})

describe('what a page says about a port', () => {
  it('is what the doctor finds, in sentences, and nothing of this process', () => {
    const facts = factsOf(
      [
        port(0, { users: [{ pid: 7, command: 'farport' }] }),
        { path: '/dev/ttyAMA0', byId: [], byPath: [], users: [] },
        port(2)
      ],
      {
        orphans: [
          { socket: '1-1', ids: '1a86:7523', chip: 'WCH CH340', wantedDriver: 'ch341', driver: undefined }
        ],
        processes: [
          { pid: 2, command: 'agetty', terminal: '188:1' },
          { pid: 3, command: 'ModemManager', terminal: undefined }
        ],
        locks: [{ file: '/var/lock/LCK..ttyUSB0', port: 'ttyUSB0', pid: 7, alive: true }]
      }
    )
    const denied = facts.ports.map((each, at) =>
      at === 2 ? { ...each, access: { ...ALLOWED, allowed: false } } : each
    )
    const { ofPorts, adapters } = portFindings({ ...facts, ports: denied }, 7)
    const said = (path: string) => ofPorts.get(path)?.map(({ code, message }) => [code, message])
    const probing = ['modem-manager', 'ModemManager is probing this adapter.']
    expect(said('/dev/ttyUSB0')).toEqual([probing])
    expect(said('/dev/ttyAMA0')).toEqual([['login-console', 'The login console uses /dev/ttyAMA0.']])
    expect(said('/dev/ttyUSB2')).toEqual([['no-access', 'You may not open /dev/ttyUSB2.'], probing])
    expect(adapters).toMatchObject([
      { code: 'driver-missing', message: "This adapter's driver is missing (WCH CH340)." }
    ])
    expect(ofPorts.get('/dev/ttyUSB2')?.[0]?.fix).toContain('usermod -aG dialout')
  })
})

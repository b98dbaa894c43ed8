/**
 * A Farport with so many ports and so many computers around it that nobody has them here: the real page host, rpc server and state topic,
 * over a state that is made up and changes all the time. Called by the tests of the page's speed and by `node bench/ui.mjs`.
 */
import { systemClock } from '../../src-main/base/clock.ts'
import { type Disposable, Emitter } from '../../src-main/base/event.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { FRESH_SETTINGS } from '../../src-main/contract/settings.ts'
import type {
  BridgeState,
  LocalPortState,
  NearbyState,
  PeerState,
  SessionState,
  StateTree
} from '../../src-main/contract/state.ts'
import { PageHost } from '../../src-main/hosts/headless/page-host.ts'
import { PermittedService, type Backend } from '../../src-main/rpc/permitted.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { StateTopic } from '../../src-main/rpc/state-topic.ts'

export interface CrowdOptions {
  /** An empty folder of the caller's own. */
  readonly folder: string
  /** Of the built page. */
  readonly files: string
  /** Of this computer, all of them shared and open. */
  readonly ports: number
  /** Paired computers. */
  readonly peers: number
  /** Shared by each of them. */
  readonly portsOfPeer: number
  /** Changes of the state, per second. */
  readonly hz: number
}

export interface Crowd extends Disposable {
  /** A link for a browser, good once. */
  link(): string
  close(): Promise<void>
}

/** Wall clock, ms since 1970: a day, so that pictures look the same. */
const SINCE = Date.UTC(2026, 0, 1, 12)
const OWN_ID = 'f'.repeat(64)
/** So many rows of a hundred have another light, or another user, in each change. */
const OTHERS_IN_100 = 10

export async function openCrowd(options: CrowdOptions): Promise<Crowd> {
  const state = new CrowdState(options)
  const changes = new Emitter<void>()
  const topic = new StateTopic(() => state.tree, changes.event)
  const backend: Backend = {
    subscribe: (name, _args, _who, subscriber) =>
      name === 'state' ? topic.subscribe(subscriber) : { dispose: () => undefined },
    call: (name, args) => {
      if (name === 'settings.read') return Promise.resolve(FRESH_SETTINGS)
      if (name === 'peer.offers') return Promise.resolve(state.offerOf((args as { peer: string }).peer))
      return Promise.reject(new Fault('unsupported', `Nobody made up an answer to ${name}.`))
    }
  }
  const host = await PageHost.open({
    host: '127.0.0.1',
    port: 0,
    folder: options.folder,
    files: options.files,
    clock: systemClock,
    connect: (channel) =>
      void serve(channel, new PermittedService({ type: 'owner' }, backend, () => true), systemClock),
    report: () => undefined
  })
  const timer = setInterval(() => {
    state.change()
    changes.fire()
  }, 1000 / options.hz)
  const close = (): Promise<void> => {
    clearInterval(timer)
    topic.dispose()
    return host.close()
  }
  return { link: () => host.link().url, close, dispose: () => void close() }
}

class CrowdState {
  readonly #ports: Readonly<Record<string, LocalPortState>>
  readonly #peers: Readonly<Record<string, PeerState>>
  readonly #nearby: Readonly<Record<string, NearbyState>>
  readonly #portsOfPeer: number
  readonly #shares: number
  #turn = 0

  constructor({ ports, peers, portsOfPeer }: CrowdOptions) {
    this.#shares = ports
    this.#portsOfPeer = portsOfPeer
    this.#ports = byId(numbers(ports).map(portAt))
    this.#peers = byId(numbers(peers).map(peerAt))
    this.#nearby = byId(numbers(peers).map(nearbyAt))
  }

  /** Bytes went through every port; some have other lights or other users. */
  change(): void {
    this.#turn += 1
  }

  /** A new one after each change; what did not change in it is made anew all the same, as core does. */
  get tree(): StateTree {
    return {
      bridges: byId(numbers(this.#shares).map((at) => shareAt(at, this.#turn))),
      rotators: {},
      self: { id: OWN_ID, name: 'workbench', version: '1', since: SINCE, listening: [], faults: [] },
      peers: this.#peers,
      pairings: {},
      nearby: this.#nearby,
      host: { kind: 'service', platform: 'linux' },
      ports: this.#ports,
      adapters: []
    }
  }

  offerOf(peer: string): unknown {
    const at = Object.keys(this.#peers).indexOf(peer)
    const name = this.#peers[peer]?.name ?? ''
    const bridges = numbers(this.#portsOfPeer).map((port) => ({
      ...shareAt(at * this.#portsOfPeer + port, this.#turn),
      name: `console-${port + 1}`,
      may: { level: 'control', history: false }
    }))
    return { self: { id: peer, name, version: '1' }, bridges }
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

function byId<T extends { readonly id: string }>(all: readonly T[]): Record<string, T> {
  return Object.fromEntries(all.map((each) => [each.id, each]))
}

function portAt(at: number): LocalPortState {
  const serialNumber = `A5${String(at).padStart(6, '0')}`
  return {
    id: `0403:6001-${serialNumber}-0`,
    path: `/dev/ttyUSB${at}`,
    byId: [`/dev/serial/by-id/usb-FTDI_FT232R_${serialNumber}-if00-port0`],
    byPath: [],
    ...{ manufacturer: 'FTDI', product: 'FT232R USB UART', serialNumber },
    ...{ vendorId: '0403', productId: '6001', interfaceNumber: 0, driver: 'ftdi_sio' },
    users: [],
    findings: []
  }
}

function shareAt(at: number, turn: number): BridgeState {
  const port = portAt(at)
  const isOther = (at + turn) % 100 < OTHERS_IN_100
  const bytes = turn * (1 + (at % 50))
  return {
    id: `share-${at}`,
    kind: 'share',
    name: `rack${1 + Math.floor(at / 20)}-${String(1 + (at % 20)).padStart(2, '0')}`,
    enabled: true,
    port: port.byId[0] ?? '',
    portId: port.id,
    addresses: [`rfc2217://127.0.0.1:${10_000 + at}`],
    dials: [],
    state: {
      type: 'open',
      settings: { ...DEFAULT_SETTINGS, baudRate: 115_200 },
      lines: { dtr: true, rts: isOther, break: false },
      modem: { cts: !isOther, dsr: true, dcd: false, ri: false }
    },
    setBy: { type: 'own' },
    carried: {
      settings: ['baudRate', 'dataBits', 'parity', 'stopBits', 'flowControl'],
      control: ['dtr', 'rts', 'break'],
      modem: ['cts', 'dsr', 'dcd', 'ri']
    },
    sessions: at % 2 === 0 || isOther ? [sessionAt(at, bytes, turn)] : [],
    ...{ bytesToDevice: bytes, bytesFromDevice: 3 * bytes, lostToDevice: 0, lostFromDevice: 0 }
  }
}

function sessionAt(at: number, bytes: number, turn: number): SessionState {
  return {
    id: 1,
    label: `desk-${(at * 7) % 40}`,
    writer: true,
    observes: false,
    holdsSince: SINCE,
    since: SINCE + (at % 2 === 0 ? 0 : turn),
    ...{ bytesToDevice: bytes, bytesFromDevice: 3 * bytes, lostToDevice: 0, lostFromDevice: 0 }
  }
}

function peerAt(at: number): PeerState {
  return {
    id: idAt(at),
    name: `lab-${String(at + 1).padStart(2, '0')}`,
    trust: 'trusted',
    since: SINCE,
    permissions: { default: { level: 'none', history: false }, shares: {} },
    addresses: [],
    connections: 1
  }
}

function nearbyAt(at: number): NearbyState {
  const name = peerAt(at).name
  return {
    id: `${name}._farport._tcp.local`,
    kind: 'farport',
    name,
    host: `${name}.local`,
    addresses: [`192.0.2.${at + 1}`],
    port: 22_217,
    url: `farport://192.0.2.${at + 1}:22217`,
    claims: idAt(at),
    peer: name,
    ...{ confidence: 'high', origin: 'mdns', present: true, since: SINCE, seen: SINCE }
  }
}

function idAt(at: number): string {
  return (at + 1).toString(16).padStart(64, '0')
}

import { describe, expect, it } from 'vitest'
import type {
  BridgeState,
  PortState,
  SelfState,
  SessionState,
  StateTree
} from '../../../src-main/contract/state.ts'
import { viewOfPeer } from '../../../src-main/core/instance/permits.ts'
import { TrustStore } from '../../../src-main/peers/trust.ts'

const VIEWER = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)

const trust = new TrustStore({
  peers: [
    {
      ...{ id: VIEWER, name: 'viewer', trust: 'trusted', since: 1, addresses: [] },
      permissions: {
        default: { level: 'none', history: false },
        shares: { desk: { level: 'control', history: true }, shelf: { level: 'observe', history: false } }
      }
    }
  ],
  save: () => Promise.resolve()
})

const SESSION: Required<SessionState> = {
  ...{ id: 1, label: 'workshop', peer: OTHER, use: 'the secret use', writer: true, observes: false },
  ...{ watches: true, holdsSince: 2, asksSince: 3, since: 4 },
  ...{ bytesToDevice: 5, bytesFromDevice: 6, lostToDevice: 7, lostFromDevice: 8, waiting: 15 }
}

const SHARE: Required<BridgeState> = {
  ...{ id: 'desk', kind: 'share', name: 'Desk', enabled: true, port: '/dev/ttyUSB0' },
  may: { level: 'none', history: false },
  addresses: ['raw://10.1.1.1:7000'],
  awaited: ['raw://10.1.1.2:7000'],
  dials: ['raw://10.1.1.3:7000'],
  state: { type: 'idle' },
  own: { baudRate: 9600 },
  passing: true,
  onlyWatches: true,
  portId: '0403:6001-secret-0',
  usb: { vendorId: '0403' },
  setBy: { type: 'session', session: 1, label: 'the secret setter' },
  carried: { settings: ['baudRate'], control: [], modem: [] },
  blocked: { since: 9, by: 'cts', bytes: 10 },
  sessions: [SESSION],
  programs: [{ pid: 812, command: 'secret-program' }],
  far: { type: 'unknown', peer: 'elsewhere' },
  virtual: { way: 'usbip', why: 'the secret reason', carries: ['data'] },
  recording: { on: true, since: 15, bytes: 16, records: 17, size: 18, bytesToDevice: 0, bytesFromDevice: 0 },
  ...{ bytesToDevice: 11, bytesFromDevice: 12, lostToDevice: 13, lostFromDevice: 14 }
}

const SELF: Required<SelfState> = {
  ...{ id: 'c'.repeat(64), name: 'this', version: '1', pid: 4711, kind: 'system', since: 15 },
  ...{ settingsPath: '/home/ada/settings.json', listening: ['10.1.1.1:22217'] },
  introduced: true,
  faults: [{ code: 'bug', kind: 'bug', message: 'ours' }]
}

function tree(...bridges: BridgeState[]): StateTree {
  return {
    bridges: Object.fromEntries(bridges.map((each) => [each.id, each])),
    rotators: {
      all: { id: 'all', kind: 'rotator', name: 'all', enabled: true, addresses: [], shares: ['desk'] }
    },
    self: SELF,
    peers: {},
    pairings: {}
  }
}

function seen(given: Partial<BridgeState> = {}): BridgeState | undefined {
  return viewOfPeer(VIEWER, trust)(tree({ ...SHARE, ...given })).bridges.desk
}

/** A field that is new stands here before this compiles: who adds it thinks of peers. */
const FIELDS: Record<keyof BridgeState, 'as it is' | 'made' | 'hidden'> = {
  ...{ id: 'as it is', kind: 'as it is', name: 'as it is', enabled: 'as it is', blocked: 'as it is' },
  ...{ bytesToDevice: 'as it is', bytesFromDevice: 'as it is', lostToDevice: 'as it is' },
  ...{ lostFromDevice: 'as it is', awaited: 'hidden', far: 'hidden', recording: 'hidden' },
  ...{
    own: 'hidden',
    setBy: 'hidden',
    programs: 'hidden',
    carried: 'hidden',
    portId: 'hidden',
    usb: 'hidden',
    passing: 'hidden',
    onlyWatches: 'hidden',
    virtual: 'hidden'
  },
  ...{ may: 'made', port: 'made', state: 'made', sessions: 'made', addresses: 'made', dials: 'made' }
}
const SESSION_FIELDS: Record<keyof SessionState, 'as it is' | 'made' | 'hidden'> = {
  ...{ id: 'as it is', writer: 'as it is', observes: 'as it is', watches: 'as it is' },
  ...{ holdsSince: 'as it is' },
  ...{ asksSince: 'as it is', since: 'as it is', bytesToDevice: 'as it is', bytesFromDevice: 'as it is' },
  ...{ lostToDevice: 'as it is', lostFromDevice: 'as it is', label: 'made', peer: 'hidden', use: 'hidden' },
  waiting: 'hidden'
}

describe('what a peer sees', () => {
  it('is of a share what it may know, field by field', () => {
    const bridge = seen()
    expect(bridge).toMatchObject({
      ...{ may: { level: 'control', history: true }, port: '/dev/ttyUSB0', state: { type: 'idle' } },
      ...{ addresses: [], dials: [] }
    })
    for (const [field, how] of Object.entries(FIELDS) as [keyof BridgeState, string][]) {
      if (how === 'hidden') expect(bridge).not.toHaveProperty(field)
      if (how === 'as it is') expect(bridge?.[field]).toEqual(SHARE[field])
    }
    expect(Object.keys(bridge ?? {}).filter((field) => !Object.hasOwn(FIELDS, field))).toEqual([])
  })

  it('is nothing that nobody thought of', () => {
    const more = { secret: 'a new field' }
    const sessions = [{ ...SESSION, ...more }]
    const view = viewOfPeer(VIEWER, trust)({ ...tree({ ...SHARE, ...more, sessions }), ...more })
    expect(JSON.stringify(view)).not.toContain('a new field')
  })

  it('is of those who use it their names, where we are paired with them', () => {
    const [session] = seen()?.sessions ?? []
    for (const [field, how] of Object.entries(SESSION_FIELDS) as [keyof SessionState, string][]) {
      if (how === 'hidden') expect(session).not.toHaveProperty(field)
      if (how === 'as it is') expect(session?.[field]).toEqual(SESSION[field])
    }
    expect(session?.label).toBe('workshop')
    const plain: SessionState = { ...SESSION, label: '192.168.7.7:1234' }
    Reflect.deleteProperty(plain, 'peer')
    expect(seen({ sessions: [plain] })?.sessions[0]?.label).toBe('another client')
    expect(seen({ sessions: [{ ...SESSION, peer: VIEWER }] })?.sessions[0]).toMatchObject({
      peer: VIEWER,
      use: 'the secret use'
    })
  })

  it.each([
    ['/dev/ttyUSB0', '/dev/ttyUSB0'],
    ['sim:echo', 'sim:echo'],
    ['exec:/opt/bin/console --host 10.0.0.9', 'exec:console'],
    ['rfc2217://10.0.0.9:7000', 'rfc2217://'],
    ['raw+unix:///run/secret/place', 'raw+unix://']
  ])('of %s is %s', (port, shown) => {
    expect(seen({ port })?.port).toBe(shown)
  })

  it.each([
    ['device-busy', 'Another program there uses the device.'],
    ['peer-refused', 'It does not work just now: its owner can see why.'],
    ['bug', 'It does not work just now: its owner can see why.']
  ] as const)('of the fault %s is what happened, in no words of the system', (code, message) => {
    const fault = {
      code,
      kind: 'device',
      message: '10.0.0.9 used by vi (4711)',
      cause: 'ENOENT /root'
    } as const
    const state: PortState = { type: 'waiting', fault, retryAt: 16 }
    expect(seen({ state })?.state).toEqual({
      type: 'waiting',
      fault: { code, kind: 'device', message },
      retryAt: 16
    })
  })

  it('is of us who we are, and of what else there is nothing', () => {
    const shelf = { ...SHARE, id: 'shelf' }
    const link: BridgeState = { ...SHARE, id: 'link', kind: 'link' }
    const view = viewOfPeer(VIEWER, trust)(tree(SHARE, shelf, link, { ...SHARE, id: 'private' }))
    expect(Object.keys(view.bridges)).toEqual(['desk', 'shelf'])
    expect(view).toEqual({
      bridges: expect.anything() as unknown,
      rotators: {},
      self: { id: SELF.id, name: 'this', version: '1' }
    })
    expect(viewOfPeer(OTHER, trust)(tree(SHARE)).bridges).toEqual({})
  })
})

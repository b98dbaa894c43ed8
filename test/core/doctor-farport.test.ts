import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { HostState } from '../../src-main/contract/host.ts'
import type { Finding } from '../../src-main/contract/findings.ts'
import type { SelfState } from '../../src-main/contract/state.ts'
import { checkClock, clockFacts } from '../../src-main/core/doctor-clock.ts'
import type { Facts } from '../../src-main/core/doctor-facts.ts'
import { checkInstances, checkServices } from '../../src-main/core/doctor-instance.ts'
import type { InstanceFact, ReachFact, ServiceFact } from '../../src-main/core/doctor-instance-facts.ts'
import { checkKeys } from '../../src-main/core/doctor-key.ts'
import { keyFacts, type KeyFacts } from '../../src-main/core/doctor-key-facts.ts'
import { checkReach } from '../../src-main/core/doctor-reach.ts'
import { checkNetwork } from '../../src-main/core/doctor-system.ts'
import { loadIdentity } from '../../src-main/peers/identity.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const ID = '1f2e3d4c5b6a7988'.repeat(4)

const SELF: SelfState = {
  ...{ id: ID, name: 'lab', version: '1.2.3', pid: 77, kind: 'user', since: NOON },
  ...{
    settingsPath: '/home/ann/.config/farport/settings.json',
    listening: ['farport://[::]:22217'],
    faults: []
  }
}

type Running = Extract<InstanceFact['state'], { readonly type: 'running' }>

function runs(
  self: Partial<SelfState> = {},
  reach: readonly ReachFact[] = [],
  more: Partial<Running> = {}
): InstanceFact {
  const state = { ...({ type: 'running', self: { ...SELF, ...self }, reach } as const), ...more }
  return { kind: self.kind ?? 'user', socket: '/run/user/1000/farport.sock', state }
}

type FarportFacts = Partial<Facts> & { readonly instances: readonly InstanceFact[] }

const facts = (values: FarportFacts): Facts =>
  ({
    ...{ platform: 'linux', processes: [], settingsFault: undefined, services: [], version: '1.2.3' },
    ...{ group: { joined: false, inForce: false }, addresses: ['192.168.1.20'], firewall: undefined },
    ...values
  }) as Facts

const text = ({ level, subject, message, fix }: Finding): string =>
  `${level} ${subject}: ${message}${fix === undefined ? '' : ` > ${fix}`}`

describe('the Farport that runs here', () => {
  const found = (values: FarportFacts): string[] => checkInstances(facts(values)).map(text)
  const broken = new Fault('settings-broken', 'settings.json is broken at line 2. It was put aside as x.')
  const taken = new Fault('address-in-use', 'Other Farports cannot reach this computer: port 22217 is taken.')

  it('is told with its version, its time, its listener', () => {
    expect(found({ instances: [runs()] })).toEqual([
      expect.stringMatching(
        /^ok Farport: your own runs here since 2026-11-2\d \d\d:\d\d: version 1\.2\.3, process 77$/
      ),
      'ok farport/1: other Farports reach this computer at farport://[::]:22217'
    ])
    expect(found({ instances: [] })).toEqual([expect.stringMatching(/^ok Farport: none runs here/)])
  })

  it('is told with its page, or why there is none', () => {
    const withPage = (page: HostState['page']): string | undefined => {
      const { state, ...about } = runs()
      const instances = [{ ...about, state: { ...state, page } as InstanceFact['state'] }]
      return found({ instances }).at(-1)
    }
    expect(withPage({ url: 'http://127.0.0.1:7373/' })).toBe(
      'ok page: served to browsers at http://127.0.0.1:7373/; farport page prints a way in'
    )
    const fault = new Fault('address-in-use', 'The page cannot be served: it is taken.').toJSON()
    expect(withPage({ fault })).toMatch(
      /^problem page: The page cannot be served: it is taken\. > .*preferences\.page in \/home.*farport page --off$/
    )
  })

  it.each<[string, FarportFacts, RegExp]>([
    [
      'older than this command',
      { instances: [runs({ version: '1.2.0' })] },
      /^warning Farport: your own .*version 1\.2\.0.* older than this command \(1\.2\.3\) > .*farport service install --user/
    ],
    [
      "the system's, older",
      { instances: [runs({ kind: 'system', version: '0.9.9' })] },
      /^warning Farport: the system's .* > .*sudo farport service install --system/
    ],
    [
      'a settings file that was set aside',
      { instances: [runs({ faults: [broken.toJSON()] })] },
      /^problem settings: settings\.json is broken at line 2\..* > Mend \/home\/ann\/.*settings\.json: it is read as soon as it is saved$/
    ],
    [
      'a settings file without a Farport',
      { instances: [], settingsFault: new Fault('settings-access', 'settings.json is open to other users.') },
      /^problem settings: settings\.json is open to other users\. > Make the settings file your own/
    ],
    [
      'a listener whose port is taken',
      { instances: [runs({ listening: [], faults: [taken.toJSON()] })] },
      /^problem farport\/1: Other Farports cannot reach this computer: port 22217 is taken\. > End what has the port/
    ],
    [
      'a listener that is off',
      { instances: [runs({ listening: [] })] },
      /^ok farport\/1: switched off in \/home\/ann\/.*preferences\.listen/
    ],
    [
      'a socket that is left',
      { instances: [{ kind: 'user', socket: '/run/x.sock', state: { type: 'dead' } }] },
      /^warning Farport: the one that ran here .* socket \(\/run\/x\.sock\) > Start it again/
    ],
    [
      'one that does not answer',
      {
        instances: [
          {
            ...{ kind: 'user', socket: '/run/x.sock' },
            state: { type: 'fault', fault: new Fault('peer-timeout', 'It does not answer.') }
          }
        ]
      },
      /^problem Farport: \/run\/x\.sock: It does not answer\. > farport service status/
    ],
    [
      "somebody else's directory",
      {
        instances: [
          {
            ...{ kind: 'user', socket: '/tmp/farport-1000/farport.sock' },
            state: { type: 'fault', fault: new Fault('usage', '/tmp/farport-1000 belongs to somebody else.') }
          }
        ]
      },
      /^problem Farport: .*belongs to somebody else\. > Set FARPORT_SOCKET/
    ]
  ])('%s', (_, values, expected) => {
    const usual = new Set([...found({ instances: [runs()] }), ...found({ instances: [] })])
    const other = found(values).filter((each) => !usual.has(each) && !each.startsWith('ok Farport'))
    expect(other).toEqual([expect.stringMatching(expected)])
  })

  it('no version is older than the same, or one without numbers', () => {
    for (const version of ['1.2.3', '1.2.4', '1.3.0', '2.0.0', '1.2.3-rc'])
      expect(found({ instances: [runs({ version })] })[0]).toMatch(/^ok /)
    expect(found({ instances: [runs({ version: 'x' })], version: undefined })[0]).toMatch(/^ok /)
  })

  it('one that is closed to us says how to join, or that the session began before', () => {
    const fault = new Fault('needs-rights', 'no')
    const instances: InstanceFact[] = [
      { kind: 'system', socket: '/run/farport/farport.sock', state: { type: 'fault', fault } }
    ]
    const fix = (joined: boolean) =>
      checkInstances(facts({ instances, group: { joined, inForce: false } }))[0]?.fix
    expect(fix(false)).toBe('sudo usermod -aG farport $USER, then sign out and in')
    expect(fix(true)).toBe('You joined group farport after this session began: sign out and in')
  })

  it('has its own port, which nobody else took', () => {
    const tcpPorts = [22_217, 7000].map((port) => ({ port, taken: true }))
    const subjects = (instances: readonly InstanceFact[]): string[] =>
      checkNetwork(facts({ instances, ipv6: undefined, tcpPorts })).map(({ subject }) => subject)
    expect(subjects([])).toEqual(['TCP 22217', 'TCP 7000'])
    expect(subjects([runs()])).toEqual(['TCP 7000'])
    expect(subjects([runs({ listening: ['farport://[::]:7000'] })])).toEqual(['TCP 22217'])
    const addresses = ['rfc2217://192.168.1.20:7000', 'raw+unix:///run/x.sock', 'http://127.0.0.1:7373/']
    expect(subjects([runs({}, [], { addresses })])).toEqual([])
    const page = ['http://127.0.0.1:7000/']
    expect(subjects([runs({}, [], { addresses: page })])).toEqual([])
  })
})

describe('a service', () => {
  const service = (state: ServiceFact['state'], rest: Partial<ServiceFact> = {}): ServiceFact => ({
    ...{ scope: 'system', file: '/etc/systemd/system/farport.service', state, detail: undefined },
    ...{ log: 'journalctl -u farport', ...rest }
  })
  const found = (each: ServiceFact, instances: readonly InstanceFact[] = []): string[] =>
    checkServices(facts({ instances, services: [each] })).map(text)

  it.each<[string, ServiceFact, RegExp]>([
    [
      'is not running',
      service('stopped'),
      /^problem the system's service: installed \(\/etc\/.*\), and not running > See why: journalctl -u farport\. Start it again: sudo farport service install --system$/
    ],
    [
      'has failed',
      service('failed', { scope: 'user', detail: 'ended with exit-code' }),
      /^problem your service: .* and failed: ended with exit-code > .*: farport service install --user$/
    ],
    [
      'starts again and again',
      service('starting'),
      /^warning the system's service: .*starting again and again/
    ]
  ])('%s', (_, each, expected) => {
    expect(found(each)).toEqual([expect.stringMatching(expected)])
  })

  it('whose work another one does is no more than a warning, and one that runs or is not there is none', () => {
    expect(found(service('stopped'), [runs({ kind: 'system' })])).toEqual([
      expect.stringMatching(/^warning .*another Farport runs in its place > .*End the other one, then: sudo/)
    ])
    for (const each of [service('running'), service('unknown'), service('stopped', { file: undefined })])
      expect(found(each)).toEqual([])
  })
})

describe('other computers', () => {
  const at = '192.168.1.20:22217'
  const why = `${at}: no answer: a firewall drops what comes`
  const not = (peer: string, code?: string, rest: object = {}): ReachFact => ({
    peer,
    reached: { reached: false, at, why, ...(code !== undefined && { code }), ...rest } as ReachFact['reached']
  })
  const yes = (peer: string): ReachFact => ({ peer, reached: { reached: true, at } })
  const found = (reach: readonly ReachFact[], rest: Partial<Facts> = {}): string[] =>
    checkReach(facts({ instances: [runs({}, reach)], ...rest })).map(text)
  const BLOCKED =
    'problem other computers: Other computers cannot reach this one: the firewall blocks port 22217'

  it('reach this one, or nobody was there to try', () => {
    expect(found([])).toEqual([])
    expect(found([yes('lab'), yes('desk')])).toEqual(['ok other computers: this one is reached by lab, desk'])
  })

  it.each<[string, Partial<Facts>, string]>([
    ['nothing is known of', {}, 'With ufw: sudo ufw allow 22217/tcp. With firewalld: sudo firewall-cmd'],
    ['ufw', { firewall: 'ufw' }, 'sudo ufw allow 22217/tcp'],
    [
      'firewalld',
      { processes: [{ pid: 1, command: 'firewalld', terminal: undefined }] },
      'sudo firewall-cmd --permanent --add-port=22217/tcp && sudo firewall-cmd --reload'
    ],
    ['Windows', { platform: 'win32' }, 'As administrator: netsh advfirewall firewall add rule'],
    ['macOS', { platform: 'darwin' }, 'System Settings, Network, Firewall']
  ])('do not: the firewall, where it is that of %s', (_, rest, fix) => {
    for (const code of ['peer-timeout', 'peer-refused', 'peer-unreachable', undefined])
      expect(found([not('lab', code)], rest)[0]).toContain(`${BLOCKED} (lab tried ${why}) > ${fix}`)
  })

  it('do not: a router in between, or something else in its place', () => {
    expect(found([not('lab', 'peer-timeout', { at: '203.0.113.5:22217' })])).toEqual([
      expect.stringMatching(
        /^problem .* at 203\.0\.113\.5, .* is a router in between .* > Have that router pass port 22217/
      )
    ])
    for (const code of ['peer-key-changed', 'peer-protocol'])
      expect(found([not('lab', code)])).toEqual([
        expect.stringMatching(
          /^problem .*something else answers in its place .* > See whether the address is there twice/
        )
      ])
  })

  it('some do and some do not: that is no problem of this computer as a whole', () => {
    expect(found([yes('lab'), not('desk', 'peer-timeout')])).toEqual([
      'ok other computers: this one is reached by lab',
      expect.stringMatching(/^warning other computers: desk cannot reach this one: the firewall blocks/)
    ])
  })

  it('what they say of themselves is fit for a terminal, and no longer than a line', () => {
    const found = checkReach(
      facts({
        instances: [runs({}, [not('\u001b[31m\u202elab', 'peer-timeout', { why: 'x\n'.repeat(500) })])]
      })
    )
    expect(found[0]?.message).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
    expect(found[0]?.message.length).toBeLessThan(400)
  })

  it('what another version says, and says without a place, is taken as it is', () => {
    expect(found([{ peer: 'lab', reached: { reached: false } }])[0]).toContain(
      'the firewall blocks port 22217 (lab tried it does not say why)'
    )
  })
})

describe('the clock', () => {
  const found = (nowMs: number, synchronised: boolean | undefined = true): string[] =>
    checkClock({ clock: { nowMs, builtMs: NOON, synchronised }, platform: 'linux' }).map(text)

  it.each<[string, number, RegExp]>([
    [
      'of a board without a battery',
      0,
      /^problem clock: it says 1970-01-01, which is before this Farport was made > sudo timedatectl/
    ],
    ['before the build', NOON - 3 * 24 * 3600_000, /^problem clock: it says 2026-11-18, which is before/],
    [
      'after all certificates',
      Date.UTC(2050, 0, 2),
      /^problem clock: it says 2050-01-02, which is after the certificates/
    ]
  ])('%s', (_, nowMs, expected) => {
    expect(found(nowMs)).toEqual([expect.stringMatching(expected)])
  })

  it('is right, is kept right by nothing, or nobody says', () => {
    expect(found(NOON - 3600_000)).toEqual(['ok clock: kept right by the system'])
    const unknown = { nowMs: NOON - 1e10, builtMs: undefined, synchronised: true }
    expect(checkClock({ clock: unknown, platform: 'linux' })).toMatchObject([{ level: 'ok' }])
    expect(found(NOON, false)).toEqual([expect.stringMatching(/^warning clock: nothing keeps it right/)])
    expect(
      checkClock({ clock: { nowMs: NOON, builtMs: NOON, synchronised: undefined }, platform: 'aix' })
    ).toEqual([])
  })

  it('of this computer is after the build', () => {
    const { nowMs, builtMs, synchronised } = clockFacts()
    expect(nowMs).toBeGreaterThan(builtMs!)
    if (process.platform === 'linux') expect([true, false, undefined]).toContain(synchronised)
  })
})

describe('the key', () => {
  async function made(): Promise<{
    folder: string
    found: (platform?: NodeJS.Platform) => Promise<string[]>
  }> {
    const home = mkdtempSync(join(tmpdir(), 'farport-key-'))
    onTestFinished(() => rmSync(home, { recursive: true }))
    const environment = { XDG_CONFIG_HOME: home, STATE_DIRECTORY: join(home, 'state') }
    const folder = join(home, 'farport')
    await loadIdentity(folder)
    return {
      folder,
      found: async (platform = 'linux') => {
        const keys = await keyFacts({ platform: 'linux', environment })
        return checkKeys({ keys, platform }).map((each) => text(each).replaceAll(home, ''))
      }
    }
  }

  it('is in order', async () => {
    const { found } = await made()
    expect(await found()).toEqual([
      expect.stringMatching(/^ok key: in order; this computer is ([0-9a-f]{4} ){4}…$/)
    ])
  })

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'open to others',
      (folder) => chmodSync(join(folder, 'identity.pem'), 0o640),
      /^problem key: \/farport\/identity\.pem is open to other users > chmod 600 \/farport\/identity\.pem$/
    ],
    [
      'in an open folder',
      (folder) => chmodSync(folder, 0o750),
      /^problem key: its folder \/farport is open to other users > chmod 700 \/farport$/
    ],
    [
      'no key',
      (folder) => writeFileSync(join(folder, 'identity.pem'), 'nonsense'),
      /^problem key: .* holds no P-256 key > Put it back from a backup/
    ],
    [
      'no file',
      (folder) => {
        rmSync(join(folder, 'identity.pem'))
        mkdirSync(join(folder, 'identity.pem'), { mode: 0o700 })
      },
      /^problem key: .* cannot be read, .* > See whose it is: ls -l /
    ],
    [
      'with a certificate of another',
      (folder) => writeFileSync(join(folder, 'certificate.pem'), 'nonsense'),
      /^warning key: certificate\.pem beside .* is for another key > Start Farport again/
    ]
  ])('%s', async (_, spoil, expected) => {
    const { folder, found } = await made()
    spoil(folder)
    expect(await found()).toEqual([expect.stringMatching(expected)])
  })

  it('is none yet, or has no modes', async () => {
    const { folder, found } = await made()
    chmodSync(join(folder, 'identity.pem'), 0o644)
    expect(await found('win32')).toEqual([expect.stringMatching(/^ok key/)])
    rmSync(join(folder, 'identity.pem'))
    expect(await found()).toEqual([])
    rmSync(folder, { recursive: true })
    expect(await found()).toEqual([])
  })

  it("belongs to somebody else than its folder: the service's, to root", () => {
    const file = { path: '/var/lib/farport/identity.pem', mode: 0o600, uid: 0 }
    const keys: KeyFacts[] = [
      {
        kind: 'system',
        folder: { path: '/var/lib/farport', mode: 0o700, uid: 971 },
        file,
        key: { id: ID },
        fits: true
      }
    ]
    expect(checkKeys({ keys, platform: 'linux' }).map(text)).toEqual([
      'problem key of the service: /var/lib/farport/identity.pem belongs to another user than its folder > sudo chown 971 /var/lib/farport/identity.pem'
    ])
  })
})

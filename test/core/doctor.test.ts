import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../src-main/contract/findings.ts'
import type { PortInfo } from '../../src-main/contract/state.ts'
import { WAY_CARRIES, type VirtualWay, type VirtualWayName } from '../../src-main/contract/virtual.ts'
import type { PathsEnvironment } from '../../src-main/core/instance-paths.ts'
import { diagnose, examine } from '../../src-main/core/doctor.ts'
import type { Facts, PortFacts } from '../../src-main/core/doctor-facts.ts'
import type { DeviceAccess } from '../../src-main/os/device-access.ts'
import { ADAPTERS, SysfsFixture } from '../os/sysfs-fixture.ts'
import { lacks } from '../peers/need.ts'

const OPEN_TO_US: DeviceAccess = {
  allowed: true,
  owner: 'root',
  group: 'dialout',
  mode: 0o660,
  groupHelps: true,
  joinedSince: false
}

function port(path: string, values: Partial<PortInfo> = {}, rest: Partial<PortFacts> = {}): PortFacts {
  return {
    info: { path, byId: [], byPath: [], users: [], ...values },
    number: undefined,
    access: OPEN_TO_US,
    ...rest
  }
}

const NOON = Date.UTC(2026, 10, 21, 12)

/** A computer with one free adapter and nothing in the way. */
const HEALTHY: Facts = {
  platform: 'linux',
  ports: [port('/dev/ttyUSB0', { product: 'FT232R USB UART' })],
  orphans: [],
  processes: [{ pid: 1, command: 'systemd', terminal: undefined }],
  locks: [],
  consoles: [],
  consoleArguments: [],
  udevRules: [],
  ruleFile: '/opt/farport/assets/60-farport.rules',
  ways: [{ way: 'pty', state: 'ready', why: 'It needs no driver.', carries: WAY_CARRIES.pty }],
  ptyPossible: true,
  ptyCount: { used: 3, most: 4096 },
  hotplug: 'inotify',
  ipv6: true,
  tcpPorts: [
    { port: 22217, taken: false },
    { port: 7000, taken: false }
  ],
  instances: [],
  settingsFault: undefined,
  group: { joined: false, inForce: false },
  addresses: ['127.0.0.1', '192.168.1.20'],
  firewall: undefined,
  version: '1.2.3',
  services: [],
  keys: [],
  mdns: { links: [{ name: 'eth0', multicast: true }], port: 'shared' },
  clock: { nowMs: NOON, builtMs: NOON - 1000, synchronised: true }
}

const text = ({ level, subject, message, fix }: Finding): string =>
  `${level} ${subject}: ${message}${fix === undefined ? '' : ` > ${fix}`}`

/** What is reported beyond what a healthy computer reports. */
function findings(facts: Partial<Facts>): string[] {
  const usual = new Set(diagnose(HEALTHY).map(text))
  return diagnose({ ...HEALTHY, ...facts })
    .map(text)
    .filter((each) => !usual.has(each))
}

function way(name: VirtualWayName, state: VirtualWay['state']): VirtualWay {
  return { way: name, state, why: `It is ${state}.`, fix: 'Install it.', carries: WAY_CARRIES[name] }
}

describe('kinds of virtual port', () => {
  it('are told, and what mends those that carry more is no warning while there is one', () => {
    expect(
      findings({ ways: [way('pty', 'ready'), way('usbip', 'rights'), way('com0com', 'never')] })
    ).toEqual(['ok virtual ports by USB/IP: It is rights. > Install it.'])
    expect(findings({ ways: [way('usbip', 'ready')] })).toEqual(['ok virtual ports by USB/IP: It is ready.'])
  })

  it('are worth a warning where there is none', () => {
    expect(findings({ ways: [way('com0com', 'install'), way('usbip', 'install')] })).toEqual([
      'warning virtual ports by com0com: It is install. > Install it.',
      'warning virtual ports by USB/IP: It is install. > Install it.'
    ])
  })
})

it('a healthy computer: what is free, and no fix', () => {
  expect(diagnose(HEALTHY).map(text)).toEqual([
    'ok /dev/ttyUSB0: free to share (FT232R USB UART)',
    'ok virtual ports: can be made here',
    'ok IPv6: available',
    'ok TCP 22217: free to listen on',
    'ok TCP 7000: free to listen on',
    'ok mDNS: others are looked for on eth0, UDP port 5353 can be shared',
    'ok Farport: none runs here: commands work by themselves, and other computers do not reach this one',
    'ok clock: kept right by the system'
  ])
})

describe('ports', () => {
  const users = [{ pid: 77, command: 'minicom' }]

  it.each<[string, Partial<Facts>, RegExp]>([
    ['none', { ports: [] }, /^warning serial ports: there is none .* > Plug in a USB adapter/],
    [
      'not in the group',
      { ports: [port('/dev/ttyUSB0', {}, { access: { ...OPEN_TO_US, allowed: false } })] },
      /^problem .*root:dialout, mode 0660\) > Run `sudo usermod -aG dialout \$USER`, then sign out and in$/
    ],
    [
      'in the group, but not yet in this session',
      { ports: [port('/dev/ttyUSB0', {}, { access: { ...OPEN_TO_US, allowed: false, joinedSince: true } })] },
      /^problem .* > You joined group dialout after this session began: sign out and in$/
    ],
    [
      'no group helps',
      {
        ports: [
          port(
            '/dev/ttyUSB0',
            {},
            {
              access: { ...OPEN_TO_US, allowed: false, groupHelps: false, group: 'root', mode: 0o600 }
            }
          )
        ]
      },
      /^problem .*root:root, mode 0600\) > sudo cp \/opt\/farport\/assets\/60-farport.rules \/etc\/udev\/rules.d\/ && sudo udevadm control --reload/
    ],
    [
      'in use',
      { ports: [port('/dev/ttyUSB0', { users })] },
      /^warning \/dev\/ttyUSB0: in use by minicom, process 77 > End minicom to share this port$/
    ],
    [
      'a lock file of a dead process',
      { locks: [{ file: '/var/lock/LCK..ttyUSB0', port: 'ttyUSB0', pid: 99, alive: false }] },
      /^warning .*left behind by process 99, which has ended .* > sudo rm \/var\/lock\/LCK..ttyUSB0$/
    ],
    [
      'a lock file without a number',
      { locks: [{ file: "/var/lock/LCK..tty'USB0", port: 'ttyUSB0', pid: undefined, alive: false }] },
      /^warning .*left behind by some program .* > sudo rm '\/var\/lock\/LCK..tty'\\''USB0'$/
    ],
    [
      'locked by a process that does not show its files',
      {
        locks: [{ file: '/run/lock/LCK..ttyUSB0', port: 'ttyUSB0', pid: 5, alive: true }],
        processes: [{ pid: 5, command: 'ser2net', terminal: undefined }]
      },
      /^warning \/dev\/ttyUSB0: locked by ser2net, process 5 /
    ],
    [
      'a login console, known by its controlling terminal',
      {
        ports: [port('/dev/ttyAMA0', {}, { number: '204:64' })],
        processes: [
          { pid: 2, command: 'agetty', terminal: '4:1' },
          { pid: 3, command: 'agetty', terminal: '204:64' }
        ]
      },
      /^problem \/dev\/ttyAMA0: .*agetty, process 3.* > sudo systemctl disable --now serial-getty@ttyAMA0.service$/
    ],
    [
      'a login console, known by its open file',
      { ports: [port('/dev/ttyS0', { users: [{ pid: 8, command: 'login' }] })] },
      /^problem \/dev\/ttyS0: a login console runs on it \(login, process 8\)/
    ],
    [
      'a kernel console',
      {
        ports: [port('/dev/ttyS0')],
        consoles: ['tty0', 'ttyS0'],
        consoleArguments: ['console=tty0', 'console=ttyS0,115200n8']
      },
      /^warning \/dev\/ttyS0: the kernel writes .* > Take `console=ttyS0,115200n8` out of/
    ]
  ])('%s', (_, facts, expected) => {
    const found = findings(facts)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })

  it('names a program that locked and opened the port once', () => {
    const locks = [{ file: '/run/lock/LCK..ttyUSB0', port: 'ttyUSB0', pid: 77, alive: true }]
    expect(findings({ ports: [port('/dev/ttyUSB0', { users })], locks })).toHaveLength(1)
  })

  it('is silent about consoles and locks of ports that are not here', () => {
    expect(
      findings({
        consoles: ['tty0', 'ttyUSB01'],
        consoleArguments: ['console=ttyUSB01'],
        locks: [{ file: '/run/lock/LCK..ttyS9', port: 'ttyS9', pid: 5, alive: true }]
      })
    ).toEqual([])
  })
})

describe('the computer', () => {
  const runs = (command: string): Facts['processes'] => [{ pid: 9, command, terminal: undefined }]
  const ch340 = { socket: '1-2', ids: '1a86:7523', chip: 'WCH CH340', wantedDriver: 'ch341' }

  it.each<[string, Partial<Facts>, RegExp]>([
    [
      'ModemManager without our rule',
      { processes: runs('ModemManager'), udevRules: ['85-brltty.rules'] },
      /^warning ModemManager: .* > sudo cp \/opt\/farport\/assets\/60-farport.rules /
    ],
    [
      'ModemManager with our rule',
      { processes: runs('ModemManager'), udevRules: ['60-farport.rules'] },
      /^ok ModemManager: /
    ],
    ['brltty', { processes: runs('brltty') }, /^warning brltty: .* > If nobody uses a Braille display/],
    [
      'an adapter that brltty took',
      { processes: runs('brltty'), orphans: [{ ...ch340, driver: 'usbfs' }] },
      /^problem USB 1a86:7523: the WCH CH340 adapter in socket 1-2 was taken by brltty/
    ],
    [
      'an adapter that some program took',
      { orphans: [{ ...ch340, driver: 'usbfs' }] },
      /^problem USB 1a86:7523: .* is held by a program, not by its driver > End the program/
    ],
    [
      'an adapter without a driver',
      { orphans: [{ ...ch340, driver: undefined }] },
      /^problem USB 1a86:7523: .* has no driver > sudo modprobe ch341 /
    ],
    ['no PTYs', { ptyPossible: false }, /^problem virtual ports: none can be made/],
    [
      'all PTYs in use',
      { ptyCount: { used: 64, most: 64 } },
      /^problem virtual ports: all 64 PTYs .* > sudo sysctl kernel.pty.max=128$/
    ],
    ['no inotify left', { hotplug: 'polling' }, /^warning hot-plug: .* > sudo sysctl fs.inotify/],
    ['no IPv6', { ipv6: false }, /^warning IPv6: is off .* > Listen on 0.0.0.0/],
    [
      'a TCP port in use',
      { tcpPorts: [{ port: 7000, taken: true }] },
      /^warning TCP 7000: another program listens on it > .*sudo ss -ltnp 'sport = :7000'$/
    ]
  ])('%s', (_, facts, expected) => {
    const found = findings(facts)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })

  it('says nothing where the system says nothing', () => {
    const facts: Facts = { ...HEALTHY, platform: 'darwin', hotplug: 'polling', ipv6: undefined }
    expect(
      diagnose({ ...facts, tcpPorts: undefined, ptyCount: undefined }).map((each) => each.subject)
    ).toEqual(['/dev/ttyUSB0', 'virtual ports', 'mDNS', 'Farport', 'clock'])
  })
})

describe('examine', () => {
  let fixture: SysfsFixture

  beforeEach(() => {
    fixture = new SysfsFixture()
  })
  afterEach(() => {
    fixture.dispose()
  })

  /** No Farport is there. */
  function nowhere(): PathsEnvironment {
    const home = join(fixture.root, 'home')
    const environment = { FARPORT_SOCKET: join(home, 'farport.sock'), STATE_DIRECTORY: join(home, 'state') }
    return { platform: 'linux', home, environment }
  }

  function write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(fixture.root, path)), { recursive: true })
    writeFileSync(join(fixture.root, path), content)
  }

  it.skipIf(lacks.linux('the files of its computer'))(
    'gathers everything from the files of a computer',
    async () => {
      fixture.plug(ADAPTERS.ft232r, '1-1.1', 'ttyUSB0')
      fixture.plug(ADAPTERS.cp2102, '1-1.2', 'ttyUSB1')
      fixture.plugWithoutPort(ADAPTERS.ch340, '1-1.3')
      fixture.board('ttyAMA0', 'platform/soc/3f201000.serial', 'amba', 'uart-pl011', {
        type: '32',
        dev: '204:64'
      })
      write('sys/class/tty/console/active', 'tty0 ttyAMA0\n')
      write('proc/cmdline', 'root=/dev/sda1 console=tty0 console=ttyAMA0,115200 quiet\n')
      // tty_nr of 204:64: the major in bits 19-8, the minor below.
      write('proc/31/stat', `31 (agetty) S 1 31 31 ${(204 << 8) | 64} 31 4194560 0`)
      write('proc/32/stat', '32 (ModemManager) S 1 32 32 0 -1 4194560 0')
      write('proc/33/stat', '33 (a ) b) S 1 33 33 0 -1 4194560 0')
      write('lock/LCK..ttyUSB0', '        33\n')
      const deadPid = Buffer.alloc(4)
      deadPid.writeInt32LE(4711)
      write('lock/LCK..ttyUSB1', deadPid)
      // sl local_address rem_address st: 22217 is 0x56C9; 7000 (0x1B58) only has a connection, no listener
      write(
        'proc/net/tcp',
        '  sl  local_address rem_address   st tx_queue\n   1: 0100007F:1B58 0100007F:9133 01 00000000:00000000\n'
      )
      write(
        'proc/net/tcp6',
        '  sl  local_address\n   0: 00000000000000000000000000000000:56C9 00000000000000000000000000000000:0000 0A 0:0\n'
      )
      write('proc/sys/kernel/pty/nr', '5\n')
      write('proc/sys/kernel/pty/max', '5\n')
      write('dev/ptmx', '')
      const found = await examine({
        ways: () => Promise.resolve(HEALTHY.ways),
        ...fixture.places,
        procRoot: join(fixture.root, 'proc'),
        lockDirectories: [join(fixture.root, 'lock'), join(fixture.root, 'nowhere')],
        udevDirectories: [join(fixture.root, 'rules')],
        etcRoot: join(fixture.root, 'etc'),
        paths: nowhere(),
        platform: 'linux'
      })
      // That of the computer that runs the test.
      const besides = found.filter(({ subject }) => subject !== 'clock' && subject !== 'mDNS')
      const short = besides.map(({ level, subject, message }) => `${level} ${subject}: ${message}`)
      expect(short.map((each) => each.replaceAll(`${fixture.root}/`, '/'))).toEqual([
        'problem USB 1a86:7523: the WCH CH340 adapter in socket 1-1.3 has no driver',
        'problem /dev/ttyAMA0: a login console runs on it (agetty, process 31) and would read and answer the device',
        'warning /dev/ttyAMA0: the kernel writes its messages to it (console), between what you send',
        'warning /dev/ttyUSB0: locked by a ) b, process 33 (/lock/LCK..ttyUSB0)',
        'warning /dev/ttyUSB1: a lock file was left behind by process 4711, which has ended (/lock/LCK..ttyUSB1)',
        'warning ModemManager: sends AT commands to adapters for some seconds after they are plugged in',
        'problem virtual ports: all 5 PTYs of this system are in use',
        'warning IPv6: is off on this computer: others reach it by IPv4 only',
        'warning TCP 22217: another program listens on it',
        'ok TCP 7000: free to listen on',
        'ok Farport: none runs here: commands work by themselves, and other computers do not reach this one'
      ])
      const fix = found.find((each) => each.subject === 'ModemManager')?.fix
      const rule = /sudo cp (\S+) /.exec(fix ?? '')?.[1]
      expect(readFileSync(rule ?? '', 'utf8')).toContain('ID_MM_PORT_IGNORE')
    }
  )

  it('answers on this machine, each finding in one line', async () => {
    for (const finding of await examine()) {
      expect(text(finding)).not.toContain('\n')
      if (finding.level !== 'ok') expect(finding.fix).toMatch(/\S/)
    }
  })
})

/**
 * What the doctor looks at, gathered in one go: a plain value that its checks judge and that tests can write down. Called by
 * core/doctor, and for the ports alone by core/local-ports. Looks, never touches: no device is opened, no address taken, but that of
 * mDNS for a moment, which its users share.
 */
import { constants, existsSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PortInfo } from '../contract/state.ts'
import type { VirtualWay } from '../contract/virtual.ts'
import { type DeviceAccess, deviceAccess } from '../os/device-access.ts'
import { watchPorts } from '../os/hotplug.ts'
import { isSystemError } from '../os/libc.ts'
import {
  consoleArguments,
  hasIpv6,
  listeningTcpPorts,
  listProcesses,
  type ProcessFact,
  ptyCount
} from '../os/proc-tables.ts'
import { listOrphans, type OrphanAdapter } from '../os/sysfs-orphans.ts'
import { namesIn, readAttribute } from '../os/sysfs-tree.ts'
import { listPorts } from '../ports/list-ports.ts'
import { clockFacts, type ClockFacts } from './doctor-clock.ts'
import { instanceFacts, type InstanceFacts, type ServiceFact } from './doctor-instance-facts.ts'
import { keyFacts, type KeyFacts } from './doctor-key-facts.ts'
import { mdnsFacts, type MdnsFacts } from './doctor-mdns.ts'
import type { PathsEnvironment } from './instance-paths.ts'

/** Where to look; each is this system's own when absent. */
export interface Environment {
  readonly platform?: NodeJS.Platform
  readonly sysRoot?: string
  readonly devRoot?: string
  readonly procRoot?: string
  readonly etcRoot?: string
  readonly lockDirectories?: readonly string[]
  readonly udevDirectories?: readonly string[]
  /** TCP ports that should be free to listen on. */
  readonly tcpPorts?: readonly number[]
  /** What leads to the installations of Farport on this computer. */
  readonly paths?: PathsEnvironment
  /** The version that asks: one that runs may be older. */
  readonly version?: string
  /** What keeps Farport running here, as the host that knows of it tells. */
  readonly services?: readonly ServiceFact[]
  /** What kinds of virtual port there are. */
  readonly ways?: () => Promise<readonly VirtualWay[]>
}

export interface PortFacts {
  readonly info: PortInfo
  /** `4:64` */
  readonly number: string | undefined
  /** Undefined: unplugged since it was listed. */
  readonly access: DeviceAccess | undefined
}

export interface LockFact {
  readonly file: string
  /** The port's name in it, `ttyUSB0`. */
  readonly port: string
  /** Undefined: there is no number in it. */
  readonly pid: number | undefined
  /** Whether that process still runs. */
  readonly alive: boolean
}

/** What concerns the serial ports: also looked at while a page shows them. */
export interface PortsFacts {
  readonly ports: readonly PortFacts[]
  readonly orphans: readonly OrphanAdapter[]
  readonly processes: readonly ProcessFact[]
  readonly locks: readonly LockFact[]
  /** Names of the terminals that kernel messages go to, `ttyS0`. */
  readonly consoles: readonly string[]
  readonly consoleArguments: readonly string[]
  /** File names of the installed udev rules. */
  readonly udevRules: readonly string[]
  /** Where our udev rule lies in this installation. */
  readonly ruleFile: string | undefined
}

export interface Facts extends InstanceFacts, PortsFacts {
  readonly platform: NodeJS.Platform
  readonly ways: readonly VirtualWay[]
  readonly ptyPossible: boolean
  readonly ptyCount: { readonly used: number; readonly most: number } | undefined
  readonly hotplug: 'inotify' | 'polling'
  readonly ipv6: boolean | undefined
  /** Undefined: the system does not say. */
  readonly tcpPorts: readonly { readonly port: number; readonly taken: boolean }[] | undefined
  /** Undefined: nobody says. */
  readonly version: string | undefined
  readonly services: readonly ServiceFact[]
  readonly keys: readonly KeyFacts[]
  readonly mdns: MdnsFacts
  readonly clock: ClockFacts
}

export const RULE_NAME = '60-farport.rules'

/** farport/1, and the first one of the examples. */
const TCP_PORTS: readonly number[] = [22_217, 7000]
const LOCK_DIRECTORIES: readonly string[] = ['/var/lock', '/run/lock', '/var/spool/lock', '/var/spool/uucp']
const UDEV_DIRECTORIES: readonly string[] = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d'
]

/** Never rejects for what this system does not have: such facts are empty or undefined. */
export async function gatherFacts(environment: Environment = {}): Promise<Facts> {
  const { devRoot = '/dev', procRoot = '/proc' } = environment
  const { ways = waysHere } = environment
  const [ofPorts, found, ptyPossible, ptys, ipv6, taken, ofInstances, keys, mdns] = await Promise.all([
    gatherPortsFacts(environment),
    ways(),
    mayReadAndWrite(join(devRoot, 'ptmx')),
    ptyCount(procRoot),
    hasIpv6(procRoot),
    listeningTcpPorts(procRoot),
    instanceFacts(environment.paths, environment.etcRoot),
    keyFacts(environment.paths),
    mdnsFacts(environment.sysRoot)
  ])
  return {
    platform: environment.platform ?? process.platform,
    ...ofPorts,
    ways: found,
    ptyPossible,
    ptyCount: ptys,
    hotplug: hotplugMode(devRoot),
    ipv6,
    tcpPorts: taken && (environment.tcpPorts ?? TCP_PORTS).map((port) => ({ port, taken: taken.has(port) })),
    ...ofInstances,
    keys,
    mdns,
    clock: clockFacts(),
    version: environment.version,
    services: environment.services ?? []
  }
}

/** Loaded when somebody asks: each kind brings its own. */
const waysHere = async (): Promise<VirtualWay[]> => (await import('./virtual/makers.ts')).virtualWays()

/** Never rejects, as `gatherFacts`. */
export async function gatherPortsFacts(environment: Environment = {}): Promise<PortsFacts> {
  const { sysRoot = '/sys', procRoot = '/proc' } = environment
  const listed = await listPorts(environment)
  const places = listed.map((port) => port.physicalPath ?? '')
  const [ports, orphans, processes, locks, active, inCommandLine, rules] = await Promise.all([
    Promise.all(listed.map((info) => portFacts(info, sysRoot, environment))),
    listOrphans(places, sysRoot),
    listProcesses(procRoot),
    lockFacts(environment.lockDirectories ?? LOCK_DIRECTORIES, procRoot),
    readAttribute(join(sysRoot, 'class/tty/console'), 'active'),
    consoleArguments(procRoot),
    Promise.all((environment.udevDirectories ?? UDEV_DIRECTORIES).map(namesIn))
  ])
  return {
    ports,
    orphans,
    processes,
    locks,
    consoles: active?.split(' ') ?? [],
    consoleArguments: inCommandLine,
    udevRules: rules.flat(),
    ruleFile: findRule()
  }
}

async function portFacts(info: PortInfo, sysRoot: string, environment: Environment): Promise<PortFacts> {
  const number = await readAttribute(join(sysRoot, 'class/tty', basename(info.path)), 'dev')
  try {
    return { info, number, access: await deviceAccess(info.path, environment) }
  } catch {
    return { info, number, access: undefined } // unplugged since it was listed
  }
}

/** UUCP lock files: `LCK..ttyUSB0` with the pid, as text or (very old programs) as a 4-byte number. */
async function lockFacts(directories: readonly string[], procRoot: string): Promise<LockFact[]> {
  const locks = new Map<string, LockFact>()
  for (const directory of directories) {
    for (const name of await namesIn(directory)) {
      const port = /^LCK\.\.(.+)$/.exec(name)?.[1]
      // /var/lock is a link to /run/lock on most systems: one file, two names.
      if (port === undefined || locks.has(port)) continue
      const file = join(directory, name)
      const pid = await lockHolder(file)
      locks.set(port, { file, port, pid, alive: pid !== undefined && isAlive(pid, procRoot) })
    }
  }
  return [...locks.values()]
}

async function lockHolder(file: string): Promise<number | undefined> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch {
    return undefined // released meanwhile, or closed to us
  }
  const pid = bytes.length === 4 ? bytes.readInt32LE() : Number.parseInt(bytes.toString('latin1'), 10)
  return pid > 0 ? pid : undefined
}

/** Asked of the kernel, not of the list: with hidepid other users' processes are not listed. */
function isAlive(pid: number, procRoot: string): boolean {
  if (existsSync(join(procRoot, String(pid)))) return true
  if (procRoot !== '/proc') return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isSystemError(error, 'EPERM') // it lives, as another user
  }
}

async function mayReadAndWrite(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Found by trying: the limits are easy to read, but not how much of them is used. */
function hotplugMode(devRoot: string): 'inotify' | 'polling' {
  const watch = watchPorts({ devRoot })
  watch.dispose()
  return watch.mode
}

/** Above this file: in the sources two steps, in the bundle two or three. */
function findRule(): string | undefined {
  let directory = dirname(fileURLToPath(import.meta.url))
  for (let step = 0; step < 5; step++) {
    const file = join(directory, 'assets', RULE_NAME)
    if (existsSync(file)) return file
    directory = dirname(directory)
  }
  return undefined
}

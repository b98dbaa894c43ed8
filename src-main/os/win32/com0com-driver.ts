/**
 * What the registry tells everybody of com0com: whether it is installed, whether Windows runs its driver, which pairs there are and which COM numbers
 * are free. Called by core/virtual. Source: com0com's ReadMe and what its set-up writes.
 *
 *     HKLM\SOFTWARE\com0com                                          Install_Dir; on 64-bit Windows also under WOW6432Node
 *     HKLM\SYSTEM\CurrentControlSet\Services\com0com\Parameters\CNCA0    PortName, PlugInMode … as far as they were set; stays when a pair is removed
 *     HKLM\SYSTEM\CurrentControlSet\Services\com0com\Enum            Count of the devices that the driver runs; absent where Windows did not start it
 *     HKLM\HARDWARE\DEVICEMAP\SERIALCOMM                             names of the ports that can be opened now
 */
import { takenComNumbers } from './com-numbers.ts'
import type { RegistryView } from './registry-view.ts'

const SERVICE = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\com0com'
const DEVICES = 'HKLM\\SYSTEM\\CurrentControlSet\\Enum\\ROOT\\COM0COM'
const PRESENT = 'HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM'
const ARBITER = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\COM Name Arbiter'
const SECURE_BOOT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State'
const SOFTWARE = ['HKLM\\SOFTWARE', 'HKLM\\SOFTWARE\\WOW6432Node']
const UNINSTALL = 'Microsoft\\Windows\\CurrentVersion\\Uninstall\\com0com'

/** Numbers that are looked at: a computer has a handful, and each look costs some microseconds. */
const PAIRS = 100
const DEVICE_INSTANCES = 10

export type Com0comRegistry = Pick<RegistryView, 'text' | 'number' | 'bytes' | 'texts'>

/** Pins of the driver: what a port's input is wired to. */
const PIN = { remoteOut1: 0x04, remoteOut2: 0x08, remoteOpen: 0x80 } as const

/** How a pair of our making is wired: `near` is the program's COM port. */
export const OUR_NEAR = { PlugInMode: 'yes', dcd: 'rout1', ri: 'rout2' } as const
export const OUR_FAR = { ExclusiveMode: 'yes', EmuOverrun: 'yes', dcd: 'ropen' } as const

export interface Com0comPairState {
  readonly number: number
  /** The program's port: `COM7`. */
  readonly com: string
  /** Its id and that of our end: `CNCA0`, `CNCB0`. */
  readonly near: string
  readonly far: string
  /** Where our end is opened: `\\.\CNCB0`. */
  readonly path: string
  /** Nobody has our end open. */
  readonly isFree: boolean
  /** Both ends are as Farport makes them. */
  readonly isOurs: boolean
}

export interface Com0comState {
  readonly folder: string
  /** `3.0.0.0` */
  readonly version?: string
  /** There are devices of it and Windows runs the driver for none: it refuses it, as its signature is not trusted (error 52), or has to be restarted. */
  readonly isRefused: boolean
  /** Windows takes drivers with a signature of its own alone. */
  readonly secureBoot: boolean
  readonly pairs: readonly Com0comPairState[]
}

/** Undefined: it is not installed. */
export function findCom0com(registry: Com0comRegistry): Com0comState | undefined {
  const folder = firstText(registry, 'com0com', 'Install_Dir')
  if (folder === undefined) return undefined
  const version = firstText(registry, UNINSTALL, 'DisplayVersion')
  const hasDevices = range(DEVICE_INSTANCES).some(
    (at) => registry.text(`${DEVICES}\\${String(at).padStart(4, '0')}`, 'Service') === 'com0com'
  )
  const present = new Set(registry.texts(PRESENT).map((name) => name.toUpperCase()))
  return {
    folder,
    ...(version !== undefined && { version }),
    isRefused: hasDevices && (registry.number(`${SERVICE}\\Enum`, 'Count') ?? 0) === 0,
    secureBoot: registry.number(SECURE_BOOT, 'UEFISecureBootEnabled') === 1,
    pairs: range(PAIRS).flatMap((number) => pairOf(registry, number, present) ?? [])
  }
}

/** The lowest number, from COM3 on, that no port has and none that is unplugged. COM1 and COM2 are those of mainboards. */
export function freeComName(registry: Com0comRegistry): string {
  for (let number = 3; ; number++) if (isFreeComName(registry, `COM${number}`)) return `COM${number}`
}

/** Nobody has it, also no device that is unplugged, nor a pair that is hidden now. */
export function isFreeComName(registry: Com0comRegistry, name: string): boolean {
  const number = Number(/^COM(\d+)$/i.exec(name)?.[1] ?? NaN)
  const database = registry.bytes(ARBITER, 'ComDB')
  if (database && takenComNumbers(database).has(number)) return false
  return ![...registry.texts(PRESENT), ...namesOfPairs(registry)].some(
    (each) => each.toUpperCase() === name.toUpperCase()
  )
}

function namesOfPairs(registry: Com0comRegistry): string[] {
  return range(PAIRS).flatMap((number) => registry.text(parameters(`CNCA${number}`), 'PortName') ?? [])
}

/** Undefined: there is none, as one of its ends can be opened always: ours while nobody has it, theirs while somebody has ours. */
function pairOf(
  registry: Com0comRegistry,
  number: number,
  present: ReadonlySet<string>
): Com0comPairState | undefined {
  const ids = [`CNCA${number}`, `CNCB${number}`] as const
  const [a, b] = ids.map((id) => registry.text(parameters(id), 'PortName') ?? id)
  // People who make a pair themselves may have it the other way round.
  const isTurned = a !== undefined && b !== undefined && !isCom(a) && isCom(b)
  const [near, far] = isTurned ? [ids[1], ids[0]] : ids
  const com = (isTurned ? b : a)?.toUpperCase()
  const own = (isTurned ? a : b)?.toUpperCase()
  if (com === undefined || own === undefined || !isCom(com)) return undefined
  const isFree = present.has(own)
  if (!isFree && !present.has(com)) return undefined
  const flag = (id: string, name: string): boolean => (registry.number(parameters(id), name) ?? 0) !== 0
  const isWired = (id: string, name: string, pin: number): boolean =>
    registry.number(parameters(id), name) === pin
  return {
    number,
    com,
    near,
    far,
    path: `\\\\.\\${own}`,
    isFree,
    isOurs:
      flag(near, 'PlugInMode') &&
      isWired(near, 'dcd', PIN.remoteOut1) &&
      isWired(near, 'ri', PIN.remoteOut2) &&
      flag(far, 'ExclusiveMode') &&
      flag(far, 'EmuOverrun') &&
      isWired(far, 'dcd', PIN.remoteOpen)
  }
}

function isCom(name: string): boolean {
  return /^COM\d+$/i.test(name)
}

function parameters(id: string): string {
  return `${SERVICE}\\Parameters\\${id}`
}

function firstText(registry: Com0comRegistry, key: string, name: string): string | undefined {
  for (const software of SOFTWARE) {
    const text = registry.text(`${software}\\${key}`, name)
    if (text !== undefined && text !== '') return text
  }
  return undefined
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at)
}

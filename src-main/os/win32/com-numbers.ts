/**
 * Which COM number a USB serial adapter has, and how it gets another one. Called by core/virtual/usbip-windows.ts. Source: Windows' documentation
 * of the COM port database and of where a port driver keeps its name; in tests a Map stands for the registry.
 *
 *     HKLM\SYSTEM\CurrentControlSet\Enum\USB\VID_16C0&PID_05E1\SERIAL\Device Parameters   PortName = COM7    also while it is unplugged
 *     HKLM\HARDWARE\DEVICEMAP\SERIALCOMM                                                  \Device\USBSER000 = COM7    while it is there
 *     HKLM\SYSTEM\CurrentControlSet\Control\COM Name Arbiter                              ComDB = a bit per number, COM1 is bit 0 of byte 0
 */
import type { RunCommand } from '../run-command.ts'
import { runElevated } from './elevated.ts'
import type { RegistryView } from './registry-view.ts'

const ENUM = 'HKLM\\SYSTEM\\CurrentControlSet\\Enum\\USB'
const PRESENT = 'HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM'
const ARBITER = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\COM Name Arbiter'
const DATABASE = 'ComDB'

/** As Windows names it: four digits each, and a serial number of letters and digits. */
export interface UsbIdentity {
  readonly vendorId: number
  readonly productId: number
  readonly serialNumber: string
}

/** `COM7` of an adapter that is plugged in and has its driver; undefined: not yet, or not any more. */
export function comPortOf(registry: RegistryView, identity: UsbIdentity): string | undefined {
  const name = registry.text(parametersOf(identity), 'PortName')
  return name !== undefined && isPresent(registry, name) ? name : undefined
}

export type Renaming =
  | { readonly type: 'ready'; readonly commands: readonly (readonly string[])[] }
  /** `why`: as the beginning of a sentence. */
  | { readonly type: 'taken'; readonly why: string }

/**
 * How an adapter that has a COM number gets another one: words for `reg.exe`, to be run as an administrator; it has its new name when it is plugged in the
 * next time. `to`: `COM7`.
 */
export function renaming(registry: RegistryView, identity: UsbIdentity, to: string): Renaming {
  const number = comNumber(to)
  if (isPresent(registry, to)) return { type: 'taken', why: `${to} is another port of this computer` }
  const database = registry.bytes(ARBITER, DATABASE)
  if (database && takenComNumbers(database).has(number))
    return {
      type: 'taken',
      why: `${to} is reserved for a device that is not plugged in now, or for another program’s virtual port`
    }
  const key = parametersOf(identity)
  const own = registry.text(key, 'PortName')
  const commands = [['add', key, '/v', 'PortName', '/t', 'REG_SZ', '/d', to, '/f']]
  if (database) {
    const released = own === undefined ? database : withComNumber(database, comNumber(own), false)
    const hex = Buffer.from(withComNumber(released, number, true)).toString('hex')
    commands.push(['add', ARBITER, '/v', DATABASE, '/t', 'REG_BINARY', '/d', hex, '/f'])
  }
  return { type: 'ready', commands }
}

/** Asks the person once. Rejects with NotElevated where that says no; false: Windows did not take it. */
export async function runRenaming(
  commands: readonly (readonly string[])[],
  run?: RunCommand
): Promise<boolean> {
  const line = commands.map((words) => ['reg.exe', ...words].map(quoted).join(' ')).join(' && ')
  // Every word is made here, of names of keys, numbers and hex digits; the & of a key stands in quotes.
  return (await runElevated('cmd.exe', `/d /s /c "${line}"`, run)) === 0
}

/** Numbers that Windows gave to somebody, also to what is unplugged. */
export function takenComNumbers(database: Uint8Array): ReadonlySet<number> {
  const taken = new Set<number>()
  for (const [index, byte] of database.entries())
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) taken.add(index * 8 + bit + 1)
  return taken
}

/** A copy, longer where it has to be. */
export function withComNumber(database: Uint8Array, number: number, isTaken: boolean): Uint8Array {
  const index = Math.floor((number - 1) / 8)
  const copy = new Uint8Array(Math.max(database.length, index + 1))
  copy.set(database)
  const bit = 1 << ((number - 1) % 8)
  const byte = copy[index] ?? 0
  copy[index] = isTaken ? byte | bit : byte & ~bit
  return copy
}

function isPresent(registry: RegistryView, port: string): boolean {
  return registry.texts(PRESENT).includes(port)
}

function comNumber(name: string): number {
  return Number(/^COM(\d+)$/i.exec(name)?.[1] ?? NaN)
}

function parametersOf({ vendorId, productId, serialNumber }: UsbIdentity): string {
  return `${ENUM}\\VID_${hex4(vendorId)}&PID_${hex4(productId)}\\${serialNumber}\\Device Parameters`
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0')
}

function quoted(word: string): string {
  return /^[\w./]+$/.test(word) ? word : `"${word}"`
}

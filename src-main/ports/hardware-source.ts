/**
 * Where hardware ports come from: a path as the user typed it, and the device that was found there first. Called by core
 * (share, link, terminal). Opens the same device again wherever it came back; never another one that took its name.
 */
import type { Stats } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { Emitter, type Event } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { PortInfo } from '../contract/state.ts'
import { accessFix, deviceAccess, formatOwner, mayUse } from '../os/device-access.ts'
import { fingerprint, type PortWatch, watchPorts } from '../os/hotplug.ts'
import { isSystemError } from '../os/libc.ts'
import { type DevicePlaces, listSysfsPorts } from '../os/sysfs-ports.ts'
import { realPath } from '../os/sysfs-tree.ts'
import {
  type DeviceIdentity,
  deviceName,
  findDevice,
  howToBringBack,
  identityOf,
  watchForTwins
} from './device-identity.ts'
import type { HardwareOptions } from './hardware.ts'
import type { Port, PortSource } from './port.ts'
import { exampleDevice } from '../os/example-device.ts'

/** Opens a device node, as ports/hardware.ts does. */
export type OpenHardware = (
  path: string,
  options: HardwareOptions,
  settings: LineWish,
  signal: AbortSignal
) => Promise<Port>

export interface SourcePlaces extends DevicePlaces {
  readonly clock?: Clock
  /** Whether this process may read and write the node; the system is asked when absent. */
  readonly mayUse?: (path: string) => Promise<boolean>
}

/** How the user named it: by what it is (a node, by-id), by its socket, or by a link that somebody else keeps right. */
type Naming = 'device' | 'socket' | 'link'

export class HardwareSource implements PortSource {
  readonly label: string
  readonly #options: HardwareOptions
  readonly #openHardware: OpenHardware
  readonly #places: SourcePlaces
  readonly #devRoot: string
  readonly #available = new Emitter<void>()
  #identity: DeviceIdentity | undefined
  #isLink = false
  #watch: PortWatch | undefined
  /** The node as it was when it was last looked at or opened; undefined: absent or closed to us. */
  #usable: string | undefined
  #tried = false

  /** `path`: any device node or a link to one; links are followed anew at each open. */
  constructor(path: string, options: HardwareOptions, open: OpenHardware, places: SourcePlaces = {}) {
    this.label = path
    this.#options = options
    this.#openHardware = open
    this.#places = places
    this.#devRoot = places.devRoot ?? '/dev'
  }

  /**
   * Fires when the device is there and usable again: plugged in under any name, or given its rights. /dev is watched
   * only while somebody listens.
   */
  readonly onAvailable: Event<void> = (listener) => {
    const subscription = this.#available.event(listener)
    this.#startWatch()
    let taken = true
    return {
      dispose: () => {
        subscription.dispose()
        if (taken && !this.#available.hasListeners) this.#endWatch()
        taken = false
      }
    }
  }

  /** Rejects with the Fault of openHardware, or `device-missing` naming the device that is awaited. */
  async open(settings: LineWish, signal: AbortSignal): Promise<Port> {
    this.#tried = true
    this.#usable = undefined
    const path = await this.#locate()
    this.#usable = await this.#fingerprint(path)
    signal.throwIfAborted()
    return await this.#openHardware(path, this.#options, settings, signal)
  }

  /**
   * Could it be opened? Looks without opening, since opening raises DTR and resets some boards. Rejects with
   * `device-missing`, `device-permission` or `device-not-serial`, or `usage` for what can be no path.
   */
  async check(): Promise<void> {
    const path = await this.#locate()
    let stats: Stats
    try {
      stats = await stat(path)
    } catch (error) {
      throw this.#absent(error)
    }
    if (!stats.isCharacterDevice()) {
      throw new Fault(
        'device-not-serial',
        `${this.label} is ${kindOf(stats)}, not a serial port: name a device such as ${exampleDevice()}, see \`farport list\``
      )
    }
    if (await this.#mayUse(path)) return
    const access = await deviceAccess(path)
    throw new Fault(
      'device-permission',
      `You may not open ${path} (${formatOwner(access)}): ${accessFix(path, access)}`
    )
  }

  /** The node to open now. Remembers the device the first time it is seen. */
  async #locate(): Promise<string> {
    if (this.label === '' || this.label.includes('\0')) {
      throw new Fault(
        'usage',
        `An empty text is no device: name one such as ${exampleDevice()}, see \`farport list\``
      )
    }
    const ports = await listSysfsPorts(this.#places)
    const typed = await this.#follow()
    const found = this.#find(typed, ports)
    if (found !== undefined) return found
    const identity = this.#identity
    if (identity === undefined) {
      // Asked again for the reason, and in case that it came this very moment.
      return await stat(this.label).then(
        () => this.label,
        (error: unknown) => Promise.reject(this.#absent(error))
      )
    }
    const other = ports.find((port) => port.path === typed)
    throw new Fault(
      'device-missing',
      other === undefined
        ? `${this.label} is not there (${identity.name}): ${howToBringBack(identity)}`
        : `${this.label} is another device now (${deviceName(other)}), not ${identity.name}: ${howToBringBack(identity)}, or start again to use the one that is there`
    )
  }

  /** `typed`: where the typed path leads now. Answers the node of our device, undefined when it is not there. */
  #find(typed: string | undefined, ports: readonly PortInfo[]): string | undefined {
    const here = ports.find((port) => port.path === typed)
    const naming = this.#naming()
    const decides = typed !== undefined && (this.#identity === undefined || naming !== 'device')
    if (decides) {
      this.#identity = here && identityOf(here, ports)
      return typed
    }
    if (this.#identity === undefined || naming === 'socket') return undefined
    this.#identity = watchForTwins(this.#identity, ports)
    return findDevice(this.#identity, ports)?.path
  }

  #naming(): Naming {
    if (this.label.startsWith(join(this.#devRoot, 'serial/by-path/'))) return 'socket'
    // A by-id name without a serial number fits every adapter of its kind: the device counts, not the name.
    if (this.label.startsWith(join(this.#devRoot, 'serial/by-id/'))) return 'device'
    return this.#isLink ? 'link' : 'device'
  }

  /** The real path behind the typed one; undefined where nothing is. */
  async #follow(): Promise<string | undefined> {
    const real = await realPath(this.label)
    this.#isLink = await isLink(this.label, this.#isLink)
    return real
  }

  #absent(error: unknown): Fault {
    if (isSystemError(error, 'EACCES', 'EPERM')) {
      return new Fault(
        'device-permission',
        `You may not look at ${this.label}: a directory on the way is closed to you; give your user access to it`,
        error
      )
    }
    return new Fault(
      'device-missing',
      `${this.label} is not there: plug it in, or pick a port from \`farport list\`${isBareName(this.label) ? '; a share is named by its address, which stands there too' : ''}`,
      error
    )
  }

  #mayUse(path: string): Promise<boolean> {
    return (this.#places.mayUse ?? mayUse)(path)
  }

  #startWatch(): void {
    if (this.#watch) return
    const watch = watchPorts({ ...this.#places, also: [this.label] })
    this.#watch = watch
    const look = async (): Promise<void> => {
      const usable = await this.#lookAround()
      if (this.#watch !== watch) return
      const before = this.#usable
      this.#usable = usable
      // Before the first try there is nothing that could be tried again.
      if (this.#tried && usable !== undefined && usable !== before) this.#available.fire()
      this.#tried = true
    }
    // One look after the other: an older one that ends later must not have the last word. The first one finds what came
    // between the failed try and the watch.
    let looked = look()
    watch.onChange(() => {
      looked = looked.then(look)
    })
  }

  #endWatch(): void {
    this.#watch?.dispose()
    this.#watch = undefined
  }

  async #lookAround(): Promise<string | undefined> {
    const ports = await listSysfsPorts(this.#places)
    const path = this.#find(await this.#follow(), ports)
    return path === undefined ? undefined : await this.#fingerprint(path)
  }

  /** A text that changes when the node is made anew; undefined while it is closed to us. */
  async #fingerprint(path: string): Promise<string | undefined> {
    return (await this.#mayUse(path)) ? await fingerprint(path) : undefined
  }
}

/** `before`: what to believe while nothing is at the path. */
async function isLink(path: string, before: boolean): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch {
    return before // absent for now: what it was will hold when it is back
  }
}

/** No path and no COM port: people try the name of a share. */
function isBareName(label: string): boolean {
  return !/[/\\]|^COM\d+$/i.test(label)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isBlockDevice()) return 'a disk'
  if (stats.isSocket()) return 'a socket'
  return stats.isFIFO() ? 'a pipe' : 'a file'
}

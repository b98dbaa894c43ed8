/**
 * Where the COM ports of Windows come from: a name as the user typed it, and the device that was found there first. The
 * counterpart of hardware-source.ts, loaded where the system is Windows. Opens the same device again under whatever number it came
 * back; never another one that took its number.
 */
import type { Clock } from '../base/clock.ts'
import { Emitter, type Event } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { PortInfo } from '../contract/state.ts'
import type { PortWatch } from '../os/hotplug.ts'
import { listRegistryPorts } from '../os/win32/registry-ports.ts'
import { RegistryWatch } from '../os/win32/registry-watch.ts'
import type { Registry } from '../os/win32/registry.ts'
import { windowsRegistry } from '../os/win32/registry.ts'
import {
  type DeviceIdentity,
  deviceName,
  findDevice,
  howToBringBack,
  identityOf,
  watchForTwins
} from './device-identity.ts'
import { openHardwareWindows } from './hardware-windows.ts'
import type { HardwareOptions } from './hardware.ts'
import type { OpenHardware } from './hardware-source.ts'
import type { Port, PortSource } from './port.ts'

export interface CommPlaces {
  readonly registry?: Registry
  readonly open?: OpenHardware
  readonly clock?: Clock
}

export class CommSource implements PortSource {
  readonly label: string
  /** As the list has it. */
  readonly #name: string
  readonly #options: HardwareOptions
  readonly #registry: Registry
  readonly #open: OpenHardware
  readonly #clock: Clock | undefined
  readonly #available = new Emitter<void>()
  #identity: DeviceIdentity | undefined
  #watch: PortWatch | undefined
  /** Where our device was at the last look; undefined: not there. */
  #there: string | undefined

  /** `path`: `COM7`, `com10`, `\\.\COM7`, or any other name of a device. */
  constructor(path: string, options: HardwareOptions, places: CommPlaces = {}) {
    this.label = path
    this.#name = listedName(path)
    this.#options = options
    this.#registry = places.registry ?? windowsRegistry()
    this.#open = places.open ?? ((...args) => openHardwareWindows(...args))
    this.#clock = places.clock
  }

  /** Fires when the device is there again, under any number. The registry is watched only while somebody listens. */
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

  /** Rejects with the Fault of openHardwareWindows, or `device-missing` naming the device that is awaited. */
  async open(settings: LineWish, signal: AbortSignal): Promise<Port> {
    this.#there = undefined
    const path = this.#locate()
    // Also when it cannot be opened: that it is there is no news then.
    this.#there = path
    return await this.#open(path, this.#options, settings, signal)
  }

  /** Is it there? Looks without opening, as that changes DTR. Rejects with `device-missing`, or `usage` for what can be no name. */
  check(): Promise<void> {
    try {
      this.#locate()
      return Promise.resolve()
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #locate(): string {
    if (this.#name === '' || this.label.includes('\0'))
      throw new Fault('usage', 'An empty text is no port: name one such as COM5, see `farport list`')
    const ports = listRegistryPorts(this.#registry)
    const found = this.#find(ports)
    if (found !== undefined) return found
    const identity = this.#identity
    if (!identity)
      throw new Fault(
        'device-missing',
        `${this.label} is not there: plug it in, or pick a port from \`farport list\``
      )
    const other = ports.find((port) => port.path === this.#name)
    throw new Fault(
      'device-missing',
      other === undefined
        ? `${this.label} is not there (${identity.name}): ${howToBringBack(identity)}`
        : `${this.label} is another device now (${deviceName(other)}), not ${identity.name}: ${howToBringBack(identity)}, or start again to use the one that is there`
    )
  }

  /** Where our device is now; undefined: not there. Remembers it the first time it is seen. */
  #find(ports: readonly PortInfo[]): string | undefined {
    const here = ports.find((port) => port.path === this.#name)
    if (this.#identity === undefined) {
      this.#identity = here && identityOf(here, ports)
      // A name that no list has (a driver's own) may be there all the same: opening it will tell.
      return here || !/^COM\d+$/.test(this.#name) ? this.#name : undefined
    }
    this.#identity = watchForTwins(this.#identity, ports)
    return findDevice(this.#identity, ports)?.path
  }

  #startWatch(): void {
    if (this.#watch) return
    const watch = new RegistryWatch(this.#registry, this.#clock)
    this.#watch = watch
    watch.onChange(() => {
      const now = this.#find(listRegistryPorts(this.#registry))
      const before = this.#there
      this.#there = now
      if (now !== undefined && now !== before) this.#available.fire()
    })
  }

  #endWatch(): void {
    this.#watch?.dispose()
    this.#watch = undefined
  }
}

/** `\\.\com7`, `com7:` → `COM7`; other names as they are. */
function listedName(path: string): string {
  const [, com] = /^(?:\\\\[.?]\\)?(com\d+):?$/i.exec(path.trim()) ?? []
  return com === undefined ? path.trim() : com.toUpperCase()
}

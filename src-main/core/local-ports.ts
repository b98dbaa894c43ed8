/**
 * The serial ports of this computer as an instance shows them: looked at while somebody watches, when one comes or goes and every few
 * seconds for who has them open. Called by core/instance; opens none.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { PortFinding } from '../contract/findings.ts'
import type { AnnouncedUsb, BridgeState, LocalPortState, PortInfo } from '../contract/state.ts'
import { watchPorts, type PortWatch } from '../os/hotplug.ts'
import { gatherPortsFacts, type PortsFacts } from './doctor-facts.ts'
import { portFindings } from './port-findings.ts'

/** Nobody tells when a program opens a port, or gets the right to, in ms. A look beside 110 processes takes some 40 ms of CPU. */
export const LOOK_MS = 5000

export interface LocalPortsOptions {
  readonly clock: Clock
  /** This system's own when absent. */
  readonly gather?: () => Promise<PortsFacts>
  readonly watch?: () => PortWatch
}

export class LocalPorts implements Disposable {
  readonly #options: LocalPortsOptions
  readonly #changes = new Emitter<void>()
  /** While somebody watches. */
  #watching: Lifetime | undefined
  #looking = false
  #due = false
  #ports: Readonly<Record<string, LocalPortState>> | undefined
  #adapters: readonly PortFinding[] = []
  /** By every name that the port has. */
  #byName: ReadonlyMap<string, LocalPortState> = new Map()
  /** What was seen under the name of a port, also when it is not plugged in any more. */
  readonly #seen = new Map<string, AnnouncedUsb>()
  #shown = ''

  /** `ports`, `adapters` or `complete` are others now. */
  readonly onChange = this.#changes.event

  constructor(options: LocalPortsOptions) {
    this.#options = options
  }

  /** Undefined: nobody watches, or the first look is not done. */
  get ports(): Readonly<Record<string, LocalPortState>> | undefined {
    return this.#ports
  }

  get adapters(): readonly PortFinding[] {
    return this.#adapters
  }

  /** Somebody wants to see them, or nobody any more. Repeated calls are safe. */
  watch(isWatched: boolean): void {
    if (isWatched) this.#begin()
    else this.dispose()
  }

  /** Nobody watches any more. */
  dispose(): void {
    this.#watching?.dispose()
    this.#watching = undefined
    this.#ports = undefined
    this.#byName = new Map()
    this.#shown = ''
  }

  /** With the port and the adapter of each that uses one of this computer. */
  complete(bridges: Readonly<Record<string, BridgeState>>): Readonly<Record<string, BridgeState>> {
    if (!this.#ports) return bridges
    const all = Object.entries(bridges).map(([id, bridge]) => {
      const portId = this.#byName.get(bridge.port)?.id
      const usb = this.#seen.get(bridge.port)
      const known = { ...(portId !== undefined && { portId }), ...(usb && { usb }) }
      return [id, portId === undefined && !usb ? bridge : { ...bridge, ...known }] as const
    })
    return Object.fromEntries(all)
  }

  #begin(): void {
    if (this.#watching) return
    const { clock, watch = watchPorts } = this.#options
    const life = (this.#watching = new Lifetime())
    const hotplug = life.add(watch())
    life.add(hotplug.onChange(() => void this.#look()))
    life.add(clock.every(LOOK_MS, () => void this.#look(), 'idle'))
    void this.#look()
  }

  /** One at a time; what changes during a look is seen by the next one. */
  async #look(): Promise<void> {
    this.#due = true
    if (this.#looking) return
    this.#looking = true
    const { gather = gatherPortsFacts } = this.#options
    while (this.#isDue()) {
      const facts = await gather()
      if (this.#isWatched()) this.#take(facts)
    }
    this.#looking = false
  }

  /** Once for each time that it became due. */
  #isDue(): boolean {
    const isDue = this.#due && this.#isWatched()
    this.#due = false
    return isDue
  }

  /** A call and not the field itself, since it changes during a look. */
  #isWatched(): boolean {
    return this.#watching !== undefined
  }

  #take(facts: PortsFacts): void {
    const { ofPorts, adapters } = portFindings(facts, process.pid)
    const infos = facts.ports.map(({ info }) => info)
    const ports = infos.map((info) => ({
      ...info,
      id: portId(info, infos),
      findings: ofPorts.get(info.path) ?? []
    }))
    const shown = JSON.stringify([ports, adapters])
    if (shown === this.#shown) return
    this.#shown = shown
    this.#ports = Object.fromEntries(ports.map((port) => [port.id, port]))
    this.#adapters = adapters
    this.#byName = new Map(ports.flatMap((port) => namesOf(port).map((name) => [name, port] as const)))
    for (const [name, port] of this.#byName) {
      const usb = usbOf(port)
      if (usb) this.#seen.set(name, usb)
      else this.#seen.delete(name)
    }
    this.#changes.fire()
  }
}

function namesOf({ path, byId, byPath }: PortInfo): string[] {
  return [path, ...byId, ...byPath]
}

/** The adapter's own where no other one here claims the same; else the socket; else the path. */
export function portId(port: PortInfo, all: readonly PortInfo[]): string {
  const own = ownId(port)
  if (own !== undefined && all.filter((each) => ownId(each) === own).length === 1) return own
  const { physicalPath, path } = port
  const isOnlyOne = all.filter((each) => each.physicalPath === physicalPath).length === 1
  return physicalPath !== undefined && isOnlyOne ? physicalPath : path
}

function ownId({ vendorId, productId, serialNumber, interfaceNumber }: PortInfo): string | undefined {
  if (vendorId === undefined || productId === undefined || serialNumber === undefined) return undefined
  return `${vendorId}:${productId}-${serialNumber}-${interfaceNumber ?? 0}`
}

function usbOf(port: PortInfo): AnnouncedUsb | undefined {
  const { vendorId, productId, serialNumber, manufacturer, product, interfaceNumber } = port
  if (vendorId === undefined) return undefined
  return {
    vendorId,
    ...(productId !== undefined && { productId }),
    ...(serialNumber !== undefined && { serialNumber }),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(product !== undefined && { product }),
    ...(interfaceNumber !== undefined && { interfaceNumber })
  }
}

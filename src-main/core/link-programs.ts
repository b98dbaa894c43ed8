/**
 * Which programs of this computer have the virtual ports of links open: asked of the system while an owner watches, and then only when one
 * opens or closes such a port. Called by core/instance; opens none.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { BridgeState, PortUser } from '../contract/state.ts'
import { portUsers } from '../os/proc-users.ts'

type Bridges = Readonly<Record<string, BridgeState>>

/** Between two looks, in ms: a script may open a port a hundred times a second, and a look beside 110 processes takes some 20 ms of CPU. */
export const GAP_MS = 1000

export interface LinkProgramsOptions {
  readonly clock: Clock
  /** As they are now. */
  readonly bridges: () => Bridges
  /** This system's own when absent. */
  readonly users?: typeof portUsers
}

export class LinkPrograms implements Disposable {
  readonly #options: LinkProgramsOptions
  readonly #changes = new Emitter<void>()
  #isWatched = false
  /** Which ports were in use, and by which sessions, at the last look. */
  #looked = ''
  #isDue = false
  #isLooking = false
  #gap: Disposable | undefined
  #programs: ReadonlyMap<string, readonly PortUser[]> = new Map()

  /** `complete` adds something else. */
  readonly onChange = this.#changes.event

  constructor(options: LinkProgramsOptions) {
    this.#options = options
  }

  /** Somebody wants to see them, or nobody any more. Repeated calls are safe. */
  watch(isWatched: boolean): void {
    if (this.#isWatched === isWatched) return
    this.#isWatched = isWatched
    this.#looked = ''
    this.#programs = new Map()
    if (isWatched) this.sync()
    else this.#gap?.dispose()
    this.#gap = undefined
  }

  /** To be called when sessions may have come or gone. Costs nothing while nobody watches. */
  sync(): void {
    if (!this.#isWatched) return
    const signature = JSON.stringify(
      usedLinks(this.#options.bridges()).map(({ id, sessions }) => [id, sessions.map((each) => each.id)])
    )
    if (signature === this.#looked) return
    this.#looked = signature
    this.#isDue = true
    if (!this.#gap) void this.#look()
  }

  /** With the programs of each link whose virtual port is open. */
  complete(bridges: Bridges): Bridges {
    if (this.#programs.size === 0) return bridges
    const known = [...this.#programs].flatMap(([id, programs]): [string, BridgeState][] => {
      const bridge = bridges[id]
      return bridge && bridge.sessions.length > 0 ? [[id, { ...bridge, programs }]] : []
    })
    return { ...bridges, ...Object.fromEntries(known) }
  }

  dispose(): void {
    this.watch(false)
  }

  /** One at a time, and not too often; what changes meanwhile is seen by the next one. */
  async #look(): Promise<void> {
    if (this.#isLooking || !this.#isDue) return
    this.#isLooking = true
    this.#isDue = false
    const { clock, bridges, users = portUsers } = this.#options
    const links = usedLinks(bridges())
    const found = await users(links.flatMap(pathsOf))
    this.#isLooking = false
    if (!this.#isWatched) return
    this.#take(
      links.flatMap((link) => {
        const all = pathsOf(link).flatMap((path) => found.get(path) ?? [])
        const others = all.filter(({ pid }) => pid !== process.pid)
        return others.length > 0 ? [[link.id, others] as const] : []
      })
    )
    this.#gap = clock.after(
      GAP_MS,
      () => {
        this.#gap = undefined
        void this.#look()
      },
      'idle'
    )
  }

  #take(programs: readonly (readonly [string, readonly PortUser[]])[]): void {
    const isSame = JSON.stringify(programs) === JSON.stringify([...this.#programs])
    this.#programs = new Map(programs)
    if (!isSame) this.#changes.fire()
  }
}

/** Those with a virtual port that somebody has open. */
function usedLinks(bridges: Bridges): readonly BridgeState[] {
  return Object.values(bridges).filter(
    (bridge) => bridge.kind === 'link' && bridge.sessions.length > 0 && pathsOf(bridge).length > 0
  )
}

/** Of virtual ports. */
function pathsOf({ addresses }: BridgeState): string[] {
  return addresses
    .map((each) => each.replace(/^(?:pty|usb|auto):/, ''))
    .filter((each) => each.startsWith('/'))
}

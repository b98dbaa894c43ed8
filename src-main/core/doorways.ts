/**
 * The listeners of one share, as they are asked for by and by: one that stays as it was goes on while others come and go around it.
 * One that took any free port has the same again when it is opened anew. Called by share-plan.ts.
 */
import type { CloseReason } from '../contract/close.ts'
import { SHUTDOWN } from '../contract/close.ts'
import type { Endpoint } from '../net/endpoint.ts'
import { formatEndpoint, parseEndpoint } from '../net/endpoint.ts'
import type { SessionIdentity, SessionSource } from '../sessions/session.ts'
import type { Door, Waiting } from './doors.ts'

/** What is asked of the share when one of them ends: see Junction. */
export interface Shutting {
  shut(source: SessionSource, reason: CloseReason, stays?: (who: SessionIdentity) => boolean): Promise<void>
}

export interface DoorwaysOptions {
  readonly doors: readonly Door[]
  /** Rejects with a Fault of kind `config`. */
  readonly open: (door: Door, waiting: Waiting) => Promise<SessionSource>
}

interface Doorway {
  /** As it is asked for. */
  readonly door: Door
  /** Open, or was when the share was last on. */
  source?: SessionSource
  /** Where it was found last; where anybody gets any free port, there again. */
  port: number
}

/** Those who came by a listener that is no more: it was their leave to be here. */
const SWITCHED_OFF: CloseReason = { code: 'ended', message: 'its listener was switched off' }
const OTHER_RULES: CloseReason = { code: 'ended', message: 'its listener has other rules from now on' }

export class Doorways {
  readonly #open: DoorwaysOptions['open']
  #ways: readonly Doorway[]

  constructor({ doors, open }: DoorwaysOptions) {
    this.#open = open
    this.#ways = doors.map((door) => ({ door, port: 0 }))
  }

  /** All of them, in the order asked for; or a Fault, and none is open. What was open before was closed by whoever had it. */
  async open(waiting: Waiting): Promise<SessionSource[]> {
    for (const way of this.#ways) close(way)
    const sources: SessionSource[] = []
    try {
      for (const way of this.#ways) sources.push(await this.#begin(way, waiting))
      return sources
    } catch (error) {
      await Promise.all(sources.map((source) => source.close(SHUTDOWN)))
      for (const way of this.#ways) close(way)
      throw error
    }
  }

  /**
   * Ends those that are not asked for any more as they are, each with those who came by it; of one that is there with other rules,
   * whoever would get in by them in the same way stays. Resolves when their addresses are free. `share`: absent where it is off.
   */
  async shed(doors: readonly Door[], share: Shutting | undefined): Promise<void> {
    const heirs = new Map(pairs(this.#ways, doors).map(([door, way]) => [way, door]))
    const ends = this.#ways.map(async (way) => {
      const { door, source } = way
      const heir = heirs.get(way)
      if (!source || (heir && isSame(door, heir))) return
      close(way)
      await (heir
        ? share?.shut(source, OTHER_RULES, (who) => goesOn(door, heir, who))
        : share?.shut(source, SWITCHED_OFF))
    })
    await Promise.all(ends)
  }

  /**
   * These are asked for from now on; what `shed` left open stays. With a `share`, answers all of them in their order: one that cannot
   * listen waits until it can.
   */
  async amend(doors: readonly Door[], share: Shutting | undefined): Promise<SessionSource[]> {
    await this.shed(doors, share)
    this.#ways = pairs(this.#ways, doors).map(([door, way]) => ({ port: 0, ...way, door }))
    if (!share) return []
    const sources: SessionSource[] = []
    for (const way of this.#ways) sources.push(way.source ?? (await this.#begin(way, 'whatever')))
    return sources
  }

  async #begin(way: Doorway, waiting: Waiting): Promise<SessionSource> {
    const { door, port } = way
    const endpoint: Endpoint = door.endpoint.port === 0 ? { ...door.endpoint, port } : door.endpoint
    return (way.source = await this.#open({ ...door, endpoint }, waiting))
  }
}

/** Each with the one that is there for the same address; of several that take any port, in their order. */
function pairs(ways: readonly Doorway[], doors: readonly Door[]): [Door, Doorway | undefined][] {
  const left = [...ways]
  return doors.map((door) => {
    const key = formatEndpoint(door.endpoint)
    const at = left.findIndex((way) => formatEndpoint(way.door.endpoint) === key)
    return [door, at < 0 ? undefined : left.splice(at, 1)[0]]
  })
}

function close(way: Doorway): void {
  if (way.source) way.port = parseEndpoint(way.source.address, 'listen').port
  delete way.source
}

/** Plain values in the order of `readDoors`. */
function isSame(one: Door, other: Door): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** It would get in as the same. Clients of UDP live on the socket of their listener, and end with it. */
function goesOn(before: Door, { allowList, terms, endpoint }: Door, { address }: SessionIdentity): boolean {
  const { transport, tls } = endpoint
  if (transport === 'udp' || JSON.stringify(before.terms) !== JSON.stringify(terms)) return false
  if (transport === 'unix') return true
  // Its key is enough where nobody said more.
  if (transport !== 'tcp' && !tls?.anyone && !allowList.explicit) return true
  return allowList.allows(address)
}

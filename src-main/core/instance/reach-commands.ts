/**
 * Whether other computers reach this one: a paired one is asked to connect back, and connects back when it is asked. It dials nothing but
 * the address that the asking connection came from, and tells no more of what answers there than whether it was the one who asked: nobody
 * can look around with it.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { DONE } from '../../contract/close.ts'
import { Fault, toFault, type FaultCode } from '../../contract/faults.ts'
import type { Reached } from '../../contract/service-commands.ts'
import { formatAddress } from '../../net/endpoint.ts'
import { dialFarport } from '../../peers/farport-dial.ts'
import type { Handlers, House } from './house.ts'
import type { Peers } from './peers.ts'

export type ReachCommands = Pick<Handlers, 'peer.reach' | 'reach.me'>

/** A firewall that drops what comes answers nothing at all. */
export const REACH_MS = 8000
/** For the answer of a peer that tries that long. */
export const REACH_ANSWER_MS = REACH_MS + 2000

/** Tries for one peer in `TRIES_PERIOD_MS`: a person at the doctor makes no more. */
export const MAX_TRIES = 6
export const TRIES_PERIOD_MS = 60_000

const NOT_REACHED = {
  'peer-refused': 'nothing takes connections there, or a firewall refuses them',
  'peer-timeout': 'no answer: a firewall drops what comes',
  'peer-unreachable': 'a firewall, or a router on the way, lets nothing through',
  'peer-key-changed': 'another computer answers there',
  'peer-protocol': 'something else than a Farport answers there',
  'peer-closed': 'the connection ends there at once'
} as const satisfies Partial<Record<FaultCode, string>>

const CODES = Object.keys(NOT_REACHED) as (keyof typeof NOT_REACHED)[]

/** What another Farport answers is looked at before it is believed. */
const answerSchema = v.object({
  reached: v.boolean(),
  why: v.optional(v.string()),
  at: v.optional(v.string()),
  code: v.optional(v.fallback(v.optional(v.picklist(CODES)), undefined))
})

export type ReachHouse = Pick<House, 'key' | 'trust' | 'clock'> & {
  readonly peers: Pick<Peers, 'ways' | 'listening'>
}

export function reachCommands({ key, trust, peers, clock }: ReachHouse): ReachCommands {
  const tries = new Tries(clock)
  return {
    'peer.reach': async ({ peer }, _who, signal) => {
      const port = portOf(peers.listening)
      if (port === undefined) return { reached: false, why: 'This Farport takes no connections of others.' }
      const { client } = await peers.ways.dialRpc(peer, signal)
      const slow = new Fault('peer-timeout', `${peer} does not answer. Is that computer busy? Try again.`)
      try {
        return await within(clock, REACH_ANSWER_MS, slow, signal, async (each) =>
          answered(await client.call('reach.me', { port }, each))
        )
      } finally {
        client.dispose()
      }
    },
    'reach.me': async ({ port }, who, signal) => {
      // Absent where it came over something that has no address to come back to.
      if (who.type !== 'peer' || who.address === undefined)
        throw new Fault('unsupported', 'There is no address to connect back to: ask over the network.')
      const to = { host: who.address, port }
      const at = formatAddress(to.host, port)
      const end = tries.begin(who.id)
      try {
        const dial = { to, identity: key, trust, wish: { want: 'rpc' }, peerId: who.id } as const
        const slow = new Fault('peer-timeout', `${at} does not answer.`)
        await within(clock, REACH_MS, slow, signal, async (each) =>
          (await dialFarport(dial, { signal: each, clock })).abort(DONE)
        )
        return { reached: true, at }
      } catch (error) {
        signal.throwIfAborted()
        return notReached(at, toFault(error))
      } finally {
        end()
      }
    }
  }
}

/** One at a time for each peer, and not too many in a row. */
class Tries {
  readonly #clock: Clock
  readonly #busy = new Set<string>()
  /** By peer: when they began. */
  readonly #begun = new Map<string, readonly number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Call what it answers when the try is over. Throws `peer-full`. */
  begin(peer: string): () => void {
    const nowMs = this.#clock.nowMs()
    for (const [id, times] of this.#begun) {
      const young = times.filter((each) => nowMs - each < TRIES_PERIOD_MS)
      if (young.length > 0) this.#begun.set(id, young)
      else this.#begun.delete(id)
    }
    const times = this.#begun.get(peer) ?? []
    if (this.#busy.has(peer) || times.length >= MAX_TRIES)
      throw new Fault('peer-full', 'That computer just tried to connect back: ask again in a minute.')
    this.#busy.add(peer)
    this.#begun.set(peer, [...times, nowMs])
    return () => void this.#busy.delete(peer)
  }
}

/** Runs `act` with a signal that is aborted when `signal` is, or with `late` after so long. */
async function within<T>(
  clock: Clock,
  ms: number,
  late: Fault,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const own = new AbortController()
  const timer = clock.after(ms, () => own.abort(late))
  try {
    return await act(AbortSignal.any([signal, own.signal]))
  } finally {
    timer.dispose()
  }
}

function notReached(at: string, { code }: Fault): Reached {
  const known = isKnown(code) ? code : 'peer-unreachable'
  return { reached: false, at, code: known, why: `${at}: ${NOT_REACHED[known]}` }
}

function isKnown(code: FaultCode): code is keyof typeof NOT_REACHED {
  return Object.hasOwn(NOT_REACHED, code)
}

/** Throws `peer-protocol`. */
function answered(told: unknown): Reached {
  const result = v.safeParse(answerSchema, told)
  if (!result.success)
    throw new Fault('peer-protocol', 'That computer answers what this one does not understand: update it.')
  const { reached, why, at, code } = result.output
  return {
    reached,
    ...(why !== undefined && { why }),
    ...(at !== undefined && { at }),
    ...(code !== undefined && { code })
  }
}

/** All addresses have the same. */
function portOf([url]: readonly string[]): number | undefined {
  const digits = /:(\d+)$/.exec(url ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * What the settings say there is to be, as it runs in core: takes the steps from one state of the settings to the next, and shows
 * also what cannot run, or shall not. Called by instance.ts.
 */
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/event.ts'
import type { Fault } from '../../contract/faults.ts'
import type { RotatorEntry } from '../../contract/settings.ts'
import type { BridgeState, RotatorState, StateTree } from '../../contract/state.ts'
import { shownTarget } from '../../ports/program/secrets.ts'
import type { Step } from '../../store/difference.ts'
import type { Placed, Switch } from '../placed.ts'
import { Entry } from './entry.ts'

export interface EntriesOptions {
  /** How one is switched in core; its id and name are its own. */
  readonly place: (entry: Placed) => Switch
  readonly clock: Clock
  /** Wall clock, ms since 1970. */
  readonly wallMs?: () => number
  /** One cannot be on; once per cause. */
  readonly failed: (entry: Placed, fault: Fault) => void
}

interface Held {
  readonly what: Placed
  readonly entry: Entry
}

/** What one that changes, or is switched off, may take to deliver what is under way, in ms. */
const DRAIN_MS = 2000

export class Entries {
  readonly #options: EntriesOptions
  readonly #held = new Map<string, Held>()
  readonly #changes = new Emitter<void>()
  /** What `complete` adds changed. */
  readonly onChange = this.#changes.event

  constructor(options: EntriesOptions) {
    this.#options = options
  }

  /** Takes the steps, each begun when those before it that it may depend on are done. Resolves with the bytes that were lost. */
  async take(steps: readonly Step[]): Promise<number> {
    let lost = 0
    for (const batch of batches(steps)) {
      const ends = await Promise.all(batch.map((step) => this.#take(step)))
      lost += ends.reduce((sum, each) => sum + each, 0)
    }
    return lost
  }

  /** With those that are off, and those that cannot run and why. */
  complete(tree: StateTree): StateTree {
    const bridges: Record<string, BridgeState> = {}
    const rotators: Record<string, RotatorState> = {}
    for (const [id, { what, entry }] of this.#held) {
      if (what.kind === 'rotator') rotators[id] = tree.rotators[id] ?? absentRotator(what.entry, entry)
      else bridges[id] = shown(tree.bridges[id] ?? absentBridge(what), entry)
    }
    return { ...tree, bridges: { ...tree.bridges, ...bridges }, rotators: { ...tree.rotators, ...rotators } }
  }

  async #take(step: Step): Promise<number> {
    switch (step.action) {
      case 'start':
        await this.#start(step)
        return 0
      case 'enable':
        await this.#held.get(step.id)?.entry.enable()
        return 0
      case 'disable':
        return (await this.#held.get(step.id)?.entry.disable(DRAIN_MS)) ?? 0
      case 'stop':
        return this.#stop(step.id)
    }
  }

  async #start(what: Placed): Promise<void> {
    const { place, clock, wallMs = Date.now, failed } = this.#options
    const entry = new Entry({
      switch: place(what),
      clock,
      wallMs,
      changed: () => this.#changes.fire(),
      failed: (fault) => failed(what, fault)
    })
    this.#held.set(what.entry.id, { what, entry })
    this.#changes.fire()
    if (what.entry.enabled) await entry.enable()
  }

  async #stop(id: string): Promise<number> {
    const lost = (await this.#held.get(id)?.entry.close(DRAIN_MS)) ?? 0
    this.#held.delete(id)
    this.#changes.fire()
    return lost
  }
}

/** Those behind each other that do not depend on each other: what happens to things of one kind. */
function batches(steps: readonly Step[]): Step[][] {
  const result: Step[][] = []
  let last: Step | undefined
  for (const step of steps) {
    if (last?.action === step.action && last.kind === step.kind) result.at(-1)?.push(step)
    else result.push([step])
    last = step
  }
  return result
}

function shown(state: BridgeState, { wanted, failure }: Entry): BridgeState {
  return { ...state, enabled: wanted, ...(failure && { state: failure }) }
}

function absentBridge({ kind, entry }: Exclude<Placed, { kind: 'rotator' }>): BridgeState {
  return {
    id: entry.id,
    kind,
    name: entry.name,
    enabled: false,
    port: shownTarget(entry.port.target),
    addresses: [],
    dials: [],
    state: { type: 'idle' },
    sessions: [],
    bytesToDevice: 0,
    bytesFromDevice: 0,
    lostToDevice: 0,
    lostFromDevice: 0
  }
}

function absentRotator({ id, name, shares }: RotatorEntry, { wanted, failure }: Entry): RotatorState {
  return {
    ...{ id, kind: 'rotator', name, enabled: wanted, addresses: [], shares },
    ...(failure && { fault: failure.fault })
  }
}

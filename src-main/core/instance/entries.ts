/**
 * What the settings say there is to be, as it runs in core: takes the steps from one state of the settings to the next, and shows
 * also what cannot run, or shall not. Called by instance.ts.
 */
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/event.ts'
import { REMADE, REMOVED, SHUTDOWN } from '../../contract/close.ts'
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
  readonly failed: (what: Placed, fault: Fault) => void
  /** One is on, now or again. */
  readonly started: (what: Placed) => void
  /** One is not on any more, since the settings say so; `lost`: bytes that were not delivered. */
  readonly stopped: (what: Placed, why: 'removed' | 'changed' | 'disabled', lost: number) => void
  /** One has another name from now on, and goes on. */
  readonly renamed: (what: Placed, name: string) => void
  /** One has other listeners or rules from now on, and goes on. */
  readonly amended: (what: Placed) => void
}

interface Held {
  readonly what: Placed
  readonly entry: Entry
  /** It ends to begin anew: it is there all the while. */
  readonly isRemade?: boolean
}

/** What one that changes, or is switched off, may take to deliver what is under way, in ms. */
const DRAIN_MS = 2000

/** What waits longer for its start (a name server that does not answer) is not waited for by others, in ms. */
const PATIENCE_MS = 3000

/** For what a drain needs beside its own time, in ms. */
const GRACE_MS = 200

export class Entries {
  readonly #options: EntriesOptions
  readonly #held = new Map<string, Held>()
  readonly #changes = new Emitter<void>()
  #closed = false
  /** What `complete` adds changed. */
  readonly onChange = this.#changes.event

  constructor(options: EntriesOptions) {
    this.#options = options
  }

  /** Takes the steps, each begun when those before it that it may depend on are done. Resolves with the bytes that were lost. */
  async take(steps: readonly Step[]): Promise<number> {
    let lost = 0
    for (const batch of batches(steps)) {
      // What is left to do when everything ends is not begun.
      if (this.#closed) break
      lost += total(await Promise.all(batch.map((step) => this.#take(step))))
    }
    return lost
  }

  /**
   * Ends all, also what is being started; nothing begins any more. Resolves with the bytes that were lost; a start that takes longer
   * than `timeoutMs` is not waited for.
   */
  async close(timeoutMs: number): Promise<number> {
    this.#closed = true
    const { clock } = this.#options
    const ends = [...this.#held.values()].map(({ entry }) =>
      within(entry.close(timeoutMs, SHUTDOWN), timeoutMs + GRACE_MS, clock)
    )
    return total(await Promise.all(ends))
  }

  /** What cannot be on is tried now; `id`: that one alone. Whether there is such a one. */
  retry(id?: string): boolean {
    const entries = id === undefined ? [...this.#held.values()] : [this.#held.get(id) ?? []].flat()
    for (const { entry } of entries) entry.retry()
    return entries.length > 0
  }

  /** With those that are off or just made anew, and those that cannot run and why. */
  complete(tree: StateTree): StateTree {
    const bridges: Record<string, BridgeState> = {}
    const rotators: Record<string, RotatorState> = {}
    for (const [id, held] of this.#held) {
      const { what } = held
      if (what.kind === 'rotator') rotators[id] = tree.rotators[id] ?? absentRotator(what.entry, held)
      else bridges[id] = shown(tree.bridges[id] ?? absentBridge(what), held)
    }
    // In the order of the settings, also where one was made anew.
    return {
      ...tree,
      bridges: { ...bridges, ...tree.bridges, ...bridges },
      rotators: { ...rotators, ...tree.rotators, ...rotators }
    }
  }

  async #take(step: Step): Promise<number> {
    switch (step.action) {
      case 'start':
        await this.#start(step)
        return 0
      case 'enable':
        await this.#patiently(this.#held.get(step.id)?.entry.enable())
        return 0
      case 'disable':
        return this.#end(step.id, 'disabled', (entry) => entry.disable(DRAIN_MS))
      case 'rename':
        this.#rename(step)
        return 0
      case 'tune':
        this.#tune(step)
        return 0
      case 'record':
        this.#record(step)
        return 0
      case 'shed':
        await this.#patiently(this.#held.get(step.entry.id)?.entry.shed(step.entry))
        return 0
      case 'amend':
        return this.#amend(step)
      case 'stop':
        return this.#stop(step)
    }
  }

  /** What is made anew keeps its place until then: others in the same steps may take their time to end. */
  async #stop({ id, why }: Extract<Step, { action: 'stop' }>): Promise<number> {
    const held = this.#held.get(id)
    const isRemade = why === 'changed'
    if (held && isRemade) this.#held.set(id, { ...held, isRemade })
    const lost = await this.#end(id, why, (entry) => entry.close(DRAIN_MS, isRemade ? REMADE : REMOVED))
    if (!isRemade) this.#held.delete(id)
    this.#changes.fire()
    return lost
  }

  #rename(what: Extract<Step, { action: 'rename' }>): void {
    const { id, name } = what.entry
    const held = this.#held.get(id)
    if (!held) return
    this.#options.renamed(held.what, name)
    this.#held.set(id, { ...held, what })
    held.entry.rename(name)
    this.#changes.fire()
  }

  #tune(what: Extract<Step, { action: 'tune' }>): void {
    const { id, port } = what.entry
    const held = this.#held.get(id)
    if (!held) return
    this.#held.set(id, { ...held, what })
    held.entry.tune(port.settings)
    this.#changes.fire()
  }

  #record(what: Extract<Step, { action: 'record' }>): void {
    const { id, record = true } = what.entry
    const held = this.#held.get(id)
    if (!held) return
    this.#held.set(id, { ...held, what })
    held.entry.record(record)
    this.#changes.fire()
  }

  /** What cannot follow is made anew, and says why it cannot run. */
  async #amend(what: Extract<Step, { action: 'amend' }>): Promise<number> {
    const { kind, entry } = what
    const held = this.#held.get(entry.id)
    if (!held) return 0
    const { wanted, failure } = held.entry
    try {
      await this.#patiently(held.entry.amend(entry))
    } catch {
      const lost = await this.#stop({ action: 'stop', kind, id: entry.id, why: 'changed' })
      await this.#start({ kind, entry })
      return lost
    }
    this.#held.set(entry.id, { ...held, what: { kind, entry } })
    if (wanted && !failure) this.#options.amended({ kind, entry })
    this.#changes.fire()
    return 0
  }

  #what(id: string, first: Placed): Placed {
    return this.#held.get(id)?.what ?? first
  }

  async #start(first: Placed): Promise<void> {
    const { place, clock, wallMs = Date.now, failed, started } = this.#options
    const { id, enabled } = first.entry
    const entry = new Entry({
      switch: place(first),
      clock,
      wallMs,
      changed: () => this.#changes.fire(),
      started: () => started(this.#what(id, first)),
      failed: (fault) => failed(this.#what(id, first), fault)
    })
    this.#held.set(id, { what: first, entry })
    this.#changes.fire()
    if (enabled) await this.#patiently(entry.enable())
  }

  async #end(
    id: string,
    why: 'removed' | 'changed' | 'disabled',
    end: (entry: Entry) => Promise<number>
  ): Promise<number> {
    const held = this.#held.get(id)
    if (!held) return 0
    const wasWanted = held.entry.wanted
    const lost = await end(held.entry)
    if (wasWanted || why === 'removed') this.#options.stopped(this.#what(id, held.what), why, lost)
    return lost
  }

  #patiently(start = Promise.resolve()): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = this.#options.clock.after(PATIENCE_MS, resolve)
      start.finally(() => patience.dispose()).then(resolve, reject)
    })
  }
}

/** Those behind each other that do not depend on each other: what ends, and what begins, of one kind. */
function batches(steps: readonly Step[]): Step[][] {
  const result: Step[][] = []
  let last: Step | undefined
  for (const step of steps) {
    if (last && begins(last) === begins(step) && last.kind === step.kind) result.at(-1)?.push(step)
    else result.push([step])
    last = step
  }
  return result
}

function begins({ action }: Step): boolean {
  return action === 'start' || action === 'enable' || action === 'amend'
}

/** The bytes that an end tells of; one that hangs has carried none. */
export function within(end: Promise<number>, timeoutMs: number, clock: Clock): Promise<number> {
  return new Promise((resolve) => {
    const patience = clock.after(timeoutMs, () => resolve(0))
    void end.then((lost) => {
      patience.dispose()
      resolve(lost)
    })
  })
}

function total(lost: readonly number[]): number {
  return lost.reduce((sum, each) => sum + each, 0)
}

function isOn({ what, entry, isRemade = false }: Held): boolean {
  return isRemade ? what.entry.enabled : entry.wanted
}

function shown(state: BridgeState, held: Held): BridgeState {
  const { failure } = held.entry
  return { ...state, enabled: isOn(held), ...(failure && { state: failure }) }
}

function absentBridge({ kind, entry }: Exclude<Placed, { kind: 'rotator' }>): BridgeState {
  return {
    id: entry.id,
    kind,
    name: entry.name,
    enabled: false,
    port: shownTarget(entry.port.target),
    own: entry.port.settings,
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

function absentRotator({ id, name, shares }: RotatorEntry, held: Held): RotatorState {
  const { failure } = held.entry
  return {
    ...{ id, kind: 'rotator', name, enabled: isOn(held), addresses: [], shares },
    ...(failure && { fault: failure.fault })
  }
}

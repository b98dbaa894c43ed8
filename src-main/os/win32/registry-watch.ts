import { type Clock, systemClock } from '../../base/clock.ts'
import { type Disposable, Emitter } from '../../base/event.ts'
import type { PortWatch } from '../hotplug.ts'
import type { Registry } from './registry.ts'
import { presentNames } from './registry-ports.ts'

/**
 * A look takes some 50 µs. Not by RegNotifyChangeKeyValue: the key is not there before the computer's first port, nor after its last
 * one on some drivers.
 */
const LOOK_MS = 400

/** Tells that COM ports came or went, by looking at the list of those that are there. Keeps no process alive. */
export class RegistryWatch implements PortWatch {
  readonly mode = 'polling'
  readonly #registry: Registry
  readonly #changed = new Emitter<void>()
  readonly #timer: Disposable
  /** The first look is told too: what changed before it would be told by nobody. */
  #before: string | undefined

  readonly onChange = this.#changed.event

  constructor(registry: Registry, clock: Clock = systemClock) {
    this.#registry = registry
    this.#timer = clock.every(LOOK_MS, () => this.#look(), 'idle')
  }

  dispose(): void {
    this.#timer.dispose()
    this.#changed.dispose()
  }

  #look(): void {
    const now = presentNames(this.#registry).join(' ')
    if (now === this.#before) return
    this.#before = now
    this.#changed.fire()
  }
}

/** A replay, and how it goes on. Made by the replay dialog. */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { ReplayItem, ReplaySpec } from '../../../src-main/contract/recording.ts'
import type { Core } from '../../core.svelte.ts'

export type ReplayState =
  | { readonly type: 'idle' }
  | { readonly type: 'starting' }
  | { readonly type: 'waiting'; readonly for: 'port' | 'control'; readonly bytes: number }
  | { readonly type: 'sending'; readonly bytes: number }
  | { readonly type: 'done'; readonly bytes: number; readonly lost: number }
  | { readonly type: 'canceled'; readonly bytes: number }
  | { readonly type: 'failed'; readonly message: string; readonly bytes: number }

export class ReplayRun implements Disposable {
  readonly #core: Pick<Core, 'subscribe'>
  #running: Disposable | undefined
  #bytes = 0
  state = $state.raw<ReplayState>({ type: 'idle' })

  constructor(core: Pick<Core, 'subscribe'>) {
    this.#core = core
  }

  get isRunning(): boolean {
    return ['starting', 'waiting', 'sending'].includes(this.state.type)
  }

  start(spec: ReplaySpec): void {
    if (this.isRunning) return
    this.#bytes = 0
    this.state = { type: 'starting' }
    this.#running = this.#core.subscribe(
      'replay',
      spec,
      (item) => this.#take(item),
      (fault) => this.#ended(fault)
    )
  }

  /** What is on its way to the device may still arrive there. */
  cancel(): void {
    if (!this.isRunning) return
    this.#running?.dispose()
    this.#running = undefined
    this.state = { type: 'canceled', bytes: this.#bytes }
  }

  dispose(): void {
    this.#running?.dispose()
    this.#running = undefined
  }

  #take(item: ReplayItem): void {
    if (!this.isRunning) return
    switch (item.type) {
      case 'joined':
        return
      case 'waiting':
        this.state = { type: 'waiting', for: item.for, bytes: this.#bytes }
        return
      case 'progress':
        this.#bytes = item.bytes
        this.state = { type: 'sending', bytes: item.bytes }
        return
      case 'done':
        this.#bytes = item.bytes
        this.state = { type: 'done', bytes: item.bytes, lost: item.lost }
    }
  }

  #ended(fault: Fault | undefined): void {
    this.#running = undefined
    if (!this.isRunning) return
    this.state = { type: 'failed', message: fault?.message ?? '', bytes: this.#bytes }
  }
}

/** Tells when one of some files may have changed, once it is quiet again: editors write in several steps. */
import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'

/** So long after the last step of a change, in ms. */
export const QUIET_MS = 200

export interface FolderWatchOptions {
  readonly clock: Clock
  readonly onChange: () => void
  /** The system does not watch (too many watches, a folder that is not there): changes go unnoticed from now on. */
  readonly onFailure: (error: unknown) => void
}

export class FolderWatch implements Disposable {
  readonly #options: FolderWatchOptions
  #watchers: FSWatcher[] = []
  #pending: Disposable | undefined
  #disposed = false

  constructor(options: FolderWatchOptions) {
    this.#options = options
  }

  /** Watches these files, and no others; again, where their folders were made anew. Their folders, rather: a file that is replaced is another one. */
  watch(paths: readonly string[]): void {
    this.#stop()
    if (this.#disposed) return
    for (const path of new Set(paths)) {
      try {
        const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
          if (name === null || name === basename(path)) this.#later()
        })
        watcher.on('error', this.#failed)
        this.#watchers.push(watcher)
      } catch (error) {
        this.#failed(error)
        return
      }
    }
  }

  dispose(): void {
    this.#disposed = true
    this.#stop()
    this.#pending?.dispose()
    this.#pending = undefined
  }

  #later(): void {
    this.#pending?.dispose()
    this.#pending = this.#options.clock.after(
      QUIET_MS,
      () => {
        this.#pending = undefined
        this.#options.onChange()
      },
      'idle'
    )
  }

  #stop(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
  }

  readonly #failed = (error: unknown): void => {
    this.#stop()
    this.#options.onFailure(error)
  }
}

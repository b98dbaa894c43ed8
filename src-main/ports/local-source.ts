/**
 * A port of this computer by its path: the one place where ports choose by the system. Called by core. Loads nothing of another
 * system, and what opens a device only when it is wanted.
 */
import type { Event } from '../base/event.ts'
import type { LineWish } from '../contract/line.ts'
import type { CommSource } from './comm-source.ts'
import type { HardwareOptions } from './hardware.ts'
import { HardwareSource, type OpenHardware } from './hardware-source.ts'
import type { Port, PortSource } from './port.ts'

export interface LocalSource extends PortSource {
  readonly onAvailable: Event<void>
  /** Could it be opened? Rejects with a Fault; never opens it. */
  check(): Promise<void>
}

const openHardware: OpenHardware = async (...args) => (await import('./hardware.ts')).openHardware(...args)

/** `platform`: as Node names it. */
export function localSource(
  path: string,
  options: HardwareOptions,
  platform: NodeJS.Platform = process.platform
): LocalSource {
  if (platform === 'win32') return new WindowsSource(path, options)
  return new HardwareSource(path, options, openHardware)
}

/** Loads what opening a port takes. */
export function loadLocalPorts(platform: NodeJS.Platform = process.platform): Promise<unknown> {
  return platform === 'win32' ? import('./comm-source.ts') : import('./hardware.ts')
}

/** A CommSource that is loaded at its first use. */
class WindowsSource implements LocalSource {
  readonly label: string
  readonly #options: HardwareOptions
  #loaded: Promise<CommSource> | undefined

  constructor(path: string, options: HardwareOptions) {
    this.label = path
    this.#options = options
  }

  readonly onAvailable: Event<void> = (listener) => {
    let inner: { dispose(): void } | undefined
    let ended = false
    void this.#source().then((source) => {
      if (!ended) inner = source.onAvailable(listener)
    })
    return {
      dispose: () => {
        ended = true
        inner?.dispose()
      }
    }
  }

  async open(settings: LineWish, signal: AbortSignal): Promise<Port> {
    return await (await this.#source()).open(settings, signal)
  }

  async check(): Promise<void> {
    await (await this.#source()).check()
  }

  #source(): Promise<CommSource> {
    this.#loaded ??= import('./comm-source.ts').then(
      ({ CommSource }) => new CommSource(this.label, this.#options)
    )
    return this.#loaded
  }
}

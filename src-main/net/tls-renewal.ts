/**
 * Who a TLS listener is, and its authorities, as the files that its URL names have them by now: certificates are renewed every few weeks
 * (Let's Encrypt), and nobody shall have to begin a share anew for that. Asked with each newcomer; a file that cannot be used changes
 * nothing, and is told of. Owns nothing that has to be closed.
 */
import { stat } from 'node:fs/promises'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import { toFault } from '../contract/faults.ts'
import type { ListenOptions } from './carrier.ts'
import type { Endpoint } from './endpoint.ts'
import { keysOf } from './foreign-tls.ts'
import type { TlsIdentity } from './tls-identity.ts'

type Keys = Awaited<ReturnType<typeof keysOf>>

/** Newcomers within this time are served with what the first of them found. */
export const LOOK_AGAIN_MS = 1000

export class RenewedKeys {
  readonly #endpoint: Endpoint
  readonly #installation: () => Promise<TlsIdentity>
  readonly #options: Pick<ListenOptions, 'clock' | 'warn'>
  readonly #files: readonly string[]
  readonly #renewed = new Emitter<void>()
  /** `current` is another one. A listener that throws did not take it: then the ones before stay. */
  readonly onRenewed = this.#renewed.event
  #current: Keys
  #stamp: string
  #lookedMs: number
  #looking: Promise<void> | undefined
  /** What was told of last, so that it is told once. */
  #told = ''

  private constructor(
    endpoint: Endpoint,
    installation: () => Promise<TlsIdentity>,
    options: Pick<ListenOptions, 'clock' | 'warn'>,
    first: { readonly keys: Keys; readonly stamp: string }
  ) {
    this.#endpoint = endpoint
    this.#installation = installation
    this.#options = options
    this.#files = filesOf(endpoint)
    this.#current = first.keys
    this.#stamp = first.stamp
    this.#lookedMs = this.#nowMs()
  }

  /** Rejects as `keysOf`. */
  static async open(
    endpoint: Endpoint,
    installation: () => Promise<TlsIdentity>,
    options: Pick<ListenOptions, 'clock' | 'warn'>
  ): Promise<RenewedKeys> {
    // Before they are read: what changes meanwhile is noticed.
    const stamp = await stampOf(filesOf(endpoint))
    const keys = await keysOf(endpoint, installation)
    return new RenewedKeys(endpoint, installation, options, { keys, stamp })
  }

  get current(): Keys {
    return this.#current
  }

  /** Undefined: they are as they were. Else resolves when they are looked at; never rejects. */
  look(): Promise<void> | undefined {
    if (this.#looking || this.#files.length === 0) return this.#looking
    if (this.#nowMs() - this.#lookedMs < LOOK_AGAIN_MS) return undefined
    this.#lookedMs = this.#nowMs()
    this.#looking = this.#look().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#files)
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    const before = this.#current
    try {
      this.#current = await keysOf(this.#endpoint, this.#installation)
      this.#renewed.fire()
      this.#told = ''
    } catch (error) {
      this.#current = before
      this.#tell(`${toFault(error).message} What was read before stays in use.`)
    }
  }

  #tell(text: string): void {
    if (text === this.#told) return
    this.#told = text
    this.#options.warn?.(text)
  }

  #nowMs(): number {
    return (this.#options.clock ?? systemClock).nowMs()
  }
}

function filesOf({ tls: { ca, cert, key } = {} }: Endpoint): string[] {
  return [ca, cert, key].filter((each) => each !== undefined)
}

/** What tells one state of some files from another. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
      return [dev, ino, size, mtimeNs, ctimeNs].join(':')
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : ''
    }
  })
  return (await Promise.all(stamps)).join(' ')
}

import type { Event } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { Connection } from '../net/connection.ts'
import type { DialOptions } from '../net/carrier.ts'
import { dial } from '../net/dial.ts'
import type { Endpoint } from '../net/endpoint.ts'
import type { Port, PortSource } from '../ports/port.ts'
import { RemotePortSource } from '../ports/remote-source.ts'
import type { Context } from './context.ts'
import { parseMdnsUrl } from './mdns-url.ts'

/** For each address but the last, in ms. */
const NEXT_ADDRESS_MS = 3000

/**
 * A port by the name that it announces itself under: each `open` looks anew where it is, and speaks what it says that it speaks there.
 * Throws `bad-url`.
 */
export class AnnouncedSource implements PortSource {
  readonly label: string
  readonly onAvailable?: Event<void>
  readonly #name: string
  readonly #context: Context
  readonly #warn: (text: string) => void

  constructor(target: string, context: Context, warn: (text: string) => void) {
    this.label = target
    this.#name = parseMdnsUrl(target)
    this.#context = context
    this.#warn = warn
    const onArrival = context.announced?.onArrival?.(this.#name)
    if (onArrival) this.onAvailable = onArrival
  }

  async open(settings: LineWish, signal: AbortSignal): Promise<Port> {
    const { announced, tls } = this.#context
    if (!announced)
      throw new Fault(
        'unsupported',
        `${this.label} is a name in the network, and nobody listens for names here. Use the port's address.`
      )
    const endpoints = await announced.find(this.#name, signal)
    const warn = this.#warn
    const source = new RemotePortSource({
      label: this.label,
      dial: (dialling) => dialAny(endpoints, { signal: dialling, warn, tls: tls && (() => tls.dialling()) }),
      mode: endpoints[0]?.protocol ?? 'raw'
    })
    source.onWarning(warn)
    return source.open(settings, signal)
  }
}

/** The first that answers; an announced address need not be one that it listens at. Rejects with what the first one met with. */
async function dialAny(endpoints: readonly Endpoint[], options: DialOptions): Promise<Connection> {
  let first: unknown
  for (const [index, endpoint] of endpoints.entries())
    try {
      const isLast = index === endpoints.length - 1
      return await dial(endpoint, { ...options, ...(!isLast && { timeoutMs: NEXT_ADDRESS_MS }) })
    } catch (error) {
      options.signal?.throwIfAborted()
      first ??= error
    }
  throw first
}

import type { Event } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import { dial } from '../net/dial.ts'
import type { Port, PortSource } from '../ports/port.ts'
import { RemotePortSource } from '../ports/remote-source.ts'
import type { Context } from './context.ts'
import { parseMdnsUrl } from './mdns-url.ts'

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
    const endpoint = await announced.find(this.#name, signal)
    const warn = this.#warn
    const source = new RemotePortSource({
      label: this.label,
      dial: (dialling) => dial(endpoint, { signal: dialling, warn, tls: tls && (() => tls.dialling()) }),
      mode: endpoint.protocol
    })
    source.onWarning(warn)
    return source.open(settings, signal)
  }
}

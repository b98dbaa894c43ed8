/**
 * By which names the page may be asked for: a list of exact ones. A page of somebody else's, whose name was made to lead here (DNS
 * rebinding), is asked for by another one. Called by page-server.ts for each request.
 */
import type { X509Certificate } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { isLoopback } from '../../net/allow-list.ts'

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

export interface HostNamesOptions {
  /** As it was asked for: an address, a name, or what stands for all addresses. */
  readonly host: string
  /** What is bound. */
  readonly address: string
  readonly port: number
  readonly isTls: boolean
  /** Says by which names it may be asked for as well. */
  readonly certificate?: X509Certificate
  /** Addresses of this computer now; for tests. */
  readonly addresses?: () => string[]
}

export class HostNames {
  readonly #options: HostNamesOptions
  readonly #fixed: ReadonlySet<string>

  constructor(options: HostNamesOptions) {
    this.#options = options
    this.#fixed = new Set(this.#always().map((each) => each.toLowerCase()))
  }

  /** Whether a Host header names this page. */
  has(header: string): boolean {
    const asked = header.toLowerCase()
    const bare = this.#withoutPort(asked)
    if (bare === undefined) return false
    if (this.#fixed.has(bare)) return true
    // Addresses come and go: they are looked up for whoever asks by one.
    return this.#isEverywhere && this.#addresses().some((each) => bracketed(each) === bare)
  }

  /** `http` or `https`, the name that people should use, and the port where that is not the usual one. */
  get origin(): string {
    return `${this.scheme}://${this.#best}${this.#shownPort}`
  }

  get scheme(): string {
    return this.#options.isTls ? 'https' : 'http'
  }

  get #isEverywhere(): boolean {
    return EVERYWHERE.has(this.#options.address)
  }

  get #shownPort(): string {
    const { port, isTls } = this.#options
    return port === (isTls ? 443 : 80) ? '' : `:${port}`
  }

  #withoutPort(header: string): string | undefined {
    const port = this.#shownPort
    if (port === '') return /:\d+$/.test(header) ? undefined : header
    return header.endsWith(port) ? header.slice(0, -port.length) : undefined
  }

  get #best(): string {
    const { host, certificate } = this.#options
    if (isLoopback(host)) return bracketed(host)
    const [named] = certificate ? namesIn(certificate).filter((each) => !each.includes(':')) : []
    if (named !== undefined) return named
    if (!this.#isEverywhere) return bracketed(host)
    const all = this.#addresses().filter((each) => !isLoopback(each) && !each.startsWith('fe80:'))
    const best = all.find((each) => !isIPv6(each)) ?? all[0]
    return best === undefined ? 'localhost' : bracketed(best)
  }

  #always(): string[] {
    const { host, address, certificate } = this.#options
    const asked = this.#isEverywhere ? [] : [bracketed(host), bracketed(address)]
    if (isLoopback(address)) return [...asked, 'localhost']
    const own = hostname()
    const named = certificate ? namesIn(certificate) : []
    return [...asked, ...named, own, ...(own.includes('.') ? [] : [`${own}.local`]), 'localhost']
  }

  #addresses(): string[] {
    const { addresses = interfaceAddresses } = this.#options
    return addresses()
  }
}

/** Of its subject's other names: names without a star, and addresses. */
function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )(DNS|IP Address):([^,"]+)/g)].flatMap(([, kind, name = '']) =>
    name.includes('*') ? [] : [kind === 'DNS' ? name : bracketed(name)]
  )
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
}

/** As it stands in a URL. */
function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

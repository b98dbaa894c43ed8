/**
 * Reads ser2net.conf (3.x, which ser2net 4 reads as well) line by line:
 *
 *     PORT:STATE:TIMEOUT:DEVICE:OPTIONS                     7000:telnet:600:/dev/ttyS0:9600 8DATABITS NONE 1STOPBIT remctl hello
 *     BANNER:NAME:TEXT  SIGNATURE:  OPENSTR:  CLOSESTR:  CLOSEON:  TRACEFILE:NAME:FILE  DEVICE:NAME:PATH
 *     ROTATOR:PORT:PORTS  DEFAULT:NAME:VALUE[:CLASS]  DELDEFAULT:NAME:CLASS  CONTROLPORT:  LED:  RS485CONF:NAME:…
 *
 * Called by read-ser2net.ts; hands everything to the collector. A name holds for the lines below it.
 */
import { readAddresses, isOpenTo, urlOf, type NetworkAddress } from './addresses.ts'
import { schemeOf, type Accepter } from './accepter.ts'
import type { Collector } from './collector.ts'
import { confLines, cutAtColon, readConfPort, type ConfPort } from './conf-lines.ts'
import { takeConfOptions, TEXT_KINDS, type ConfNames, type TextKind } from './conf-options.ts'
import { takeDefaults } from './connection.ts'
import { devicePath, ipmiReason, serialFrom } from './connector.ts'
import { Defaults } from './defaults.ts'
import { Draft } from './draft.ts'
import { NotImportable, type Place } from './found.ts'
import { named } from './shares-of.ts'
import { words } from './stack.ts'
import { readBoolean, readTimeout } from './words-of.ts'

/** How long a text or a line that goes on may be. */
const MAX_TEXT_LENGTH = 65_536

interface Rotator {
  readonly place: Place
  readonly text: string
  readonly port: string
  readonly members: readonly string[]
}

export class ConfReader {
  readonly #collector: Collector
  readonly #defaults = new Defaults()
  readonly #names: ConfNames = { texts: new Map(), files: new Map(), rs485: new Map() }
  readonly #devices = new Map<string, string>()
  /** By the port as the file has it: what became of it. */
  readonly #ports = new Map<string, { name: string; protocol: Protocol }>()
  readonly #rotators: Rotator[] = []
  /** Names of lines that come to nothing too: a line has the same name whatever becomes of the others, now or when it is read again. */
  readonly #taken = new Set<string>()
  /** The last number behind each name. */
  readonly #numbers = new Map<string, number>()

  constructor(collector: Collector) {
    this.#collector = collector
  }

  read(text: string, file: string): void {
    for (const { line, text: each } of confLines(text)) {
      const place = { file, line }
      this.#attempt(place, each, () => {
        if (each.length > MAX_TEXT_LENGTH) throw new NotImportable('the line is too long')
        this.#line(each, place)
      })
    }
    // A rotator may stand before its ports.
    for (const rotator of this.#rotators)
      this.#attempt(rotator.place, rotator.text, () => this.#rotator(rotator))
  }

  #attempt(place: Place, text: string, step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof NotImportable)) throw error
      this.#collector.remark(place, text, error.message)
    }
  }

  #line(text: string, place: Place): void {
    const [word, rest = ''] = cutAtColon(text)
    const [name, value] = cutAtColon(rest)
    const kind = TEXT_KINDS.find((each) => each === word)
    if (kind) {
      this.#text(kind, name, value)
      return
    }
    switch (word) {
      case 'TRACEFILE':
        if (name === '' || value === undefined || value === '')
          throw new NotImportable('it needs a name and a file')
        this.#names.files.set(name, value)
        return
      case 'DEVICE':
        if (name === '' || value === undefined || value === '')
          throw new NotImportable('it needs a name and a device')
        this.#devices.set(name, value)
        return
      case 'RS485CONF':
        if (name === '' || value === undefined) throw new NotImportable('it needs a name and values')
        this.#names.rs485.set(name, value)
        return
      case 'ROTATOR':
        this.#rotators.push({ place, text, port: name.trim(), members: words(value ?? '', /\s/) })
        return
      case 'DEFAULT':
      case 'DELDEFAULT':
        this.#default(word, name, value)
        return
      case 'CONTROLPORT':
        throw new NotImportable(
          'Farport has no control port: farport list, disable, disconnect act on the running one'
        )
      case 'LED':
        throw new NotImportable('Farport drives no LEDs')
      default:
        this.#port(text, place)
    }
  }

  #text(kind: TextKind, name: string, value = ''): void {
    if (name === '') throw new NotImportable('it has no name')
    this.#names.texts.set(name, { kind, text: value })
  }

  #default(word: 'DEFAULT' | 'DELDEFAULT', name: string, rest = ''): void {
    const [value, kind] = cutAtColon(rest)
    if (name === '') throw new NotImportable('it has no name')
    if (word === 'DEFAULT') this.#defaults.set(name, value, kind)
    else this.#defaults.delete(name, rest.trim())
  }

  #port(text: string, place: Place): void {
    const line = readConfPort(text)
    if (!line)
      throw new NotImportable('it is no line of ser2net: PORT:raw|rawlp|telnet|off:TIMEOUT:DEVICE:OPTIONS')
    if (line.timeout === '' || line.device === '') throw new NotImportable('it names no device')
    const device = this.#devices.get(line.device) ?? line.device
    if (/^sol\./i.test(device)) throw new NotImportable(ipmiReason(device.slice('sol.'.length)))
    const name = this.#nameFor(line, device)
    this.#taken.add(name)
    const draft = new Draft(place, name, text)
    takeDefaults(draft, this.#defaults)
    draft.timeoutSeconds = readTimeout(line.timeout)
    draft.enabled = line.state !== 'off'
    draft.target = devicePath(device)
    draft.serial = serialFrom(this.#defaults)
    if (line.state === 'rawlp') draft.serial.writeOnly = true
    const remote = takeConfOptions(draft, line.options, this.#names, this.#defaults)
    this.#sayName(draft, line.device)
    const protocol = protocolOf(line, remote ?? readBoolean(this.#defaults.get('rfc2217', 'telnet') ?? 'no'))
    if (line.state === 'off')
      draft.note('off', `it is imported switched off, as ${protocol}; farport enable switches it on`)
    else if (remote === true && protocol !== 'rfc2217')
      draft.note('remctl', 'it means nothing without telnet, in ser2net as well')
    const { urls, isOpen } = listening(line.port, protocol)
    draft.listen = [...urls]
    draft.isOpen = isOpen
    this.#collector.add(draft)
    if (this.#collector.hasName(draft.name)) this.#ports.set(line.port, { name: draft.name, protocol })
  }

  /** ser2net calls it by its port alone; people by its device. */
  #nameFor({ port, device }: ConfPort, path: string): string {
    const name = this.#devices.has(device) ? device : path.slice(path.lastIndexOf('/') + 1)
    const free = (wish: string): boolean => !this.#taken.has(wish)
    if (free(name)) return name
    const second = `${name}-${port.slice(port.lastIndexOf(',') + 1)}`
    const from = (this.#numbers.get(second) ?? 0) + 1
    for (let number = from; ; number++) {
      this.#numbers.set(second, number)
      const candidate = number === 1 ? second : `${second} (${number})`
      if (free(candidate)) return candidate
    }
  }

  /** In 3.x `\o` is the device as the line has it; the name of the share may be another one. */
  #sayName(draft: Draft, device: string): void {
    if (device === draft.name) return
    for (const each of ['banner', 'closeOn', 'openString', 'closeString'] as const)
      draft[each] = saying(draft[each], device)
    const last = device.slice(device.lastIndexOf('/') + 1)
    for (const trace of Object.values(draft.traces))
      if (trace.file !== undefined) trace.file = saying(trace.file, last) ?? trace.file
  }

  #rotator({ place, text, port, members }: Rotator): void {
    if (members.length === 0) throw new NotImportable('it names no ports')
    const found = members.map((each) => this.#ports.get(each))
    const protocol = found.find((each) => each !== undefined)?.protocol ?? 'raw'
    const accepter: Accepter = { ...listening(port, protocol), notes: [] }
    this.#collector.addRotator(text, {
      place,
      name: port,
      accepter,
      members: members.map((each, index) => found[index]?.name ?? each)
    })
  }
}

type Protocol = 'raw' | 'telnet' | 'rfc2217'

function protocolOf({ state }: ConfPort, remote: boolean): Protocol {
  if (state === 'telnet') return remote ? 'rfc2217' : 'telnet'
  return state === 'off' && remote ? 'rfc2217' : 'raw'
}

function listening(port: string, protocol: Protocol): { urls: string[]; isOpen: boolean } {
  const addresses: NetworkAddress[] = readAddresses(port, 'listen')
  return {
    urls: addresses.map((each) => urlOf(schemeOf(protocol, each.carrier), each)),
    isOpen: addresses.some(isOpenTo)
  }
}

function saying(text: string | undefined, device: string): string | undefined {
  return named(text, device)
}

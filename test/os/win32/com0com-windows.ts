/**
 * A Windows with com0com in memory: its registry, and a setupc that changes that as the real one does and answers in its format. Pairs show and hide
 * as their ends are opened.
 */
import type { Com0comRegistry } from '../../../src-main/os/win32/com0com-driver.ts'
import { withComNumber } from '../../../src-main/os/win32/com-numbers.ts'
import { NotElevated } from '../../../src-main/os/win32/elevated.ts'
import {
  formatParameters,
  readPorts,
  SetupcError,
  type PairPort,
  type PortParameters,
  type Setupc
} from '../../../src-main/os/win32/setupc.ts'

const SERVICE = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\com0com'
const PINS: Readonly<Record<string, number>> = { rdtr: 2, rout1: 4, rout2: 8, ropen: 0x80 }

export interface WindowsOptions {
  readonly isInstalled?: boolean
  /** Windows does not start the driver (error 52). */
  readonly isRefused?: boolean
  readonly secureBoot?: boolean
}

export class Com0comWindows {
  readonly #pairs = new Map<number, { near: PortParameters; far: PortParameters }>()
  /** Our ends that somebody has open, by id. */
  readonly #open = new Set<string>()
  #database: Uint8Array = new Uint8Array(32)
  readonly #options: WindowsOptions
  /** COM ports of others. */
  readonly others = ['COM1', 'COM4']
  /** The person at the screen says no. */
  isRefusing = false
  /** Each was one question. */
  readonly asked: string[] = []

  constructor(options: WindowsOptions = {}) {
    this.#options = options
    this.#database = withComNumber(withComNumber(this.#database, 1, true), 5, true)
  }

  readonly registry: Com0comRegistry = {
    text: (key, name) => {
      const value = this.#value(key, name)
      return typeof value === 'string' ? value : undefined
    },
    number: (key, name) => {
      const value = this.#value(key, name)
      return typeof value === 'number' ? value : undefined
    },
    bytes: (_key, name) => (name === 'ComDB' ? this.#database : undefined),
    texts: (key) => (key === 'HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM' ? this.#shown() : [])
  }

  readonly setupc: Setupc = {
    list: () => this.#ask('list', () => readPorts(this.listing())),
    busyNames: () => this.#ask('busynames', () => [...this.others, 'COM5']),
    install: (near, far) =>
      this.#ask(`install ${formatParameters(near)} ${formatParameters(far)}`, () => {
        const number = [0, 1, 2, 3].find((each) => !this.#pairs.has(each))!
        this.#pairs.set(number, { near, far })
        return number
      }),
    change: (ports) =>
      this.#ask(
        `change ${Object.entries(ports)
          .map(([id, parameters]) => `${id} ${formatParameters(parameters)}`)
          .join(' & ')}`,
        () => {
          for (const [id, parameters] of Object.entries(ports)) {
            const number = Number(id.slice(4))
            const pair = this.#pairs.get(number)
            if (!pair) throw new SetupcError('change', 1, '')
            const end = id.startsWith('CNCA') ? 'near' : 'far'
            this.#pairs.set(number, { ...pair, [end]: { ...pair[end], ...parameters } })
          }
        }
      ),
    remove: (number) => this.#ask(`remove ${number}`, () => void this.#pairs.delete(number))
  }

  /** As `setupc list` writes it. */
  listing(): string {
    return this.#ports()
      .map(({ id, parameters }) => `       ${id} ${formatParameters(parameters)}\r\n`)
      .join('')
  }

  /** A pair that somebody made, before. */
  pair(near: PortParameters, far: PortParameters): number {
    const number = this.#pairs.size
    this.#pairs.set(number, { near, far })
    return number
  }

  /** Somebody opens our end of it, or lets go. */
  hold(id: string, isHeld: boolean): void {
    if (isHeld) this.#open.add(id)
    else this.#open.delete(id)
  }

  #ask<T>(what: string, answer: () => T): Promise<T> {
    this.asked.push(what)
    return new Promise((resolve) => {
      if (this.isRefusing) throw new NotElevated('The operation was canceled by the user.')
      resolve(answer())
    })
  }

  #ports(): PairPort[] {
    return [...this.#pairs].flatMap(([number, { near, far }]) => [
      { id: `CNCA${number}`, parameters: near },
      { id: `CNCB${number}`, parameters: far }
    ])
  }

  #shown(): string[] {
    if (this.#options.isRefused) return [...this.others]
    const shown = [...this.#pairs].flatMap(([number, { near, far }]) => {
      const isOpen = this.#open.has(`CNCB${number}`)
      return [
        ...(near.PlugInMode === 'yes' && !isOpen ? [] : [nameOf(`CNCA${number}`, near)]),
        ...(far.ExclusiveMode === 'yes' && isOpen ? [] : [nameOf(`CNCB${number}`, far)])
      ]
    })
    return [...this.others, ...shown]
  }

  #value(key: string, name: string): string | number | undefined {
    const { isInstalled = true, isRefused = false, secureBoot = false } = this.#options
    if (name === 'UEFISecureBootEnabled') return secureBoot ? 1 : 0
    if (!isInstalled) return undefined
    if (key === 'HKLM\\SOFTWARE\\WOW6432Node\\com0com') return 'C:\\Program Files (x86)\\com0com'
    if (name === 'DisplayVersion') return '3.0.0.0'
    if (key.includes('\\Enum\\ROOT\\COM0COM\\')) {
      const at = Number(key.slice(-4))
      return this.#pairs.has(at) ? 'com0com' : undefined
    }
    if (key === `${SERVICE}\\Enum`) return isRefused || this.#pairs.size === 0 ? undefined : this.#pairs.size
    const port = this.#ports().find(({ id }) => key === `${SERVICE}\\Parameters\\${id}`)
    const value = port?.parameters[name]
    if (port && name === 'PortName') return value === undefined || value === '-' ? undefined : value
    if (value === 'yes') return 0xffff_ffff
    return value === undefined ? undefined : PINS[value]
  }
}

function nameOf(id: string, { PortName }: PortParameters): string {
  return PortName === undefined || PortName === '-' ? id : PortName
}

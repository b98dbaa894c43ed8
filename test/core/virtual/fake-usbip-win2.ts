/** A Windows with usbip-win2, as far as Farport sees it: its command, the registry, reg.exe asked for through PowerShell. The adapter is fetched by real TCP. */
import type { RunCommand } from '../../../src-main/os/run-command.ts'
import { takenComNumbers, withComNumber } from '../../../src-main/os/win32/com-numbers.ts'
import type { RegistryView } from '../../../src-main/os/win32/registry-view.ts'
import { systemClock } from '../../../src-main/base/clock.ts'
import type { WindowsParts } from '../../../src-main/core/virtual/usbip-windows.ts'
import { tcpHost, type TcpHost } from '../../sessions/usbip-tcp.ts'

export const COMMAND = 'C:\\Program Files\\USBip\\usbip.exe'
const ARBITER = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\COM Name Arbiter'
const PRESENT = 'HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM'

interface Adapter extends TcpHost {
  readonly hubPort: number
  readonly port: number
  readonly busId: string
  readonly serial: string
}

export class FakeWindows implements RegistryView {
  readonly values = new Map<string, string | Uint8Array>()
  readonly said: string[] = []
  readonly adapters: Adapter[] = []
  /** Of processes that run. */
  readonly alive = new Set([process.pid])
  version = '0.9.7.7'
  isInstalled = true
  hasDriver = true
  /** What the person says who is asked for rights. */
  allows = true
  /** Windows gives adapters a COM port. */
  hasPortDriver = true
  /** What the driver goes on looking for. */
  readonly looksFor = new Set<string>()

  constructor() {
    this.values.set(`${ARBITER}|ComDB`, Uint8Array.of(0b0000_0101, 0))
    this.values.set(`${PRESENT}|\\Device\\Serial0`, 'COM1')
  }

  get parts(): WindowsParts {
    return {
      registry: this,
      run: this.run,
      clock: systemClock,
      environment: { ProgramFiles: 'C:\\Program Files' },
      isAlive: (pid) => this.alive.has(pid)
    }
  }

  text(key: string, name: string): string | undefined {
    const value = this.values.get(`${key}|${name}`)
    return typeof value === 'string' ? value : undefined
  }

  bytes(key: string, name: string): Uint8Array | undefined {
    const value = this.values.get(`${key}|${name}`)
    return typeof value === 'string' ? undefined : value
  }

  /** Nothing that usbip-win2 or a port driver writes is a number. */
  number(): undefined {
    return undefined
  }

  texts(key: string): readonly string[] {
    return [...this.values].flatMap(([place, value]) =>
      place.startsWith(`${key}|`) && typeof value === 'string' ? [value] : []
    )
  }

  get taken(): number[] {
    return [...takenComNumbers(this.bytes(ARBITER, 'ComDB')!)]
  }

  /** An adapter that nobody here has a hand in. */
  leave(hubPort: number, host: string, busId: string): void {
    this.left.push({ hubPort, host, busId })
  }

  readonly left: { hubPort: number; host: string; busId: string }[] = []

  readonly run: RunCommand = async (file, words) => {
    if (file === 'powershell.exe') return this.#elevated(words)
    if (file !== COMMAND || !this.isInstalled)
      throw Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT' })
    this.said.push(words.join(' '))
    if (words[0] === '--version') return ok(`${this.version}\n`)
    if (!this.hasDriver) return failed('VHCI device not found, driver not loaded?')
    if (words[0] === 'port') return ok(this.#list())
    if (words[0] === 'detach') return this.#detach(Number(words[2]))
    const [, port, , , host, , busId = ''] = words
    if (host !== '127.0.0.1') return failed('Host not found')
    if (!words.includes('--stop')) return this.#attach(Number(port), busId)
    this.looksFor.delete(busId)
    return ok('')
  }

  async #attach(port: number, busId: string) {
    const arrival = await tcpHost(port).catch(() => undefined)
    if (!arrival) return failed('No connection could be made because the target machine actively refused it.')
    const device = await arrival.host.plug(busId)
    if (!device) return failed('Device not found by bus id.')
    const hubPort = 1 + Math.max(0, ...this.adapters.map((each) => each.hubPort))
    const serial = await arrival.host.text(3)
    const adapter = { ...arrival, hubPort, port, busId, serial }
    this.adapters.push(adapter)
    if (this.hasPortDriver) this.#givePort(adapter)
    void arrival.over.then(() => {
      if (this.#forget(adapter)) this.looksFor.add(busId)
    })
    return ok(`${hubPort}\n`)
  }

  #givePort({ serial, hubPort }: Adapter): void {
    const key = `HKLM\\SYSTEM\\CurrentControlSet\\Enum\\USB\\VID_16C0&PID_05E1\\${serial}\\Device Parameters|PortName`
    let name = this.values.get(key)
    if (typeof name !== 'string') {
      const database = this.bytes(ARBITER, 'ComDB')!
      let number = 3
      while (takenComNumbers(database).has(number)) number++
      this.values.set(`${ARBITER}|ComDB`, withComNumber(database, number, true))
      this.values.set(key, (name = `COM${number}`))
    }
    this.values.set(`${PRESENT}|\\Device\\USBSER${hubPort}`, name)
  }

  #forget(adapter: Adapter): boolean {
    const index = this.adapters.indexOf(adapter)
    if (index < 0) return false
    this.adapters.splice(index, 1)
    this.values.delete(`${PRESENT}|\\Device\\USBSER${adapter.hubPort}`)
    return true
  }

  #detach(hubPort: number) {
    const left = this.left.findIndex((each) => each.hubPort === hubPort)
    if (left >= 0) this.left.splice(left, 1)
    const adapter = this.adapters.find((each) => each.hubPort === hubPort)
    if (!adapter) return left >= 0 ? ok('') : failed('The device is not connected.')
    this.#forget(adapter)
    adapter.socket.destroy()
    return ok(`port ${hubPort} is succesfully detached\n`)
  }

  #list(): string {
    const all = [...this.left.map((each) => ({ ...each, port: 3240 })), ...this.adapters]
    if (all.length === 0) return ''
    const lines = all.map((each) => {
      const host = 'host' in each && typeof each.host === 'string' ? each.host : '127.0.0.1'
      return [
        `Port ${String(each.hubPort).padStart(2, '0')}: device in use at High Speed(480Mbps)`,
        '         Van Ooijen Technische Informatica : shared ID for CDC-ACM (16c0:05e1)',
        `           -> usbip://${host}:${each.port}/${each.busId}`,
        '           -> remote bus/dev 001/002',
        "           -> serial ''"
      ].join('\r\n')
    })
    return ['Imported USB devices', '====================', ...lines, ''].join('\r\n')
  }

  /** As cmd.exe with reg.exe, of which it is asked two things at the most. */
  #elevated(words: readonly string[]) {
    const script = Buffer.from(words.at(-1) ?? '', 'base64').toString('utf16le')
    if (!this.allows) return { code: 1223, stdout: '', stderr: 'The operation was canceled by the user.\r\n' }
    const line = /-ArgumentList '\/d \/s \/c "(.*)"' -Verb RunAs/.exec(script)?.[1] ?? ''
    for (const command of line.split(' && ')) {
      const [program, verb, key = '', , name, , type, , data = ''] = [
        ...command.matchAll(/"([^"]*)"|(\S+)/g)
      ].map(([, quoted, plain]) => quoted ?? plain)
      if (program !== 'reg.exe' || verb !== 'add') return { code: 1, stdout: '', stderr: '' }
      this.values.set(`${key}|${name}`, type === 'REG_BINARY' ? Buffer.from(data, 'hex') : data)
    }
    return { code: 0, stdout: '', stderr: '' }
  }
}

function ok(stdout: string) {
  return { code: 0, stdout, stderr: '' }
}

function failed(why: string) {
  return { code: 1, stdout: '', stderr: `error: ${why}\r\n` }
}

/**
 * usbip-win2, a USB/IP driver for Windows with a command of its own. Called by core/virtual/usbip-windows.ts, which offers it an adapter at a
 * port of 127.0.0.1. It never installs, updates or removes anything. Written from the project's documentation and what its command
 * prints (0.9.7.7); in tests a command in memory stands for it.
 *
 *     usbip --version                                       0.9.7.7
 *     usbip -t PORT attach -r 127.0.0.1 -b BUSID -t --once  1                      (where it is plugged in)
 *     usbip port                                            Port 01: device in use at … / -> usbip://127.0.0.1:PORT/BUSID
 *     usbip detach -p 1
 *     usbip -t PORT attach -r 127.0.0.1 -b BUSID --stop
 *
 * What is known of it:
 * - Attaching needs no rights: its device may be read and written by everybody.
 * - The driver itself connects, and tries a connection that broke again, for hours, unless told to stop.
 * - 0.9.7.4 is the first that Windows takes without its test mode; `--once` came with 0.9.7.7, and its makers took 0.9.7.6 back.
 */
import { type CommandResult, type RunCommand, runCommand } from './run-command.ts'

export const USBIP_WIN2 = {
  minimum: '0.9.7.7',
  /** Its place in the list of installed programs: Inno Setup's id of it. */
  uninstallKey:
    'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{199505b0-b93d-4521-a8c7-897818e0205a}_is1',
  folder: 'USBip',
  command: 'usbip.exe'
} as const

/** The driver connects, reads the descriptors and plugs it in; a slow Windows takes seconds for that. */
const ATTACH_MS = 60_000

/** An adapter that the driver has, of whoever offered it. */
export interface Attached {
  /** Of its virtual hub, from 1. */
  readonly hubPort: number
  readonly host: string
  readonly port: number
  readonly busId: string
}

/** The command failed. `noDriver`: it is there, and its driver is not: Windows was not restarted, or refuses it. */
export class UsbipWin2Error extends Error {
  readonly noDriver: boolean

  constructor(said: string) {
    super(said === '' ? 'usbip failed and did not say why' : said)
    this.name = 'UsbipWin2Error'
    this.noDriver = /VHCI device not found/i.test(said)
  }
}

/** Each rejects with a UsbipWin2Error, or with what the system says where the command cannot be run. */
export class UsbipWin2 {
  readonly #path: string
  readonly #run: RunCommand

  /** `path`: of `usbip.exe`. */
  constructor(path: string, run: RunCommand = runCommand) {
    this.#path = path
    this.#run = run
  }

  /** `0.9.7.7` */
  async version(): Promise<string> {
    const said = await this.#say('--version')
    const version = /\b\d+(?:\.\d+){1,3}\b/.exec(said)?.[0]
    if (version === undefined) throw new UsbipWin2Error(`usbip --version said ${JSON.stringify(said.trim())}`)
    return version
  }

  /** Fetches an adapter of this computer; answers where it is plugged in. */
  async attach(port: number, busId: string): Promise<number> {
    const said = await this.#say(...at(port), '--bus-id', busId, '--terse', '--once')
    const hubPort = /^\s*(\d+)\s*$/.exec(said)?.[1]
    if (hubPort === undefined) throw new UsbipWin2Error(`usbip attach said ${JSON.stringify(said.trim())}`)
    return Number(hubPort)
  }

  async attached(): Promise<Attached[]> {
    return readAttached(await this.#say('port'))
  }

  async detach(hubPort: number): Promise<void> {
    await this.#say('detach', '--port', String(hubPort))
  }

  /** The driver shall not look for this adapter any more; nothing where it does not. */
  async forget(port: number, busId: string): Promise<void> {
    await this.#say(...at(port), '--bus-id', busId, '--stop')
  }

  async #say(...words: readonly string[]): Promise<string> {
    return said(await this.#run(this.#path, words, { timeoutMs: ATTACH_MS }))
  }
}

function at(port: number): string[] {
  return ['--tcp-port', String(port), 'attach', '--remote', '127.0.0.1']
}

function said({ code, stdout, stderr }: CommandResult): string {
  if (code === 0) return stdout
  // `error: Device not found by bus id.`
  const text = `${stderr}\n${stdout}`.trim().replace(/\s+/g, ' ')
  throw new UsbipWin2Error(text.replace(/^(?:error|critical): /, ''))
}

/** What `usbip port` lists. What is no line of it is left out. */
export function readAttached(text: string): Attached[] {
  const found: Attached[] = []
  let hubPort: number | undefined
  for (const line of text.split(/\r?\n/)) {
    const head = /^Port\s+(\d+):/.exec(line)?.[1]
    if (head !== undefined) hubPort = Number(head)
    const [, host, port, busId] = /->\s+usbip:\/\/(.+):(\d+)\/(\S+)\s*$/.exec(line) ?? []
    if (hubPort === undefined || host === undefined || port === undefined || busId === undefined) continue
    found.push({ hubPort, host, port: Number(port), busId })
    hubPort = undefined
  }
  return found
}

/** `0.9.10` is newer than `0.9.7.7`; what is missing is 0. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((each) => each.split('.').map(Number))
  for (let index = 0; index < 4; index++) {
    const apart = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (apart !== 0) return apart < 0
  }
  return false
}

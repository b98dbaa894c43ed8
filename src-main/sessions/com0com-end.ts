/**
 * Our end of a com0com pair: opened, with the driver telling what the program at the other end does, or without where it cannot. Called by
 * com0com-source.ts. Knows nothing of sessions.
 */
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { WAY_CARRIES, type Carried } from '../contract/virtual.ts'
import type { ModemState } from '../contract/line.ts'
import { InsertReader, type InsertEvent, type OurModem } from '../protocol/com0com-insert.ts'
import {
  COM0COM_IOCTL,
  modemControlInput,
  PROBE,
  PROBE_ANSWER_BYTES,
  queueSizeInput,
  readCapabilities,
  readOverruns,
  STATS_BYTES,
  tellsAll,
  WATCH_ANSWER_BYTES,
  watchInput
} from '../protocol/com0com-ioctl.ts'
import type { CommDevice, CommOptions } from '../os/win32/comm.ts'
import { isWindowsError } from '../os/win32/windows-error.ts'

export type OpenComm = (path: string, options: CommOptions) => Promise<CommDevice>

/**
 * Room for what a program writes at once, in bytes, the first that the system gives: the driver neither waits nor asks where our end is full,
 * since a program must not hang when nobody reads; what has no room is lost, and counted. 4 MiB are six minutes at 115200 Bd.
 */
const QUEUE_BYTES = [4 * 1024 * 1024, 1024 * 1024, 256 * 1024, 64 * 1024] as const

/** What is left where the driver tells nothing: what null-modem wires carry. */
const WITHOUT_INSERTIONS: readonly Carried[] = ['data', 'dtr', 'rts', 'cts', 'dsr']

export class Com0comEnd {
  readonly device: CommDevice
  /** What passes here. */
  readonly carries: readonly Carried[]
  readonly #events = new Emitter<readonly InsertEvent[]>()
  readonly #capabilities: number
  readonly #reader = new InsertReader()
  #first: readonly InsertEvent[]
  #wanted: ModemState | undefined
  #driving = false
  #breaks = Promise.resolve()

  /** What the program does, in order; from `resume` of the device on. */
  readonly onEvents: Event<readonly InsertEvent[]> = this.#events.event

  private constructor(device: CommDevice, capabilities: number, first: readonly InsertEvent[]) {
    this.device = device
    this.#capabilities = capabilities
    this.#first = first
    this.carries = tellsAll(capabilities) ? WAY_CARRIES.com0com : WITHOUT_INSERTIONS
    if (capabilities > 0) device.onData((chunk) => this.#events.fire(this.#reader.receive(chunk)))
    else {
      device.onData((bytes) => this.#events.fire([{ type: 'data', bytes }]))
      device.onModemState((modem) => this.#events.fire([{ type: 'modem', modem: asOurs(modem) }]))
    }
  }

  /** Rejects with a WindowsError: 2 there is no such port, 5 somebody has it. */
  static async open(path: string, open: OpenComm): Promise<Com0comEnd> {
    const device = await open(path, {
      // The driver cuts data to the smaller of both ends' data bits.
      settings: { dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' }
    })
    try {
      await growQueue(device)
      const capabilities = await probe(device)
      const first =
        capabilities > 0 ? await watch(device, capabilities, true) : [modemEvent(asOurs(device.modemState))]
      return new Com0comEnd(device, capabilities, first)
    } catch (error) {
      device.abort({ code: 'error', message: 'it could not be set up' })
      throw error
    }
  }

  /** How everything was when it was opened; once. */
  takeFirst(): readonly InsertEvent[] {
    const first = this.#first
    this.#first = []
    return first
  }

  /** Everything as it is now, where some of what the driver told was lost. */
  async again(): Promise<readonly InsertEvent[]> {
    return this.#capabilities > 0 ? watch(this.device, this.#capabilities, false) : []
  }

  /** Bytes of programs that had no room since it was opened. */
  async overruns(): Promise<number> {
    return readOverruns(await this.device.ioctl(COM0COM_IOCTL.getStats, new Uint8Array(0), STATS_BYTES))
  }

  /** Drives the inputs of the program; the newest state alone where the driver is slower. Rejections are told by the device's end. */
  drive(modem: ModemState): void {
    this.#wanted = modem
    if (this.#driving) return
    this.#driving = true
    void this.#driveAll()
  }

  /** The program sees a break: as long as the driver takes to end it again, as nobody tells how long it was. */
  sendBreak(): void {
    this.#breaks = this.#breaks
      .then(() => this.device.control({ break: true }))
      .then(() => this.device.control({ break: false }))
      .catch(() => undefined)
  }

  async #driveAll(): Promise<void> {
    for (let modem = this.#wanted; modem; modem = this.#wanted) {
      this.#wanted = undefined
      try {
        await this.#driveOnce(modem)
      } catch {
        // The device is gone, and says so itself.
      }
    }
    this.#driving = false
  }

  async #driveOnce(modem: ModemState): Promise<void> {
    if (this.#capabilities > 0)
      await this.device.ioctl(COM0COM_IOCTL.setModemControl, modemControlInput(modem), 0)
    else await this.device.control({ rts: modem.cts !== false, dtr: modem.dsr !== false })
  }
}

/** What the driver can tell; 0: it is none that does. */
async function probe(device: CommDevice): Promise<number> {
  try {
    const answer = await device.ioctl(COM0COM_IOCTL.lsrMstInsert, PROBE, PROBE_ANSWER_BYTES)
    return readCapabilities(answer) ?? 0
  } catch (error) {
    // 87 by most, others of a driver that knows no such request at all. A port that is gone fails at the next step, too.
    if (isWindowsError(error)) return 0
    throw error
  }
}

async function watch(
  device: CommDevice,
  capabilities: number,
  fresh: boolean
): Promise<readonly InsertEvent[]> {
  const answer = await device.ioctl(
    COM0COM_IOCTL.lsrMstInsert,
    watchInput(capabilities, fresh),
    WATCH_ANSWER_BYTES
  )
  const events = new InsertReader().receive(answer)
  // Whether a program is there comes last: a session begins with all of the rest.
  return [...events.filter(({ type }) => type !== 'modem'), ...events.filter(({ type }) => type === 'modem')]
}

async function growQueue(device: CommDevice): Promise<void> {
  for (const bytes of QUEUE_BYTES) {
    try {
      await device.ioctl(COM0COM_IOCTL.setQueueSize, queueSizeInput(bytes), 0)
      return
    } catch (error) {
      if (!isWindowsError(error)) throw error
    }
  }
}

function modemEvent(modem: OurModem): InsertEvent {
  return { type: 'modem', modem }
}

function asOurs({ cts, dsr, ri, dcd }: ModemState): OurModem {
  return { cts: cts === true, dsr: dsr === true, ri: ri === true, dcd: dcd === true }
}

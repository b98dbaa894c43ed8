/**
 * A USB adapter by usbip-win2: offered at a secret door of 127.0.0.1, fetched by the driver, and a COM port by Windows' own driver for such adapters.
 * Windows chooses its number, and gives the same adapter the same one each time; another one is a change of the registry, for which somebody is asked.
 *
 * Everything of Windows is handed in (WindowsParts): written without one, and tested with a usbip-win2 and a registry in memory.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path/win32'
import { type Clock, systemClock } from '../../base/clock.ts'
import { DONE } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import { DEFAULT_SETTINGS } from '../../contract/line.ts'
import { isSystemError } from '../../os/libc.ts'
import { isAlive } from '../../os/process-identity.ts'
import { type RunCommand, runCommand } from '../../os/run-command.ts'
import { isOlder, USBIP_WIN2, UsbipWin2, UsbipWin2Error } from '../../os/usbip-win2.ts'
import { comPortOf, renaming, runRenaming } from '../../os/win32/com-numbers.ts'
import { NotElevated } from '../../os/win32/elevated.ts'
import type { RegistryView } from '../../os/win32/registry-view.ts'
import { SHARED_ACM_ID } from '../../protocol/usb-descriptors.ts'
import { busIdOwner, UsbipDoor } from '../../sessions/usbip-door.ts'
import { UsbipSource } from '../../sessions/usbip-source.ts'
import type { VirtualMaker, VirtualWish } from './maker.ts'
import { type Plugged, RepluggedSource } from './replugged-source.ts'
import { usbTexts } from './usb-texts.ts'
import { type Standing, wayOf } from './usbip-windows-words.ts'

/** The first adapter of its kind on a computer has its driver set up meanwhile. */
const COM_PORT_MS = 30_000
/** The registry tells nobody of a change: it is looked at. */
const LOOK_MS = 100

export interface WindowsParts {
  readonly registry: RegistryView
  readonly run: RunCommand
  readonly clock: Clock
  /** `ProgramFiles` is read of it. */
  readonly environment: NodeJS.ProcessEnv
  /** Whether a process of this computer runs, whoever's it is. */
  readonly isAlive: (pid: number) => boolean
}

/** `parts`: asked for once, when it is looked for something. */
export function usbipOnWindows(parts: () => Promise<WindowsParts>): VirtualMaker {
  let half: Promise<UsbipOnWindows> | undefined
  const made = (): Promise<UsbipOnWindows> => (half ??= parts().then((each) => new UsbipOnWindows(each)))
  return {
    way: 'usbip',
    look: async () => wayOf(await (await made()).standing()),
    make: async (wish) => (await made()).make(wish)
  }
}

/** Of this computer. */
export const usbipWindows = usbipOnWindows(async () => {
  const { windowsRegistryView } = await import('../../os/win32/registry-view.ts')
  return {
    registry: windowsRegistryView(),
    run: runCommand,
    clock: systemClock,
    environment: process.env,
    isAlive: (pid) => isAlive({ pid, started: '' })
  }
})

class UsbipOnWindows {
  readonly #parts: WindowsParts

  constructor(parts: WindowsParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async standing(): Promise<Standing> {
    for (const path of this.#places()) {
      const tool = new UsbipWin2(path, this.#parts.run)
      try {
        const version = await tool.version()
        if (isOlder(version, USBIP_WIN2.minimum)) return { type: 'too-old', version }
        try {
          await tool.attached()
          return { type: 'ready', path, version }
        } catch (error) {
          if (error instanceof UsbipWin2Error && error.noDriver) return { type: 'no-driver', version }
          throw error
        }
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) continue
        return { type: 'broken', said: error instanceof Error ? error.message : String(error) }
      }
    }
    return { type: 'absent' }
  }

  async make(wish: VirtualWish): Promise<RepluggedSource> {
    const standing = await this.standing()
    if (standing.type !== 'ready') {
      const { why, fix = '' } = wayOf(standing)
      throw new Fault('unsupported', `${why} ${fix}`.trim())
    }
    const tool = new UsbipWin2(standing.path, this.#parts.run)
    await this.#tidy(tool)
    const adapter = new Adapter(tool, wish, this.#parts)
    const first = await adapter.plugAs(/^COM\d+$/.test(wish.at) ? wish.at : undefined)
    return new RepluggedSource(first.port, first, () => adapter.plug(), this.#parts.clock)
  }

  #places(): string[] {
    const { registry, environment } = this.#parts
    const installed = registry.text(USBIP_WIN2.uninstallKey, 'InstallLocation')
    const programs = environment.ProgramFiles ?? 'C:\\Program Files'
    const folders = [...(installed ? [installed] : []), join(programs, USBIP_WIN2.folder)]
    return [...new Set(folders.map((folder) => join(folder, USBIP_WIN2.command)))]
  }

  /** Adapters of a Farport that is no more. */
  async #tidy(tool: UsbipWin2): Promise<void> {
    for (const { hubPort, host, busId } of await tool.attached()) {
      const owner = busIdOwner(busId)
      if (owner === undefined || host !== '127.0.0.1' || this.#parts.isAlive(owner)) continue
      // It may go by itself meanwhile: then there is nothing to be done.
      await tool.detach(hubPort).catch(() => undefined)
    }
  }
}

interface PluggedAs extends Plugged {
  /** `COM7` */
  readonly port: string
}

/** One adapter, as often as it is plugged in. */
class Adapter {
  readonly #tool: UsbipWin2
  readonly #wish: VirtualWish
  readonly #parts: WindowsParts
  readonly #serialNumber: string

  constructor(tool: UsbipWin2, wish: VirtualWish, parts: WindowsParts) {
    this.#tool = tool
    this.#wish = wish
    this.#parts = parts
    // Windows takes two adapters with one number for one, and stumbles over the second: each link has its own.
    this.#serialNumber = createHash('sha256')
      .update(`${wish.identity}\n${wish.name}`)
      .digest('hex')
      .slice(0, 16)
      .toUpperCase()
  }

  /** Rejects with a Fault; then nothing is left behind. `port`: asked for, undefined: whatever Windows gives it. */
  async plugAs(port: string | undefined): Promise<PluggedAs> {
    const first = await this.plug()
    if (port === undefined || port === first.port) return first
    try {
      await this.#rename(first.port, port)
    } finally {
      await first.unplug(DONE)
    }
    const second = await this.plug()
    if (second.port === port) return second
    await second.unplug(DONE)
    throw new Fault(
      'device-io',
      `Windows kept ${second.port} for this adapter, though ${port} was written. Use ${second.port}, or change it in the Device Manager under Ports.`
    )
  }

  /** As `plugAs`. */
  async plug(): Promise<PluggedAs> {
    const door = await UsbipDoor.open()
    let source: UsbipSource | undefined
    let ended: (fault: Fault) => void = () => undefined
    const gone = new Promise<Fault>((resolve) => (ended = resolve))
    void door.imported.then((wire) => {
      let cause: Fault | undefined
      wire.onClose(({ message }) => ended(cause ?? this.#unplugged(message)))
      source = new UsbipSource({
        address: this.#wish.name,
        wire,
        busId: door.busId,
        texts: { ...usbTexts(this.#wish), serialNumber: this.#serialNumber },
        settings: { ...DEFAULT_SETTINGS, ...this.#wish.settings }
      })
      source.onFault((fault) => (cause ??= fault))
    })
    let unplugged: Promise<void> | undefined
    const unplug = (): Promise<void> => (unplugged ??= this.#unplug(door, source))
    try {
      await this.#tool.attach(door.port, door.busId)
      if (!source) throw notFetched()
      const port = await this.#comPort(gone)
      return { source, port, gone, unplug }
    } catch (error) {
      await unplug()
      throw asFault(error)
    }
  }

  #unplugged(why: string): Fault {
    return new Fault(
      'device-unplugged',
      `The USB adapter of ${this.#wish.name} was unplugged on this computer (${why}). It is plugged in again by itself.`
    )
  }

  /** First the driver lets go: a connection that ends before, it would try again for hours. */
  async #unplug(door: UsbipDoor, source: UsbipSource | undefined): Promise<void> {
    const { port, busId } = door
    try {
      const own = (await this.#tool.attached()).find((each) => each.busId === busId)
      await (own ? this.#tool.detach(own.hubPort) : this.#tool.forget(port, busId))
    } catch {
      // It is gone with its driver, or goes with the connection.
    }
    await door.close()
    await source?.close(DONE)
  }

  async #comPort(gone: Promise<Fault>): Promise<string> {
    const { clock, registry } = this.#parts
    const identity = { ...SHARED_ACM_ID, serialNumber: this.#serialNumber }
    let fault: Fault | undefined
    void gone.then((each) => (fault = each))
    for (const endMs = clock.nowMs() + COM_PORT_MS; ;) {
      const port = comPortOf(registry, identity)
      if (port !== undefined) return port
      if (fault) throw fault
      if (clock.nowMs() >= endMs) throw noComPort()
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    const { registry, run } = this.#parts
    const plan = renaming(registry, { ...SHARED_ACM_ID, serialNumber: this.#serialNumber }, to)
    if (plan.type === 'taken')
      throw new Fault(
        'path-taken',
        `${plan.why}. Choose another number, or leave it out: Windows gave ${from}.`
      )
    try {
      if (await runRenaming(plan.commands, run)) return
    } catch (error) {
      if (!(error instanceof NotElevated)) throw error
      throw new Fault(
        'needs-rights',
        `Making this port ${to} takes the rights of an administrator, and they were not given (${error.message}). Allow it, or leave the number out: Windows gave ${from}.`,
        error
      )
    }
    throw new Fault(
      'device-io',
      `Windows did not take ${to} for this adapter. Leave the number out: it is ${from}; or change it in the Device Manager under Ports.`
    )
  }
}

function notFetched(): Fault {
  return new Fault(
    'device-io',
    'usbip-win2 says that it has the adapter, and did not fetch it. Restart Windows.'
  )
}

function noComPort(): Fault {
  return new Fault(
    'device-io',
    'Windows made no COM port of the USB adapter. See “Ports” and “Other devices” in the Device Manager for the reason; a restart of Windows may help.'
  )
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const said = error instanceof Error ? error.message : String(error)
  return new Fault(
    'device-io',
    `usbip-win2 did not plug the adapter in: ${said.replace(/\.$/, '')}. A firewall or security program may keep its driver from 127.0.0.1: allow it, or restart Windows.`,
    error
  )
}

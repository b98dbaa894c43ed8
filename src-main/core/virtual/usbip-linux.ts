/**
 * A USB adapter by vhci-hcd: plugged in, found, named. Root hands the kernel one end of a socket pair; everybody else has the helper do it
 * (assets/usb, `farport usb --install`). The other end is the wire of a UsbipSource.
 */
import { systemClock } from '../../base/clock.ts'
import type { CloseReason } from '../../contract/close.ts'
import { DONE } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import { DEFAULT_SETTINGS } from '../../contract/line.ts'
import { WAY_CARRIES, type VirtualWay } from '../../contract/virtual.ts'
import { ttyOfUsbDevice, vhciDevice, vhciPorts } from '../../os/vhci.ts'
import { realPath } from '../../os/sysfs-tree.ts'
import { hasUdevRule, udevName } from '../../os/vhci-names.ts'
import { UsbipSource } from '../../sessions/usbip-source.ts'
import type { VirtualMaker, VirtualWish } from './maker.ts'
import { plugIn, usbRights } from './usb-plug.ts'
import { usbTexts } from './usb-texts.ts'

const ENUMERATED_MS = 8000
const NAMED_MS = 3000
const GONE_MS = 2000
/** sysfs tells nobody of a change: it is looked at. */
const LOOK_MS = 20

export const usbipLinux: VirtualMaker = {
  way: 'usbip',
  look: async (): Promise<VirtualWay> => ({
    way: 'usbip',
    carries: WAY_CARRIES.usbip,
    ...(await usbRights())
  }),
  make
}

async function make(wish: VirtualWish): Promise<UsbipSource> {
  const texts = usbTexts(wish)
  const named = (await hasUdevRule()) ? udevName(texts.name) : undefined
  // One that crashed is on its way out.
  if (named !== undefined && !(await become(async () => (await realPath(named)) === undefined, GONE_MS)))
    throw new Fault(
      'path-taken',
      `${named} is there already, for another link. Choose another name, for example usb:${texts.name}-2.`
    )
  const { port, wire } = await plugIn()
  let ended: CloseReason | undefined
  wire.onClose((reason) => (ended = reason))
  const source = new UsbipSource({
    address: named ?? texts.name,
    wire,
    texts,
    settings: { ...DEFAULT_SETTINGS, ...wish.settings },
    gone: async () => {
      await become(async () => (await portState(port)) !== 'taken', GONE_MS)
    }
  })
  try {
    const tty = await found(port, () => ended)
    const isNamed =
      named !== undefined && (await become(async () => (await realPath(named)) === tty, NAMED_MS))
    source.named(isNamed ? named : tty)
    return source
  } catch (error) {
    await source.close(DONE)
    throw error
  }
}

/** The device node that came of it. Rejects with a Fault. */
async function found(port: number, ended: () => CloseReason | undefined): Promise<string> {
  let device: string | undefined
  let tty: string | undefined
  await become(async () => {
    device = await vhciDevice(port)
    tty = device === undefined ? undefined : await ttyOfUsbDevice(device)
    return tty !== undefined || ended() !== undefined
  }, ENUMERATED_MS)
  if (tty !== undefined) return `/dev/${tty}`
  const why = ended()
  if (device !== undefined && !why)
    throw new Fault(
      'unsupported',
      'No driver took the USB adapter: this kernel has no cdc_acm, or it is not loaded. Say `sudo modprobe cdc_acm`, and connect again.'
    )
  throw new Fault(
    'device-io',
    `The kernel did not take the USB adapter${why ? ` (${why.message})` : ''}. See \`sudo dmesg\` for its reason, and connect again.`
  )
}

async function portState(port: number): Promise<string | undefined> {
  try {
    return (await vhciPorts()).find(({ number }) => number === port)?.state
  } catch {
    return undefined // the module was unloaded meanwhile
  }
}

/** False: it did not within that time. */
async function become(look: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const endMs = systemClock.nowMs() + withinMs
  while (!(await look())) {
    if (systemClock.nowMs() > endMs) return false
    await new Promise((resolve) => systemClock.after(LOOK_MS, () => resolve(undefined)))
  }
  return true
}

/**
 * Linux's virtual USB host controller (vhci-hcd): a stream socket becomes a USB device of this computer. Called by core/virtual/usbip-linux.ts;
 * knows sysfs and no protocol. Source: Linux, drivers/usb/usbip/vhci_sysfs.c; seen on 6.1.
 *
 *     /sys/devices/platform/vhci_hcd.0/   the first controller has the files of all
 *       status, status.1, …               hub port sta spd dev      sockfd local_busid
 *                                         hs  0000 004 000 00000000 000000 0-0          free
 *                                         hs  0001 006 003 00010002 000003 1-2          taken, device 1-2 of this computer
 *       attach                            "PORT FD DEVICE SPEED": FD is one of who writes it, and of any kind of stream socket
 *       detach                            "PORT"
 *
 * The kernel takes its own hold of the socket. When the other end closes, by a crash as well, it unplugs the device and frees the port.
 */
import { constants } from 'node:fs'
import { access, readFile, readdir, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { isSystemError } from './libc.ts'
import { namesIn } from './sysfs-tree.ts'

const CONTROLLER = 'devices/platform/vhci_hcd.0'

/** VDEV_ST_NULL, NOTASSIGNED, USED and ERROR of usbip_common.h. */
const STATES: Readonly<Record<string, VhciPort['state']>> = {
  '004': 'free',
  '005': 'taken',
  '006': 'taken',
  '007': 'broken'
}

export interface VhciPort {
  readonly number: number
  readonly hub: 'hs' | 'ss'
  readonly state: 'free' | 'taken' | 'broken'
  /** What this computer calls the device: `1-2`; absent before it was asked for its descriptors. */
  readonly busId?: string
}

/** Lines of a status file; what is no port is left out. */
export function readVhciStatus(text: string): VhciPort[] {
  return [...text.matchAll(/^(hs|ss)\s+(\d+)\s+(\d+)\s+\d+\s+[\da-f]+\s+\d+\s+(\S+)$/gm)].flatMap(
    ([, hub, number, status, busId]) => {
      const state = STATES[status ?? '']
      if (!state) return []
      return [
        {
          number: Number(number),
          hub: hub === 'hs' ? ('hs' as const) : ('ss' as const),
          state,
          ...(busId !== undefined && busId !== '0-0' && { busId })
        }
      ]
    }
  )
}

/**
 * `absent`: this kernel has no such module; `unloaded`: it has, and nobody loaded it; `locked`: only root may plug something in; `ready`: we
 * may. Never rejects.
 */
export type VhciStanding = 'absent' | 'unloaded' | 'locked' | 'ready'

export async function vhciStanding({ sys = '/sys', modules = '/lib/modules' } = {}): Promise<VhciStanding> {
  try {
    await access(join(sys, CONTROLLER, 'attach'), constants.W_OK)
    return 'ready'
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return 'locked'
  }
  return (await hasModule(join(modules, release()))) ? 'unloaded' : 'absent'
}

/** As modprobe finds it. */
async function hasModule(folder: string): Promise<boolean> {
  try {
    return /\/vhci-hcd\.ko\b/m.test(await readFile(join(folder, 'modules.dep'), 'utf8'))
  } catch {
    return false // no modules of this kernel here, as in containers
  }
}

/** The ports of all controllers, in order. Throws SystemError's like where there is none. */
export async function vhciPorts(sys = '/sys'): Promise<VhciPort[]> {
  const folder = join(sys, CONTROLLER)
  const names = (await readdir(folder)).filter((name) => /^status(\.\d+)?$/.test(name))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap(readVhciStatus).sort((one, other) => one.number - other.number)
}

/**
 * Gives the kernel this socket, `fd`, as a device in a free high-speed port; the caller closes its own descriptor then. Answers the port, or
 * undefined where none is free. Throws what the system said.
 */
export async function attachVhci(
  fd: number,
  device: { readonly id: number; readonly speed: number },
  sys = '/sys'
): Promise<number | undefined> {
  for (const { number, hub, state } of await vhciPorts(sys)) {
    if (hub !== 'hs' || state !== 'free') continue
    try {
      // Not to be read: the kernel refuses who asks for both.
      await writeFile(join(sys, CONTROLLER, 'attach'), `${number} ${fd} ${device.id} ${device.speed}`, {
        flag: constants.O_WRONLY
      })
      return number
    } catch (error) {
      // Another program was faster.
      if (!isSystemError(error, 'EBUSY')) throw error
    }
  }
  return undefined
}

/** Where the device in that port stands in sysfs (`/sys/bus/usb/devices/1-2`), as soon as the kernel has named it. */
export async function vhciDevice(port: number, sys = '/sys'): Promise<string | undefined> {
  const found = (await vhciPorts(sys)).find(({ number }) => number === port)
  return found?.busId === undefined ? undefined : join(sys, 'bus/usb/devices', found.busId)
}

/** The name of the serial port that a driver made of that device: `ttyACM0`; undefined: none did, so far. */
export async function ttyOfUsbDevice(device: string): Promise<string | undefined> {
  for (const entry of await namesIn(device)) {
    if (!entry.includes(':')) continue
    const [name] = (await namesIn(join(device, entry, 'tty'))).filter((each) => each.startsWith('tty'))
    if (name !== undefined) return name
  }
  return undefined
}

/**
 * A sysfs and a /dev for tests, laid out as Linux does, in a directory of their own. Nodes are plain files. Devices are
 * plugged in from the table below and out again.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'

export interface UsbAdapter {
  readonly ids: `${string}:${string}`
  readonly manufacturer?: string
  readonly product?: string
  readonly serial?: string
  /** The interface's driver, and the one of usb-serial above it; without the second it is a CDC-ACM device. */
  readonly driver: string
  readonly serialDriver?: string
  /** Ports that share interface 0 (mos7840) instead of having an interface each. */
  readonly onOneInterface?: true
}

/** What the adapters of the trade answer to `lsusb -v` and how their drivers are called. */
export const ADAPTERS = {
  ft232r: {
    ids: '0403:6001',
    manufacturer: 'FTDI',
    product: 'FT232R USB UART',
    serial: 'A50285BI',
    driver: 'ftdi_sio',
    serialDriver: 'ftdi_sio'
  },
  ft4232h: {
    ids: '0403:6011',
    manufacturer: 'FTDI',
    product: 'Quad RS232-HS',
    serial: 'FT5QUAD1',
    driver: 'ftdi_sio',
    serialDriver: 'ftdi_sio'
  },
  cp2102: {
    ids: '10c4:ea60',
    manufacturer: 'Silicon Labs',
    product: 'CP2102 USB to UART Bridge Controller',
    serial: '0001',
    driver: 'cp210x',
    serialDriver: 'cp210x'
  },
  ch340: { ids: '1a86:7523', product: 'USB Serial', driver: 'ch341', serialDriver: 'ch341-uart' },
  pl2303: {
    ids: '067b:2303',
    manufacturer: 'Prolific Technology Inc.',
    product: 'USB-Serial Controller',
    driver: 'pl2303',
    serialDriver: 'pl2303'
  },
  arduino: {
    ids: '2341:0043',
    manufacturer: 'Arduino (www.arduino.cc)',
    serial: '75833353035351F0A1C2',
    driver: 'cdc_acm'
  },
  mos7840: {
    ids: '9710:7840',
    manufacturer: 'Moschip',
    product: 'USB 2.0 Serial',
    driver: 'mos7840',
    serialDriver: 'mos7840',
    onOneInterface: true
  }
} as const satisfies Record<string, UsbAdapter>

const CONTROLLER = 'devices/pci0000:00/0000:00:14.0'

export class SysfsFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'farport-sysfs-'))
  readonly sysRoot = join(this.root, 'sys')
  readonly devRoot = join(this.root, 'dev')

  constructor() {
    mkdirSync(join(this.sysRoot, 'class/tty'), { recursive: true })
    mkdirSync(this.devRoot)
  }

  /** What the listing functions take. */
  get places(): { sysRoot: string; devRoot: string } {
    return { sysRoot: this.sysRoot, devRoot: this.devRoot }
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  node(name: string): string {
    return join(this.devRoot, name)
  }

  /** Plugs an adapter into the socket `1-1.2` (bus 1, port 1, port 2 of the hub there); a name for each of its ports. */
  plug(adapter: UsbAdapter, socket: string, ...ttys: readonly string[]): void {
    const device = this.#usbDevice(adapter, socket)
    for (const [index, tty] of ttys.entries()) {
      const number = adapter.onOneInterface ? 0 : index
      const usbInterface = `${device}/${socket}:1.${number}`
      this.#attributes(usbInterface, { bInterfaceNumber: `0${number.toString(16)}` })
      this.#belongs(usbInterface, 'usb', adapter.driver)
      const port = adapter.onOneInterface ? index : 0
      if (adapter.serialDriver === undefined) {
        this.#tty(usbInterface, tty, {})
      } else {
        this.#attributes(`${usbInterface}/${tty}`, { port_number: String(port) })
        this.#belongs(`${usbInterface}/${tty}`, 'usb-serial', adapter.serialDriver)
        this.#tty(`${usbInterface}/${tty}`, tty, {})
      }
      const suffix = adapter.serialDriver === undefined ? '' : `-port${port}`
      const names = [adapter.manufacturer ?? adapter.ids.slice(0, 4), adapter.product, adapter.serial]
      const id = names
        .filter((each) => each !== undefined)
        .join('_')
        .replaceAll(/[^\w.-]/g, '_')
      this.#name(`serial/by-id/usb-${id}-if0${number}${suffix}`, tty)
      this.#name(`serial/by-path/pci-0000:00:14.0-usb-0:${socket.slice(2)}:1.${number}${suffix}`, tty)
    }
  }

  /** An adapter that no serial driver took; `driver`: who has its interface instead. */
  plugWithoutPort(adapter: UsbAdapter, socket: string, driver?: string): void {
    const usbInterface = `${this.#usbDevice(adapter, socket)}/${socket}:1.0`
    this.#attributes(usbInterface, { bInterfaceNumber: '00' })
    this.#belongs(usbInterface, 'usb', driver)
  }

  /** Pulls out what is in the socket; its nodes and links go as udev lets them go. */
  unplug(socket: string, ...ttys: readonly string[]): void {
    rmSync(this.#at(usbPath(socket)), { recursive: true })
    rmSync(this.#at(`bus/usb/devices/${socket}`), { force: true })
    for (const tty of ttys) {
      rmSync(this.#at(`class/tty/${tty}`))
      rmSync(this.node(tty))
    }
    for (const names of ['serial/by-id', 'serial/by-path']) {
      const folder = this.node(names)
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (ttys.includes(basename(readlinkSync(join(folder, name))))) rmSync(join(folder, name))
    }
  }

  /** A port on the board. `device`: below /sys/devices; `baseIndex`: with the serial-base devices of Linux 6.5 and later. */
  board(
    tty: string,
    device: string,
    subsystem: string,
    driver: string,
    attributes: Record<string, string>,
    baseIndex?: number
  ): void {
    this.#belongs(`devices/${device}`, subsystem, driver)
    let parent = `devices/${device}`
    if (baseIndex !== undefined) {
      const name = device.split('/').at(-1) ?? ''
      this.#belongs(`${parent}/${name}:0`, 'serial-base', 'ctrl')
      parent = `${parent}/${name}:0/${name}:0.${baseIndex}`
      this.#belongs(parent, 'serial-base', 'port')
    }
    this.#tty(parent, tty, attributes)
  }

  /** A tty without a parent device: virtual consoles, Bluetooth, the USB gadget. */
  virtual(...ttys: readonly string[]): void {
    for (const tty of ttys) {
      const directory = `devices/virtual/tty/${tty}`
      this.#attributes(directory, { uevent: `MAJOR=4\nMINOR=1\nDEVNAME=${tty}\n` })
      this.#link(`class/tty/${tty}`, directory)
      writeFileSync(this.node(tty), '')
    }
  }

  /** A link that leads nowhere, as one sees it while a device goes. */
  dangling(tty: string): void {
    symlinkSync(`../../devices/gone/tty/${tty}`, this.#at(`class/tty/${tty}`))
  }

  #usbDevice(adapter: UsbAdapter, socket: string): string {
    const hubs = usbPath(socket).split('/').slice(3, -1)
    // The root hub has ids and a "serial number" of its own, which must never be taken for the adapter's.
    for (const [depth, hub] of hubs.entries()) {
      const path = [CONTROLLER, ...hubs.slice(0, depth + 1)].join('/')
      this.#attributes(path, {
        idVendor: '1d6b',
        idProduct: '0002',
        manufacturer: 'Linux 6.1 xhci-hcd',
        product: `Hub ${hub}`,
        serial: '0000:00:14.0'
      })
    }
    const device = usbPath(socket)
    const [idVendor = '', idProduct = ''] = adapter.ids.split(':')
    const { manufacturer, product, serial } = adapter
    this.#attributes(device, { idVendor, idProduct, manufacturer, product, serial })
    this.#belongs(device, 'usb', 'usb')
    this.#link(`bus/usb/devices/${socket}`, device)
    return device
  }

  #tty(parent: string, tty: string, attributes: Record<string, string>): void {
    const directory = `${parent}/tty/${tty}`
    this.#attributes(directory, { uevent: `MAJOR=188\nMINOR=0\nDEVNAME=${tty}\n`, ...attributes })
    this.#link(`${directory}/device`, parent)
    this.#link(`${directory}/subsystem`, 'class/tty')
    this.#link(`class/tty/${tty}`, directory)
    writeFileSync(this.node(tty), '')
  }

  #belongs(directory: string, subsystem: string, driver?: string): void {
    this.#link(`${directory}/subsystem`, subsystem === 'tty' ? 'class/tty' : `bus/${subsystem}`)
    if (driver !== undefined) this.#link(`${directory}/driver`, `bus/${subsystem}/drivers/${driver}`)
  }

  #attributes(directory: string, values: Record<string, string | undefined>): void {
    mkdirSync(this.#at(directory), { recursive: true })
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) writeFileSync(join(this.#at(directory), name), `${value}\n`)
    }
  }

  /** Relative, as in sysfs. Links to drivers lead nowhere here: only their last name is read. */
  #link(link: string, target: string): void {
    const from = dirname(this.#at(link))
    mkdirSync(from, { recursive: true })
    rmSync(this.#at(link), { force: true })
    symlinkSync(relative(from, this.#at(target)), this.#at(link))
  }

  #name(link: string, tty: string): void {
    mkdirSync(dirname(this.node(link)), { recursive: true })
    rmSync(this.node(link), { force: true }) // of two adapters with one name udev lets the last one win
    symlinkSync(`../../${tty}`, this.node(link))
  }

  #at(path: string): string {
    return join(this.sysRoot, path)
  }
}

/** `1-1.2` → `devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2` */
function usbPath(socket: string): string {
  const [bus = '', ports = ''] = socket.split('-')
  const numbers = ports.split('.')
  const names = numbers.map((_, index) => `${bus}-${numbers.slice(0, index + 1).join('.')}`)
  return [CONTROLLER, `usb${bus}`, ...names].join('/')
}

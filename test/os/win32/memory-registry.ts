import type { Registry } from '../../../src-main/os/win32/registry.ts'

const ENUM = 'SYSTEM\\CurrentControlSet\\Enum'

/** A registry in memory: keys with their values, all of HKEY_LOCAL_MACHINE. */
export class MemoryRegistry implements Registry {
  readonly #keys = new Map<string, Map<string, string | number>>()

  set(path: string, values: Readonly<Record<string, string | number>>): void {
    const key = this.#keys.get(path) ?? new Map<string, string | number>()
    for (const [name, value] of Object.entries(values)) key.set(name, value)
    this.#keys.set(path, key)
  }

  unset(path: string, name: string): void {
    this.#keys.get(path)?.delete(name)
  }

  keys(path: string): readonly string[] {
    const below = [...this.#keys.keys()].filter((each) => each.startsWith(`${path}\\`))
    return [...new Set(below.map((each) => each.slice(path.length + 1).split('\\', 1)[0] ?? ''))]
  }

  values(path: string): ReadonlyMap<string, string | number> {
    return this.#keys.get(path) ?? new Map<string, string | number>()
  }

  /** A device as its driver and the plug-and-play manager leave it; `port`: it is one, and is there. */
  device(instance: string, values: Readonly<Record<string, string>>, port?: string): void {
    this.set(`${ENUM}\\${instance}`, values)
    if (port === undefined) return
    this.set(`${ENUM}\\${instance}\\Device Parameters`, { PortName: port })
    this.plug(instance, port)
  }

  plug(instance: string, port: string): void {
    const { Service = '' } = Object.fromEntries(this.values(`${ENUM}\\${instance}`)) as { Service?: string }
    this.set(`${ENUM}\\${instance}\\Device Parameters`, { PortName: port })
    this.set(`SYSTEM\\CurrentControlSet\\Services\\${Service}\\Enum`, { [instance]: instance })
    this.set('HARDWARE\\DEVICEMAP\\SERIALCOMM', { [`\\Device\\${instance}`]: port })
  }

  unplug(instance: string): void {
    const { Service = '' } = Object.fromEntries(this.values(`${ENUM}\\${instance}`)) as { Service?: string }
    this.unset(`SYSTEM\\CurrentControlSet\\Services\\${Service}\\Enum`, instance)
    this.unset('HARDWARE\\DEVICEMAP\\SERIALCOMM', `\\Device\\${instance}`)
  }
}

/** As Windows 10 has them; FTDI's own driver, one for CDC-ACM, an adapter of two interfaces, and a port on the board. */
export const DEVICES = {
  ftdi: {
    instance: 'FTDIBUS\\VID_0403+PID_6001+A50285BIA\\0000',
    values: {
      Service: 'FTSER2K',
      FriendlyName: 'USB Serial Port (COM3)',
      Mfg: '@oem5.inf,%ftdi%;FTDI'
    }
  },
  arduino: {
    instance: 'USB\\VID_2341&PID_0043\\85736323838351F0E1E1',
    values: {
      Service: 'usbser',
      FriendlyName: 'Arduino Uno (COM10)',
      Mfg: '@oem7.inf,%arduinomfg%;Arduino LLC (www.arduino.cc)',
      LocationInformation: 'Port_#0003.Hub_#0001'
    }
  },
  ch340: {
    instance: 'USB\\VID_1A86&PID_7523\\5&2c3f1b0&0&2',
    values: {
      Service: 'CH341SER_A64',
      FriendlyName: 'USB-SERIAL CH340 (COM5)',
      Mfg: '@oem9.inf,%wch%;wch.cn',
      LocationInformation: 'Port_#0002.Hub_#0001'
    }
  },
  probe: {
    instance: 'USB\\VID_1366&PID_0105&MI_02\\7&1A2B3C&0&0002',
    values: { Service: 'usbser', FriendlyName: 'JLink CDC UART Port (COM7)', Mfg: '@usb.inf,%m%;Microsoft' }
  },
  probeWhole: {
    instance: 'USB\\VID_1366&PID_0105\\000260112233',
    values: { Service: 'usbccgp', ParentIdPrefix: '7&1a2b3c&0', LocationInformation: 'Port_#0004.Hub_#0001' }
  },
  onBoard: {
    instance: 'ACPI\\PNP0501\\1',
    values: {
      Service: 'Serial',
      FriendlyName: 'Communications Port (COM1)',
      Mfg: '@msports.inf,%std%;(Standard port types)'
    }
  }
} as const

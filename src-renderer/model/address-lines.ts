/**
 * "Copy address for…": the line that makes a program of another maker use a share. Each as the program's own manual writes it, and tried
 * with the program where it is at hand (test/page/address-lines). Pure.
 */
import { formatLine, type LineSettings } from '../../src-main/contract/line.ts'
import { words } from '../words/words.ts'

/** What the program speaks, and so which listener it needs. */
export type PlainProtocol = 'raw' | 'rfc2217'

export interface Place {
  /** A name or address, without brackets. */
  readonly host: string
  readonly port: number
  /** What the device is set to: programs that cannot set it have to be told. */
  readonly settings: LineSettings
  /** Of the share; for the file names of virtual ports. */
  readonly name: string
}

export interface AddressLine {
  readonly id: string
  readonly title: string
  readonly protocol: PlainProtocol
  /** One line to paste, or few. */
  readonly line: (place: Place) => string
  /** Where it goes, or what it cannot do. */
  readonly hint: string
}

export const ADDRESS_LINES: readonly AddressLine[] = [
  {
    id: 'pyserial',
    title: 'pyserial',
    protocol: 'rfc2217',
    line: (place) => `port = serial.serial_for_url('rfc2217://${at(place)}', ${pySettings(place)})`,
    hint: words.address.hints.pyserial
  },
  {
    id: 'esptool',
    title: 'esptool',
    protocol: 'rfc2217',
    line: (place) => `esptool --port rfc2217://${at(place)} flash-id`,
    hint: words.address.hints.esptool
  },
  {
    id: 'avrdude',
    title: 'avrdude',
    protocol: 'raw',
    line: (place) => `avrdude -c arduino -p m328p -P net:${at(place)} -U flash:w:firmware.hex:i`,
    hint: words.address.hints.avrdude
  },
  {
    id: 'platformio',
    title: 'PlatformIO',
    protocol: 'rfc2217',
    line: (place) =>
      `monitor_port = rfc2217://${at(place)}\nmonitor_speed = ${place.settings.baudRate}${monitorParity(place)}`,
    hint: words.address.hints.platformio
  },
  {
    id: 'zigbee2mqtt',
    title: 'Zigbee2MQTT',
    protocol: 'raw',
    line: (place) => `serial:\n  port: tcp://${at(place)}`,
    hint: words.address.hints.zigbee2mqtt
  },
  {
    id: 'home-assistant',
    title: 'Home Assistant',
    protocol: 'raw',
    line: (place) => `socket://${at(place)}`,
    hint: words.address.hints.homeAssistant
  },
  {
    id: 'octoprint',
    title: 'OctoPrint',
    protocol: 'raw',
    line: socatLine,
    hint: words.address.hints.octoprint
  },
  {
    id: 'pymodbus',
    title: 'pymodbus',
    protocol: 'rfc2217',
    line: (place) => `client = ModbusSerialClient('rfc2217://${at(place)}', ${pySettings(place)})`,
    hint: words.address.hints.pymodbus
  },
  {
    id: 'qemu',
    title: 'QEMU',
    protocol: 'raw',
    line: (place) => `-serial tcp:${at(place)}`,
    hint: words.address.hints.qemu
  },
  { id: 'socat', title: 'socat', protocol: 'raw', line: socatLine, hint: words.address.hints.socat },
  {
    id: 'wsl',
    title: 'WSL',
    protocol: 'raw',
    // The Windows that it runs in is its way out, unless its network is a mirror of that of Windows.
    line: ({ port, name }) =>
      `socat PTY,link=$HOME/${linkName(name)},rawer "TCP:$(ip route show default | cut -d' ' -f3):${port},nodelay"`,
    hint: words.address.hints.wsl
  }
]

/** `ttyBench_2`: of any name one that needs no quotes. */
export function linkName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '_')
    .replace(/^[_.-]+|_+$/g, '')
  return `tty${plain === '' ? 'Farport' : plain}`
}

function at({ host, port }: Place): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function socatLine(place: Place): string {
  return `socat PTY,link=$HOME/${linkName(place.name)},rawer TCP:${at(place)},nodelay`
}

/** `baudrate=9600`, and what differs from 8N1. */
function pySettings({ settings }: Place): string {
  const { baudRate, dataBits, stopBits, flowControl } = settings
  const parity = formatLine(settings).charAt(1)
  return [
    `baudrate=${baudRate}`,
    dataBits !== 8 && `bytesize=${dataBits}`,
    parity !== 'N' && `parity='${parity}'`,
    stopBits !== 1 && `stopbits=${stopBits}`,
    flowControl !== 'none' && `${flowControl}=True`
  ]
    .filter((each) => each !== false)
    .join(', ')
}

function monitorParity({ settings }: Place): string {
  const parity = formatLine(settings).charAt(1)
  return parity === 'N' ? '' : `\nmonitor_parity = ${parity}`
}

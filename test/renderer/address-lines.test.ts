import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { ADDRESS_LINES, linkName, type Place } from '../../src-renderer/model/address-lines.ts'

const place: Place = {
  host: '192.168.1.20',
  port: 7000,
  settings: { ...DEFAULT_SETTINGS, baudRate: 9600 },
  name: 'Bench 2'
}
const line = (id: string, more: Partial<Place> = {}): string =>
  ADDRESS_LINES.find((each) => each.id === id)?.line({ ...place, ...more }) ?? ''

describe('copy address for', () => {
  it.each([
    ['pyserial', "port = serial.serial_for_url('rfc2217://192.168.1.20:7000', baudrate=9600)"],
    ['esptool', 'esptool --port rfc2217://192.168.1.20:7000 flash-id'],
    ['avrdude', 'avrdude -c arduino -p m328p -P net:192.168.1.20:7000 -U flash:w:firmware.hex:i'],
    ['platformio', 'monitor_port = rfc2217://192.168.1.20:7000\nmonitor_speed = 9600'],
    ['zigbee2mqtt', 'serial:\n  port: tcp://192.168.1.20:7000'],
    ['home-assistant', 'socket://192.168.1.20:7000'],
    ['octoprint', 'socat PTY,link=$HOME/ttyBench_2,rawer TCP:192.168.1.20:7000,nodelay'],
    ['pymodbus', "client = ModbusSerialClient('rfc2217://192.168.1.20:7000', baudrate=9600)"],
    ['qemu', '-serial tcp:192.168.1.20:7000'],
    ['socat', 'socat PTY,link=$HOME/ttyBench_2,rawer TCP:192.168.1.20:7000,nodelay']
  ])('%s', (id, text) => expect(line(id)).toBe(text))

  it('WSL asks for the Windows around it', () => {
    expect(line('wsl')).toContain('"TCP:$(ip route show default | cut -d\' \' -f3):7000,nodelay"')
  })

  it('tells the frame where it is not 8N1, and puts IPv6 addresses in brackets', () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      baudRate: 19_200,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      flowControl: 'rtscts'
    } as const
    expect(line('pyserial', { settings, host: '2001:db8::7' })).toBe(
      "port = serial.serial_for_url('rfc2217://[2001:db8::7]:7000', baudrate=19200, bytesize=7, parity='E', stopbits=2, rtscts=True)"
    )
    expect(line('platformio', { settings })).toContain('\nmonitor_parity = E')
  })

  it.each([
    ['GPS', 'ttyGPS'],
    ['Zähler & Co', 'ttyZa_hler_Co'],
    ["'; rm -rf /", 'ttyrm_-rf'],
    ['…', 'ttyFarport']
  ])('names the port of %s without quotes', (name, link) => expect(linkName(name)).toBe(link))
})

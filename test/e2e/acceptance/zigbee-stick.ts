/** A Zigbee coordinator as much as a client's first words need one (TI's monitor and test protocol): SYS_PING and its answer. */
import type { UsbAdapter } from '../../os/sysfs-fixture.ts'

/** SOF, length 0, SREQ | SYS, PING, checksum. */
const PING = Buffer.from('fe00210120', 'hex')
/** SOF, length 2, SRSP | SYS, PING, capabilities 0x0779, checksum. */
const PONG = Buffer.from('fe02610179071c', 'hex')

/** Every one that is made has the same number. */
export const ZIGBEE_STICK = {
  ids: '10c4:ea60',
  manufacturer: 'Silicon Labs',
  product: 'Sonoff Zigbee 3.0 USB Dongle Plus',
  serial: '0001',
  driver: 'cp210x',
  serialDriver: 'cp210x'
} as const satisfies UsbAdapter

export const BY_ID = '/dev/serial/by-id/usb-Silicon_Labs_Sonoff_Zigbee_3.0_USB_Dongle_Plus_0001-if00-port0'

/** Answers each ping, and nothing else. */
export class ZigbeeStick {
  pings = 0
  #got = Buffer.alloc(0)

  /** What the stick says to these bytes. */
  hear(bytes: Uint8Array): Buffer {
    this.#got = Buffer.concat([this.#got, bytes])
    const answers: Buffer[] = []
    for (let at = this.#got.indexOf(PING); at >= 0; at = this.#got.indexOf(PING)) {
      this.#got = this.#got.subarray(at + PING.length)
      this.pings++
      answers.push(PONG)
    }
    return Buffer.concat(answers)
  }
}

/**
 * Two features of Linux serial drivers beside termios: low latency (received bytes are handed on at once) and RS-485 (RTS
 * switches the transceiver). Called when a port opens. Throws SystemError where the driver refuses.
 */
import { ioctl } from './libc.ts'

const TIOCGSERIAL = 0x541e
const TIOCSSERIAL = 0x541f
/** `struct serial_struct` takes 72 bytes on 64-bit systems, less on others; its flags stand at the same place. */
const SERIAL_STRUCT_SIZE = 96
const SERIAL_FLAGS = 16
const ASYNC_LOW_LATENCY = 0x2000

const TIOCGRS485 = 0x542e
const TIOCSRS485 = 0x542f
const RS485_SIZE = 32
const RS485_ENABLED = 0x1
const RS485_RTS_ON_SEND = 0x2
const RS485_RTS_AFTER_SEND = 0x4
const RS485_RX_DURING_TX = 0x10

/** How a half-duplex line is driven. `struct serial_rs485` of linux/serial.h. */
export interface Rs485 {
  /** The level of RTS while sending; while receiving it has the other one. Default true. */
  readonly rtsOnSend?: boolean
  /** Received bytes while sending are kept: our own echo. Default false. */
  readonly receiveWhileSending?: boolean
  /** From RTS to the first bit, and from the last bit to RTS; ms. Default 0. */
  readonly delayBeforeSendMs?: number
  readonly delayAfterSendMs?: number
}

/** Throws SystemError: ENOTTY without the feature, EPERM for who may not. */
export function setLowLatency(fd: number, on: boolean): void {
  const serial = Buffer.alloc(SERIAL_STRUCT_SIZE)
  ioctl(fd, TIOCGSERIAL, serial)
  const flags = serial.readInt32LE(SERIAL_FLAGS)
  const wanted = on ? flags | ASYNC_LOW_LATENCY : flags & ~ASYNC_LOW_LATENCY
  if (wanted === flags) return
  serial.writeInt32LE(wanted, SERIAL_FLAGS)
  ioctl(fd, TIOCSSERIAL, serial)
}

/** Throws SystemError: ENOTTY where the driver has no RS-485 mode. */
export function setRs485(fd: number, mode: Rs485): void {
  const bytes = Buffer.alloc(RS485_SIZE)
  ioctl(fd, TIOCGRS485, bytes)
  let flags = RS485_ENABLED
  flags |= (mode.rtsOnSend ?? true) ? RS485_RTS_ON_SEND : RS485_RTS_AFTER_SEND
  if (mode.receiveWhileSending ?? false) flags |= RS485_RX_DURING_TX
  bytes.writeUInt32LE(flags, 0)
  bytes.writeUInt32LE(mode.delayBeforeSendMs ?? 0, 4)
  bytes.writeUInt32LE(mode.delayAfterSendMs ?? 0, 8)
  ioctl(fd, TIOCSRS485, bytes)
}

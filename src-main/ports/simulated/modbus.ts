/**
 * `sim:modbus` and `sim:modbus-ascii`: a Modbus device on a serial line, unit 1 or `?unit=`. A thermostat: modbus-registers.ts tells
 * its addresses. This file is the framing on its line; what a request does is modbus-slave.ts.
 * It answers as soon as a request is over: RTU frames end by a silence, which is counted on the simulated line's own time.
 */
import type { Disposable } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { LineSettings, LineState } from '../../contract/line.ts'
import { AsciiReceiver, encodeAscii } from '../../protocol/modbus-ascii.ts'
import { RtuReceiver, encodeRtu, rtuSilenceMs } from '../../protocol/modbus-rtu.ts'
import type { ModbusEvent } from '../../protocol/modbus.ts'
import type { DeviceKind, DeviceLine, DeviceOptions, DeviceTime, Reception } from './device.ts'
import { Registers } from './modbus-registers.ts'
import { ModbusSlave } from './modbus-slave.ts'

/** A framing on a line: hands requests on as they end, sends answers. */
interface Framing extends Disposable {
  receive(bytes: Uint8Array, how: Reception): void
  send(unit: number, pdu: Uint8Array): void
}

type MakeFraming = (
  line: DeviceLine,
  time: DeviceTime,
  settings: LineSettings,
  onEvent: (event: ModbusEvent) => void
) => Framing

/** 19200 8E1 is what the specification makes every device start with (Serial §2.5.1, §3.2). */
export const modbus = modbusKind(
  'modbus',
  { baudRate: 19_200, dataBits: 8, parity: 'even', stopBits: 1, flowControl: 'none' },
  rtu
)

export const modbusAscii = modbusKind(
  'modbus-ascii',
  { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1, flowControl: 'none' },
  ascii
)

function modbusKind(name: string, settings: LineSettings, makeFraming: MakeFraming): DeviceKind {
  return {
    name,
    settings,
    options: ['unit'],
    configure(options) {
      const unit = readUnit(options)
      const registers = new Registers()
      return (line, time) => {
        registers.plugIn(time)
        const slave = new ModbusSlave(unit, registers)
        const framing = makeFraming(line, time, options.settings, (event) => {
          if (event.type === 'violation') {
            slave.countError()
            return
          }
          const answer = slave.handle(event)
          if (answer) framing.send(unit, answer)
        })
        return {
          receive: (bytes, how) => framing.receive(bytes, how),
          receiveBreak: () => undefined,
          linesChanged: () => undefined,
          dispose: () => framing.dispose()
        }
      }
    }
  }
}

function rtu(
  line: DeviceLine,
  { clock }: DeviceTime,
  settings: LineSettings,
  onEvent: (event: ModbusEvent) => void
): Framing {
  const endMs = rtuSilenceMs(settings)
  const receiver = new RtuReceiver()
  let damaged = false
  let timer: Disposable | undefined
  const end = (): void => {
    const event = receiver.silence()
    if (!event) return
    onEvent(damaged ? spoilt(event) : event)
    damaged = false
  }
  /** The timer is only a reminder: how long the silence was, the line knows. */
  const watch = (): void => {
    const restMs = endMs - line.silenceMs
    timer?.dispose()
    timer = undefined
    if (restMs > 0) timer = clock.after(Math.max(1, restMs), watch)
    else end()
  }
  return {
    receive(bytes, { idleMs, errors }) {
      if (idleMs >= endMs) end()
      damaged ||= isDamaged(errors)
      receiver.receive(bytes)
      watch()
    },
    send: (unit, pdu) => line.send(encodeRtu(unit, pdu)),
    dispose: () => timer?.dispose()
  }
}

function ascii(
  line: DeviceLine,
  _time: DeviceTime,
  _settings: LineSettings,
  onEvent: (event: ModbusEvent) => void
): Framing {
  const receiver = new AsciiReceiver()
  let damaged = false
  return {
    receive(bytes, { errors }) {
      damaged ||= isDamaged(errors)
      for (const event of receiver.receive(bytes)) onEvent(damaged ? spoilt(event) : event)
      // What was damaged between two frames is nobody's.
      if (receiver.idle) damaged = false
    },
    send: (unit, pdu) => line.send(encodeAscii(unit, pdu)),
    dispose: () => undefined
  }
}

function isDamaged({ parity, framing, break: breaks }: LineState): boolean {
  return parity + framing + breaks > 0
}

/** A frame with a parity or framing error is dropped although its check sum may be right (Serial §2.5.1.2, §2.5.2.2). */
function spoilt(event: ModbusEvent): ModbusEvent {
  if (event.type === 'violation') return event
  return {
    type: 'violation',
    what: 'a damaged character',
    section: 'Modbus Serial Line 2.5',
    bytes: event.pdu
  }
}

const MAX_UNIT = 247

function readUnit({ label, text }: DeviceOptions): number {
  const given = text('unit') ?? '1'
  const unit = /^\d{1,3}$/.test(given) ? Number(given) : 0
  if (unit >= 1 && unit <= MAX_UNIT) return unit
  throw new Fault('bad-settings', `${label}: unit is ${JSON.stringify(given)}. Give 1 to ${MAX_UNIT}.`)
}

/**
 * `sim:modbus` and `sim:modbus-ascii`: a Modbus device on a serial line, unit 1 or `?unit=`. A thermostat: modbus-registers.ts tells
 * its addresses. This file is the framing on its line; what a request does is modbus-slave.ts.
 * It answers as soon as a request is over: RTU frames end by a silence, which is counted on the simulated line's own time.
 * With `poll=` a master sits on the same bus (modbus-master.ts): what it asks and what it is told come here both, as to who listens on RS-485.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { LineSettings, LineState } from '../../contract/line.ts'
import { AsciiReceiver, encodeAscii } from '../../protocol/modbus-ascii.ts'
import { RtuReceiver, encodeRtu, rtuSilenceMs } from '../../protocol/modbus-rtu.ts'
import type { ModbusEvent } from '../../protocol/modbus.ts'
import type { DeviceKind, DeviceLine, DeviceOptions, DeviceTime, Reception } from './device.ts'
import { answerDelayMs, nextRequest } from './modbus-master.ts'
import { Registers } from './modbus-registers.ts'
import { ModbusSlave } from './modbus-slave.ts'

/** A framing on a line: hands requests on as they end. */
interface Framing extends Disposable {
  receive(bytes: Uint8Array, how: Reception): void
  encode(unit: number, pdu: Uint8Array): Uint8Array
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
    options: ['unit', 'poll', 'errors'],
    configure(options) {
      const unit = readInteger(options, 'unit', { absent: 1, least: 1, most: MAX_UNIT })
      const polls = readInteger(options, 'poll', { absent: 0, least: 0, most: MAX_POLLS })
      const errors = readInteger(options, 'errors', { absent: 0, least: 0, most: 1_000_000 })
      const registers = new Registers()
      return (line, time) => {
        registers.plugIn(time)
        const slave = new ModbusSlave(unit, registers)
        let answers = 0
        const answerTo = (pdu: Uint8Array, asked: number): void => {
          const answer = slave.handle({ type: 'frame', unit: asked, pdu })
          if (!answer) return
          const bytes = framing.encode(unit, answer)
          answers++
          if (errors > 0 && answers % errors === 0) sendDamaged(line, bytes)
          else line.send(bytes)
        }
        const framing = makeFraming(line, time, options.settings, (event) => {
          if (event.type === 'violation') slave.countError()
          else answerTo(event.pdu, event.unit)
        })
        const master = poll(time.clock, polls, (count) => {
          const pdu = nextRequest(count)
          line.send(framing.encode(unit, pdu))
          return time.clock.after(answerDelayMs(polls), () => answerTo(pdu, unit))
        })
        return {
          receive: (bytes, how) => framing.receive(bytes, how),
          receiveBreak: () => undefined,
          linesChanged: () => undefined,
          dispose: () => {
            master.dispose()
            framing.dispose()
          }
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
    encode: encodeRtu,
    dispose: () => timer?.dispose()
  }
}

function ascii(
  _line: DeviceLine,
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
    encode: encodeAscii,
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

/** All of it, the character in its middle with a wrong parity bit; on a line without parity it comes whole. */
function sendDamaged(line: DeviceLine, bytes: Uint8Array): void {
  const middle = bytes.length >> 1
  line.send(bytes.subarray(0, middle))
  line.sendDamaged(bytes[middle] ?? 0, 'parity')
  line.send(bytes.subarray(middle + 1))
}

/** Calls `ask` so many times a second, 0: never. What it answers is ended with the rest. */
function poll(clock: Clock, perSecond: number, ask: (count: number) => Disposable): Disposable {
  if (perSecond === 0) return { dispose: () => undefined }
  let count = 0
  let asked: Disposable | undefined
  const timer = clock.every(1000 / perSecond, () => {
    asked?.dispose()
    asked = ask(count++)
  })
  return {
    dispose: () => {
      timer.dispose()
      asked?.dispose()
    }
  }
}

const MAX_UNIT = 247
/** Requests a second: at 9600 bit/s no more fit with their answers. */
const MAX_POLLS = 20

function readInteger(
  { label, text }: DeviceOptions,
  option: 'unit' | 'poll' | 'errors',
  { absent, least, most }: { absent: number; least: number; most: number }
): number {
  const given = text(option) ?? String(absent)
  const value = /^\d{1,7}$/.test(given) ? Number(given) : -1
  if (value >= least && value <= most) return value
  throw new Fault(
    'bad-settings',
    `${label}: ${option} is ${JSON.stringify(given)}. Give ${least} to ${most}.`
  )
}

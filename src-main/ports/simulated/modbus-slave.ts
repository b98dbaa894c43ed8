/**
 * What a Modbus device does with a request: PDU in, PDU out. Called by modbus.ts; knows neither framing nor time. Section numbers
 * are those of the "MODBUS Application Protocol Specification V1.1b3".
 */
import {
  BROADCAST,
  DIAGNOSTIC,
  EXCEPTION,
  FUNCTION,
  MEI_IDENTIFICATION,
  REFUSED,
  type ModbusFrame
} from '../../protocol/modbus.ts'
import { identification, serverId } from './modbus-identity.ts'
import type { Registers } from './modbus-registers.ts'
import {
  bytesOf,
  maskWriteRegister,
  packBits,
  readBits,
  readRegisters,
  readWriteRegisters,
  word,
  writeCoil,
  writeCoils,
  writeRegister,
  writeRegisters,
  type Answer
} from './modbus-tables.ts'

/** With it, a restart would also forget its event log; it keeps none. */
const CLEAR_LOG = 0xff00

/** The counters of the diagnostics (§6.8), all of 16 bits. */
interface Counters {
  busMessages: number
  busErrors: number
  exceptions: number
  serverMessages: number
  unanswered: number
  /** Requests done, but for those about the counter itself (§6.9). */
  events: number
}

const NO_COUNTS: Counters = {
  busMessages: 0,
  busErrors: 0,
  exceptions: 0,
  serverMessages: 0,
  unanswered: 0,
  events: 0
}

export class ModbusSlave {
  readonly #unit: number
  readonly #registers: Registers
  #counters = { ...NO_COUNTS }
  #listenOnly = false

  /** `unit`: 1 to 247. */
  constructor(unit: number, registers: Registers) {
    this.#unit = unit
    this.#registers = registers
  }

  /** A frame that had to be dropped. */
  countError(): void {
    this.#count('busErrors')
  }

  /** The PDU to answer with; undefined where nothing may be said: another unit's request, a broadcast, listen-only mode. */
  handle({ unit, pdu }: ModbusFrame): Uint8Array | undefined {
    this.#count('busMessages')
    if (unit !== this.#unit && unit !== BROADCAST) return undefined
    this.#count('serverMessages')
    const wasSilent = this.#listenOnly
    const code = pdu[0] ?? 0
    // A broadcast read would be answered by nobody, so only its writes are done.
    if ((unit === BROADCAST && !WRITES.has(code)) || (wasSilent && !isRestart(pdu))) {
      this.#count('unanswered')
      return undefined
    }
    const answer = this.#answer(pdu)
    if (typeof answer === 'number') this.#count('exceptions')
    else if (code !== FUNCTION.eventCounter) this.#count('events')
    if (unit === BROADCAST || wasSilent || this.#listenOnly) {
      this.#count('unanswered')
      return undefined
    }
    return typeof answer === 'number' ? Uint8Array.of(code | REFUSED, answer) : answer
  }

  #answer(pdu: Uint8Array): Answer {
    const { coils, discreteInputs, holding, inputs } = this.#registers
    const code = pdu[0] ?? 0
    switch (code) {
      case FUNCTION.readCoils:
        return readBits(pdu, coils)
      case FUNCTION.readDiscreteInputs:
        return readBits(pdu, discreteInputs)
      case FUNCTION.readHoldingRegisters:
        return readRegisters(pdu, holding)
      case FUNCTION.readInputRegisters:
        return readRegisters(pdu, inputs)
      case FUNCTION.writeCoil:
        return writeCoil(pdu, coils)
      case FUNCTION.writeRegister:
        return writeRegister(pdu, holding)
      case FUNCTION.readExceptionStatus:
        return pdu.length === 1 ? Uint8Array.of(code, packBits(coils, 0, 8)[0] ?? 0) : EXCEPTION.illegalValue
      case FUNCTION.diagnostics:
        return this.#diagnose(pdu)
      case FUNCTION.eventCounter:
        if (pdu.length !== 1) return EXCEPTION.illegalValue
        return Uint8Array.of(code, 0, 0, ...bytesOf(this.#counters.events))
      case FUNCTION.writeCoils:
        return writeCoils(pdu, coils)
      case FUNCTION.writeRegisters:
        return writeRegisters(pdu, holding)
      case FUNCTION.reportServerId:
        return pdu.length === 1 ? serverId(this.#unit) : EXCEPTION.illegalValue
      case FUNCTION.maskWriteRegister:
        return maskWriteRegister(pdu, holding)
      case FUNCTION.readWriteRegisters:
        return readWriteRegisters(pdu, holding)
      case FUNCTION.encapsulated:
        return pdu[1] === MEI_IDENTIFICATION ? identification(pdu) : EXCEPTION.illegalFunction
      default:
        return EXCEPTION.illegalFunction
    }
  }

  #diagnose(pdu: Uint8Array): Answer {
    const subFunction = word(pdu, 1)
    // Only "return query data" takes any number of bytes.
    if (subFunction === DIAGNOSTIC.returnQuery) return pdu.length >= 3 ? pdu : EXCEPTION.illegalValue
    if (pdu.length !== 5) return EXCEPTION.illegalValue
    const data = word(pdu, 3)
    if (subFunction === DIAGNOSTIC.restart) {
      if (data !== 0 && data !== CLEAR_LOG) return EXCEPTION.illegalValue
      this.#counters = { ...NO_COUNTS }
      this.#listenOnly = false
      return pdu
    }
    if (data !== 0) return EXCEPTION.illegalValue
    const { busMessages, busErrors, exceptions, serverMessages, unanswered } = this.#counters
    const tell = (value: number): Uint8Array => Uint8Array.of(...pdu.subarray(0, 3), ...bytesOf(value))
    switch (subFunction) {
      case DIAGNOSTIC.listenOnly:
        this.#listenOnly = true
        return pdu
      case DIAGNOSTIC.clearCounters:
        this.#counters = { ...NO_COUNTS }
        return pdu
      case DIAGNOSTIC.busMessages:
        return tell(busMessages)
      case DIAGNOSTIC.busErrors:
        return tell(busErrors)
      case DIAGNOSTIC.exceptions:
        return tell(exceptions)
      case DIAGNOSTIC.serverMessages:
        return tell(serverMessages)
      case DIAGNOSTIC.unanswered:
        return tell(unanswered)
      // It refuses nothing for being busy, loses no characters and keeps no register of its own.
      case DIAGNOSTIC.register:
      case DIAGNOSTIC.negativeAcknowledges:
      case DIAGNOSTIC.busy:
      case DIAGNOSTIC.overruns:
        return tell(0)
      default:
        return EXCEPTION.illegalFunction
    }
  }

  #count(what: keyof Counters): void {
    this.#counters[what] = (this.#counters[what] + 1) & 0xffff
  }
}

const WRITES: ReadonlySet<number> = new Set([
  FUNCTION.writeCoil,
  FUNCTION.writeRegister,
  FUNCTION.writeCoils,
  FUNCTION.writeRegisters,
  FUNCTION.maskWriteRegister
])

/** The one request that leads out of listen-only mode. */
function isRestart(pdu: Uint8Array): boolean {
  return pdu[0] === FUNCTION.diagnostics && word(pdu, 1) === DIAGNOSTIC.restart
}

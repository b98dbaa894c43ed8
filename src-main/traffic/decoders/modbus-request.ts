/** A Modbus request in words and fields: what it asks for (App §6). Pure function of its PDU. */
import { BROADCAST, MAX_QUANTITY, MEI_IDENTIFICATION } from '../../protocol/modbus.ts'
import { diagnosticWords, functionName, objectName, READ_DEVICE_ID } from './modbus-functions.ts'
import { PduReader } from './modbus-reader.ts'
import { bitsInto, registersInto } from './modbus-values.ts'
import { hexOf, hexWord } from './text.ts'

export interface PduWords {
  /** Behind the function's name: `100-109`; empty where there is no more to say. */
  readonly what: string
  readonly reader: PduReader
}

export function requestWords(pdu: Uint8Array): PduWords {
  const reader = new PduReader(pdu)
  const code = reader.byte('Function', (value) => `${value} ${functionName(value)}`)
  const what = describe(code, reader)
  if (reader.left > 0) reader.bytes('More data')
  return { what, reader }
}

/** `7`, `7-16`. */
export function range(address: number, quantity: number): string {
  return quantity > 1 ? `${address}-${address + quantity - 1}` : String(address)
}

function describe(code: number, reader: PduReader): string {
  switch (code) {
    case 1:
    case 2:
      return place(reader, MAX_QUANTITY.readBits)
    case 3:
    case 4:
      return place(reader, MAX_QUANTITY.readRegisters)
    case 5: {
      const address = reader.word('Address')
      return `${address}: ${coilValue(reader)}`
    }
    case 6: {
      const address = reader.word('Address')
      return `${address}: ${reader.register('Value')}`
    }
    case 8:
      return diagnostics(reader)
    case 15: {
      const { address, quantity, words } = placed(reader, MAX_QUANTITY.writeBits)
      reader.count('Byte count', Math.ceil(quantity / 8))
      return `${words}: ${bitsInto(reader, 'Coil', address, quantity)}`
    }
    case 16: {
      const { address, quantity, words } = placed(reader, MAX_QUANTITY.writeRegisters)
      const count = reader.count('Byte count', 2 * quantity)
      return `${words}: ${registersInto(reader, address, count / 2)}`
    }
    case 20:
      return fileGroups(reader, false)
    case 21:
      return fileGroups(reader, true)
    case 22: {
      const address = reader.word('Address')
      const and = reader.word('AND mask', hexWord)
      const or = reader.word('OR mask', hexWord)
      return `${address}: AND ${hexWord(and)}, OR ${hexWord(or)}`
    }
    case 23:
      return readWrite(reader)
    case 24:
      return String(reader.word('FIFO pointer address'))
    case 43:
      return encapsulated(reader)
    default:
      return reader.left > 0 ? hexOf(reader.bytes('Data'), 16) : ''
  }
}

/** 0xFF00 is on, 0 is off, all else is wrong (App §6.5). */
export function coilValue(reader: PduReader): string {
  const shown = (value: number) => (value === 0xff00 ? 'on' : value === 0 ? 'off' : hexWord(value))
  const value = reader.word('Value', shown)
  if (value !== 0xff00 && value !== 0) reader.fault(`coil value ${hexWord(value)}`)
  return shown(value)
}

function placed(reader: PduReader, most: number, of = '') {
  const address = reader.word(of === '' ? 'Address' : `${of} address`)
  const quantity = reader.word(of === '' ? 'Quantity' : `${of} quantity`)
  if (quantity < 1 || quantity > most) reader.fault(`quantity ${quantity}, allowed are 1 to ${most}`)
  if (address + quantity > 0x10000) reader.fault('addresses above 65535')
  return { address, quantity, words: range(address, quantity) }
}

function place(reader: PduReader, most: number): string {
  return placed(reader, most).words
}

function diagnostics(reader: PduReader): string {
  const sub = reader.word('Sub-function', (value) => `${value} ${diagnosticWords(value).name}`)
  const { name, data } = diagnosticWords(sub)
  reader.bytes(data)
  return name
}

/** App §6.14, §6.15: references of seven bytes, with the data behind each where it is written. */
export function fileGroups(reader: PduReader, data: boolean): string {
  const count = reader.count('Byte count')
  if (count !== reader.left) reader.fault(`byte count ${count} instead of ${reader.left}`)
  const words: string[] = []
  for (let group = 1; reader.left > 0 && group <= 35; group++) {
    const type = reader.byte(`Group ${group} reference type`)
    if (type !== 6) reader.fault(`reference type ${type} instead of 6`)
    const file = reader.word(`Group ${group} file`)
    const record = reader.word(`Group ${group} record`)
    const length = reader.word(`Group ${group} record length`)
    if (data) reader.bytes(`Group ${group} data`, 2 * length)
    words.push(`file ${file} record ${range(record, length)}`)
  }
  return words.join(', ')
}

function readWrite(reader: PduReader): string {
  const read = placed(reader, MAX_QUANTITY.readRegisters, 'Read')
  const write = placed(reader, MAX_QUANTITY.readWriteWrites, 'Write')
  const count = reader.count('Byte count', 2 * write.quantity)
  const values = registersInto(reader, write.address, count / 2)
  return `read ${read.words}, write ${write.words}: ${values}`
}

function encapsulated(reader: PduReader): string {
  const mei = reader.byte('MEI type', meiName)
  if (mei !== MEI_IDENTIFICATION) {
    reader.bytes('Data')
    return meiName(mei)
  }
  const what = reader.byte('Read', (code) => `${code} ${READ_DEVICE_ID[code] ?? 'unknown'}`)
  if (READ_DEVICE_ID[what] === undefined) reader.fault(`read code ${what}, allowed are 1 to 4`)
  const object = reader.byte('Object', (id) => `${id} ${objectName(id)}`)
  const from = what === 4 ? objectName(object) : (READ_DEVICE_ID[what] ?? '')
  return `Read Device Identification, ${from}${what !== 4 && object > 0 ? ` from ${object}` : ''}`
}

export function meiName(mei: number): string {
  if (mei === MEI_IDENTIFICATION) return '14 Read Device Identification'
  return mei === 13 ? '13 CANopen General Reference' : String(mei)
}

/** `unit 7`, `all units`. */
export function unitWords(unit: number): string {
  return unit === BROADCAST ? 'all units' : `unit ${unit}`
}

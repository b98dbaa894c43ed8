/** A Modbus answer in words and fields; with its request at hand, values have addresses (App §6). Pure functions. */
import { MEI_IDENTIFICATION, REFUSED } from '../../protocol/modbus.ts'
import { diagnosticWords, exceptionName, functionName, objectName } from './modbus-functions.ts'
import { PduReader } from './modbus-reader.ts'
import { coilValue, fileGroups, meiName, range, type PduWords } from './modbus-request.ts'
import { bitsInto, registersInto } from './modbus-values.ts'
import { hexByte, hexOf, hexWord, readText, shown } from './text.ts'

/** `request`: the PDU that this answers, where it is known. */
export function answerWords(pdu: Uint8Array, request?: Uint8Array): PduWords {
  const reader = new PduReader(pdu)
  const code = reader.byte('Function', (value) => `${value & ~REFUSED} ${functionName(value)}`)
  const what = code & REFUSED ? refused(reader) : describe(code, reader, request)
  if (reader.left > 0) reader.bytes('More data')
  return { what, reader }
}

function refused(reader: PduReader): string {
  const code = reader.byte('Exception', (value) => `${value} ${exceptionName(value)}`)
  return exceptionName(code)
}

function describe(code: number, reader: PduReader, request: Uint8Array | undefined): string {
  const asked = request && { address: word(request, 1), quantity: word(request, 3) }
  switch (code) {
    case 1:
    case 2: {
      reader.count('Byte count', asked ? Math.ceil(asked.quantity / 8) : reader.left - 1)
      const name = code === 1 ? 'Coil' : 'Input'
      return listed(asked, bitsInto(reader, name, asked?.address, asked?.quantity))
    }
    case 3:
    case 4:
    case 23: {
      const count = reader.count('Byte count', asked ? 2 * asked.quantity : reader.left - 1)
      if (count % 2 !== 0) reader.fault(`byte count ${count} is odd`)
      return listed(asked, registersInto(reader, asked?.address, count / 2))
    }
    case 5: {
      const address = reader.word('Address')
      return `${address}: ${coilValue(reader)}`
    }
    case 6: {
      const address = reader.word('Address')
      return `${address}: ${reader.register('Value')}`
    }
    case 7: {
      const status = reader.byte('Exception status', (value) => `0x${hexByte(value)}`)
      return `0x${hexByte(status)}`
    }
    case 8:
      return diagnostics(reader)
    case 11:
      return eventCounter(reader)
    case 12:
      return eventLog(reader)
    case 15:
    case 16: {
      const address = reader.word('Address')
      return range(address, reader.word('Quantity'))
    }
    case 17:
      return serverId(reader)
    case 20:
      return fileData(reader)
    case 21:
      return fileGroups(reader, true)
    case 22: {
      const address = reader.word('Address')
      const and = reader.word('AND mask', hexWord)
      const or = reader.word('OR mask', hexWord)
      return `${address}: AND ${hexWord(and)}, OR ${hexWord(or)}`
    }
    case 24: {
      reader.count('Byte count', reader.left - 2, 2)
      const count = reader.count('FIFO count', (reader.left - 2) / 2, 2)
      if (count > 31) reader.fault(`FIFO count ${count}, allowed are 0 to 31`)
      return listed(undefined, registersInto(reader, undefined, count))
    }
    case 43:
      return encapsulated(reader)
    default:
      return reader.left > 0 ? hexOf(reader.bytes('Data'), 16) : ''
  }
}

function listed(asked: { address: number; quantity: number } | undefined, values: string): string {
  return asked ? `${range(asked.address, asked.quantity)}: ${values}` : values
}

function word(pdu: Uint8Array, at: number): number {
  return (pdu[at] ?? 0) * 256 + (pdu[at + 1] ?? 0)
}

function diagnostics(reader: PduReader): string {
  const sub = reader.word('Sub-function', (value) => `${value} ${diagnosticWords(value).name}`)
  const { name, data } = diagnosticWords(sub)
  if (reader.left === 2 && sub !== 0) return `${name}: ${reader.register(data)}`
  const bytes = reader.bytes(data)
  return bytes.length > 0 ? `${name}: ${hexOf(bytes, 16)}` : name
}

/** 0xFFFF: a command that was sent before is still being carried out (App §6.9). */
function status(reader: PduReader): string {
  const words = (value: number) => (value === 0 ? 'ready' : value === 0xffff ? 'busy' : hexWord(value))
  return words(reader.word('Status', words))
}

function eventCounter(reader: PduReader): string {
  const state = status(reader)
  return `${state}, ${reader.word('Event count')} events`
}

function eventLog(reader: PduReader): string {
  reader.count('Byte count', reader.left - 1)
  const state = status(reader)
  const events = reader.word('Event count')
  const messages = reader.word('Message count')
  for (let number = 1; reader.left > 0 && number <= 64; number++)
    reader.bytes(`Event ${number}`, 1, ([byte = 0]) => eventName(byte))
  return `${state}, ${events} events, ${messages} messages`
}

const SENT_EVENTS = [
  'read exception',
  'server abort exception',
  'server busy exception',
  'server program NAK exception'
]
const BITS_OF_RECEIVED: readonly (readonly [bit: number, words: string])[] = [
  [0x02, 'communication error'],
  [0x10, 'character overrun'],
  [0x20, 'listen only'],
  [0x40, 'broadcast']
]

/** One byte of the event log (App §6.10). */
export function eventName(event: number): string {
  if (event & 0x80) return withBits('received', event, BITS_OF_RECEIVED)
  if (event & 0x40) {
    const bits = [...SENT_EVENTS, 'write timeout', 'listen only'].map(
      (words, bit) => [1 << bit, words] as const
    )
    return withBits('sent', event, bits)
  }
  if (event === 0x04) return 'entered listen only mode'
  return event === 0 ? 'communication restarted' : `0x${hexByte(event)}`
}

function withBits(what: string, event: number, bits: readonly (readonly [number, string])[]): string {
  const words = bits.filter(([bit]) => event & bit).map(([, each]) => each)
  return words.length > 0 ? `${what}: ${words.join(', ')}` : what
}

/** What stands in it is the vendor's (App §6.13): most begin with an id and 0xFF for "running". */
function serverId(reader: PduReader): string {
  reader.count('Byte count', reader.left - 1)
  const bytes = reader.bytes('Server ID', reader.left, textOrHex)
  return textOrHex(bytes)
}

function fileData(reader: PduReader): string {
  const count = reader.count('Byte count')
  if (count !== reader.left) reader.fault(`byte count ${count} instead of ${reader.left}`)
  const words: string[] = []
  for (let group = 1; reader.left > 0 && group <= 35; group++) {
    const length = reader.byte(`Group ${group} length`)
    const type = reader.byte(`Group ${group} reference type`)
    if (type !== 6) reader.fault(`reference type ${type} instead of 6`)
    words.push(hexOf(reader.bytes(`Group ${group} data`, length - 1), 16))
  }
  return words.join(', ')
}

function encapsulated(reader: PduReader): string {
  const mei = reader.byte('MEI type', meiName)
  if (mei !== MEI_IDENTIFICATION) return `${meiName(mei)}: ${hexOf(reader.bytes('Data'), 16)}`
  reader.byte('Read')
  reader.byte('Conformity level', (level) => `0x${hexByte(level)}`)
  const more = reader.byte('More follows', (value) =>
    value === 0 ? 'no' : value === 0xff ? 'yes' : hexByte(value)
  )
  reader.byte('Next object')
  const objects = reader.byte('Number of objects')
  const texts: string[] = []
  for (let object = 0; object < objects && reader.left > 0; object++) {
    const id = reader.byte('Object', (value) => `${value} ${objectName(value)}`)
    const size = reader.byte('Object length')
    texts.push(textOrHex(reader.bytes(objectName(id), size, textOrHex)))
  }
  return `Device Identification: ${texts.join(', ')}${more === 0xff ? ', more follows' : ''}`
}

/** Text where nearly all of it is: what else stands in it is shown as numbers. */
function textOrHex(bytes: Uint8Array): string {
  const letters = bytes.filter((byte) => byte >= 0x20 && byte < 0x7f).length
  return bytes.length > 2 && letters < 0.6 * bytes.length ? hexOf(bytes, 32) : shown(readText(bytes).text)
}

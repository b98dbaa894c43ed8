/** All decoders there are; those that know more of a text come before those that know less. */
import type { DecoderKind } from '../decoder.ts'
import { ansi } from './ansi.ts'
import { at } from './at.ts'
import { cobs } from './cobs.ts'
import { lines } from './lines.ts'
import { modbusAscii } from './modbus-ascii.ts'
import { modbusRtu } from './modbus-rtu.ts'
import { nmea } from './nmea.ts'
import { slip } from './slip.ts'

export const DECODERS: readonly DecoderKind[] = [modbusRtu, modbusAscii, nmea, at, slip, cobs, ansi, lines]

/** As in `--decode modbus-rtu`; undefined: there is none of this name. */
export function decoderKind(id: string): DecoderKind | undefined {
  return DECODERS.find((kind) => kind.id === id)
}

/** What filters may ask decoders for, of all of them. */
export const DECODER_KEYS: readonly string[] = [...new Set(DECODERS.flatMap((kind) => kind.keys))]

/** One Modbus frame as a finding, the same for RTU and ASCII. Called by both decoders. */
import { REFUSED } from '../../protocol/modbus.ts'
import type { Decoded, DecodedField } from '../decoder.ts'
import { answerWords } from './modbus-answer.ts'
import type { Heard, Role } from './modbus-dialogue.ts'
import { functionName } from './modbus-functions.ts'
import { requestWords, unitWords } from './modbus-request.ts'

/** `at`: where the PDU's byte of this number begins in the row. `checkFields`: of the check sum behind it. */
export function frameWords(
  frame: Heard,
  role: Role,
  at: (byte: number) => number,
  checkFields: readonly DecodedField[]
): Decoded {
  const { unit, pdu } = frame
  const asks = role.is !== 'answer'
  const { what, reader } = asks ? requestWords(pdu) : answerWords(pdu, role.of?.pdu)
  const code = pdu[0] ?? 0
  const refused = !asks && (code & REFUSED) !== 0
  const head = `${unitWords(unit)} ${role.is}: ${functionName(code)}`
  const faults = reader.faults.length > 0 ? ` (${reader.faults.join('; ')})` : ''
  const fields: DecodedField[] = [
    { name: 'Unit', value: unit === 0 ? '0 broadcast' : String(unit), from: at(-1), to: at(0) },
    ...reader.fields.map((field) => ({ ...field, from: at(field.from ?? 0), to: at(field.to ?? 0) })),
    ...checkFields
  ]
  if (role.of && role.is === 'answer')
    fields.push(
      { name: 'Answers', value: `row ${role.of.row}` },
      { name: 'Time from request', value: milliseconds(frame.timeNs - role.of.endNs) }
    )
  if (role.is === 'answer' && !role.of) fields.push({ name: 'Answers', value: 'a request that was not seen' })
  if (role.unanswered !== undefined)
    fields.push({ name: 'Before', value: `the request in row ${role.unanswered} had no answer` })
  const unusual = refused || reader.faults.length > 0 || role.is === 'echo'
  return {
    text: `${head}${refused ? ' refused:' : ''}${what === '' ? '' : ` ${what}`}${faults}`,
    verdict: unusual ? 'note' : 'ok',
    fields,
    keys: {
      fc: String(code & ~REFUSED),
      unit: String(unit),
      crc: 'ok',
      type: role.is,
      ...(refused && { exception: String(pdu[1] ?? 0) })
    },
    ...(role.of &&
      role.is === 'answer' && { answers: { row: role.of.row, afterNs: afterNs(frame, role.of) } }),
    ...(role.unanswered !== undefined && { unanswered: [role.unanswered] })
  }
}

/** Both may stand in one row, which has one time. */
function afterNs(answer: Heard, request: Heard): number {
  return Math.max(0, answer.timeNs - request.endNs)
}

function milliseconds(ns: number): string {
  return `${(Math.max(0, ns) / 1e6).toFixed(3)} ms`
}

/** Lines to send as they are kept: in this browser, and in files of macros. Pure. */
import {
  MAX_SEND_TEXT,
  SEND_CHECKS,
  SEND_ENDINGS,
  SEND_MODES,
  type SendCheck,
  type SendEnding,
  type SendLine,
  type SendMode
} from './send-bytes.ts'

/** How the send box stands: each way to write has its own ending, for a frame in hexadecimal has none. */
export interface SendForm {
  readonly mode: SendMode
  readonly check: SendCheck
  readonly textEnding: SendEnding
  readonly hexEnding: SendEnding
}

export const FIRST_FORM: SendForm = { mode: 'text', check: 'none', textEnding: 'crlf', hexEnding: 'none' }

/** Undefined: it is none. */
export function readLine(value: unknown): SendLine | undefined {
  const fields = fieldsOf(value)
  const { text } = fields
  const mode = SEND_MODES.find((each) => each === fields.mode)
  const check = SEND_CHECKS.find((each) => each === fields.check)
  const ending = SEND_ENDINGS.find((each) => each === fields.ending)
  if (!mode || !check || !ending || typeof text !== 'string' || text.length > MAX_SEND_TEXT) return undefined
  return { mode, text, check, ending }
}

/** What is not there, or makes no sense, is as at first. */
export function readForm(text: string | undefined): SendForm {
  const fields = fieldsOf(parsed(text ?? ''))
  return {
    mode: SEND_MODES.find((each) => each === fields.mode) ?? FIRST_FORM.mode,
    check: SEND_CHECKS.find((each) => each === fields.check) ?? FIRST_FORM.check,
    textEnding: SEND_ENDINGS.find((each) => each === fields.textEnding) ?? FIRST_FORM.textEnding,
    hexEnding: SEND_ENDINGS.find((each) => each === fields.hexEnding) ?? FIRST_FORM.hexEnding
  }
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Undefined: no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Values as ser2net writes them. Pure; each throws NotImportable where the value is none. */
import { NotImportable } from './found.ts'

/** gensio_check_keybool's words. */
export function readBoolean(value: string): boolean {
  switch (value.trim().toLowerCase()) {
    case 'true':
    case 'on':
    case 'yes':
    case '1':
      return true
    case 'false':
    case 'off':
    case 'no':
    case '0':
      return false
    default:
      throw new NotImportable('it is neither true nor false')
  }
}

/** As strtoul with base 0: decimal, `0x…`, and octal behind a 0. */
export function readCount(value: string, most: number): number {
  const text = value.trim()
  const number = /^0[0-7]+$/.test(text)
    ? Number.parseInt(text, 8)
    : /^(?:\d+|0x[\da-f]+)$/i.test(text)
      ? Number(text)
      : NaN
  if (number <= most) return number
  throw new NotImportable(`it is no number from 0 to ${most}`)
}

/** Seconds that a timer can wait for. */
const MAX_TIMEOUT_SECONDS = 2_000_000

/** Seconds; 0 is never. */
export function readTimeout(value: string): number {
  return readCount(value, MAX_TIMEOUT_SECONDS)
}

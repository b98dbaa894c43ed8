/** Where programs here are to find the far port, as `farport connect` is told: `--pty LINK`, `--usb NAME`, `--com COM7`, `--as auto`, `--via`. */
import { Fault } from '../../contract/faults.ts'
import type { LinkSpec } from '../../contract/commands.ts'
import { formatVirtual, readVirtual, VIA_WAYS, VIRTUAL_KINDS } from '../../contract/virtual.ts'
import { shownTarget } from '../../ports/program/secrets.ts'
import { filled, flag, oneOf, value, type Given } from './options.ts'

export const VIRTUAL_OPTIONS = {
  pty: { type: 'string' },
  usb: { type: 'string' },
  com: { type: 'string' },
  as: { type: 'string' },
  via: { type: 'string' },
  mode: { type: 'string' },
  user: { type: 'string' },
  group: { type: 'string' }
} as const

const PLACES = ['pty', 'usb', 'com'] as const
const RIGHTS = ['mode', 'user', 'group'] as const

/** Windows has no pseudo-terminals, so there the best of what it has. */
const USUAL = process.platform === 'win32' ? 'auto:' : 'pty:'

/** The options that say where, as they were typed. */
export function givenPlaces(given: Given): string[] {
  return [...PLACES, 'as' as const].flatMap((name) =>
    flag(given, name) ? [`--${name} ${value(given, name) ?? ''}`] : []
  )
}

/** What stands in `to`. `second`: an end that was named without an option. Throws `usage`. */
export function readPlace(second: string | undefined, given: Given): string {
  const [one, other] = givenPlaces(given)
  if (one !== undefined && other !== undefined)
    throw new Fault('usage', `${one} and ${other} are two places for one port. Leave out one of the two.`)
  if (second !== undefined && one !== undefined)
    throw new Fault(
      'usage',
      `${one} is the second end already. Leave out "${shownTarget(second)}", or ${one}.`
    )
  if (second !== undefined) return second
  const kind = oneOf(given, 'as', VIRTUAL_KINDS)
  if (kind) return formatVirtual({ kind, at: '' })
  for (const name of PLACES) {
    const at = filled(given, name)
    if (at !== undefined) return formatVirtual({ kind: name, at })
  }
  return USUAL
}

/** `--via`; whether it goes with the place is said by who makes it. */
export function readVia(given: Given): Pick<LinkSpec, 'via'> {
  const via = oneOf(given, 'via', VIA_WAYS)
  return via ? { via } : {}
}

/** `--mode`, `--user` and `--group`, which a pseudo-terminal alone has. Throws `usage`. */
export function readRights(to: string, given: Given): NonNullable<LinkSpec['pty']> {
  const option = RIGHTS.find((each) => flag(given, each))
  const kind = readVirtual(to)?.kind
  if (option !== undefined && kind !== 'pty')
    throw new Fault(
      'usage',
      kind
        ? `--${option} is for a pseudo-terminal (--pty), and this is ${kind}:. Leave it out.`
        : `--${option} is for a virtual port (--pty), and here is none. Leave it out.`
    )
  const mode = value(given, 'mode')
  const user = value(given, 'user')
  const group = value(given, 'group')
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode))
    throw new Fault('usage', `--mode ${mode} is no file mode. Give three octal digits, e.g. 660.`)
  return {
    ...(mode !== undefined && { mode: parseInt(mode, 8) }),
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group })
  }
}

/** What can be wrong with where a virtual port is asked for, found without looking at the system. Called by links.ts. */
import type { LinkSpec } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import { readVirtual, type VirtualPlace } from '../../contract/virtual.ts'
import { deviceFileName } from '../names.ts'

/** Windows' own list of COM numbers ends here. */
const MAX_COM = 4096

/** Throws `usage`: the place is none, or `via` or the rights of a file stand beside a kind that has none. */
export function checkPlace(place: VirtualPlace | undefined, { via, pty = {} }: LinkSpec): void {
  if (via && place?.kind !== 'com' && place?.kind !== 'auto')
    throw new Fault('usage', `--via ${via} says what makes a COM port, and here is none. Leave it out.`)
  const [right] = Object.keys(pty)
  if (right !== undefined && place?.kind !== 'pty')
    throw new Fault(
      'usage',
      `--${right} is for a pseudo-terminal, and this is another kind of port. Leave it out, or use --pty.`
    )
  if (place?.kind === 'com') checkCom(place.at)
  if (place?.kind === 'usb' || place?.kind === 'auto') checkDeviceName(place)
}

/** Undefined: it is no virtual port. `pty:` alone can be joined to another of its kind. Throws `usage` for any other. */
export function ptyTarget(target: string): VirtualPlace | undefined {
  const place = readVirtual(target)
  if (!place || place.kind === 'pty') return place
  throw new Fault(
    'usage',
    `${target} is for programs here to open, and its other end has to be a port. Of two virtual ports both are pty:.`
  )
}

/** Where the number is left to us there is none. */
function checkCom(at: string): void {
  const [, digits = ''] = /^COM([1-9]\d{0,3})$/i.exec(at) ?? []
  if (at !== '' && (digits === '' || Number(digits) > MAX_COM))
    throw new Fault(
      'usage',
      `"${at}" is no COM port. Give COM1 to COM${MAX_COM}, or leave it out for a free one.`
    )
}

function checkDeviceName({ kind, at }: VirtualPlace): void {
  const file = at === '' ? at : deviceFileName(at)
  if (file === at) return
  throw new Fault(
    'usage',
    `"${at}" cannot be what a port is called (${kind}:). Give a name of letters, digits, ".", "-" and "_": ${file}`
  )
}

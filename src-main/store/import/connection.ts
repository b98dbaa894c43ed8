/** What the connections of both kinds of files have in common: ser2net's own options, with the defaults before them. */
import { readEnd } from './accepter.ts'
import type { Defaults } from './defaults.ts'
import type { Draft } from './draft.ts'
import { NotImportable, type Place } from './found.ts'
import { guardsAccess, isConnectionOption, setOption } from './options.ts'
import { plainName } from './serial.ts'
import { readStack } from './stack.ts'

/** Before the connection's own options. Throws NotImportable where a default that keeps strangers out is lost. */
export function takeDefaults(draft: Draft, defaults: Defaults): void {
  if (defaults.lostGuard !== undefined) throw new NotImportable(`the default of ${defaults.lostGuard}`)
  for (const [name, value] of defaults.of('ser2net'))
    if (isConnectionOption(name)) setOption(draft, name, value)
}

/** `shown`: how the file has it. Throws NotImportable where the connection must not be there without it; else a note is left. */
export function takeOption(
  draft: Draft,
  defaults: Defaults,
  name: string,
  value: string,
  shown: string,
  place: Place
): void {
  try {
    if (plainName(name) === 'connback')
      draft.dial.push(...connectBacks(value, defaults, (reason) => draft.note(shown, reason, place)))
    else setOption(draft, name, value)
  } catch (error) {
    if (!(error instanceof NotImportable)) throw error
    if (guardsAccess(name)) throw new NotImportable(`remaddr: ${error.message}`)
    draft.note(shown, error.message, place)
  }
}

function connectBacks(
  value: string,
  defaults: Defaults,
  note: (reason: string) => void
): { url: string; when: 'data' }[] {
  return value
    .split(';')
    .filter((each) => each.trim() !== '')
    .flatMap((each) => {
      const { urls, notes } = readEnd(readStack(each), defaults, 'dial')
      for (const [, reason] of notes) note(reason)
      return urls
    })
    .map((url) => ({ url, when: 'data' }))
}

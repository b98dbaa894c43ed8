import type { Context } from './context.ts'
import { readDoors } from './doors.ts'
import { checkLink } from './links.ts'
import type { Placed } from './placed.ts'
import { checkWords } from './shares.ts'

/** Throws the Fault of the command that starts such a thing, where no device, address or time could mend it. Opens nothing. */
export function checkPlaced(what: Placed, context: Context): void {
  // What is worth a warning is told when it is started.
  const quiet: Context = { ...context, report: () => undefined }
  switch (what.kind) {
    case 'share':
      checkWords({ ...what.entry, pooled: true }, quiet)
      break
    case 'link':
      checkLink(what.entry, quiet)
      break
    case 'rotator':
      readDoors(what.entry)
  }
}

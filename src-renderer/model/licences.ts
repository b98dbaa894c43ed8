/** The licences of what is used: the build writes them beside the page (scripts/notices.ts). */
import { Fault } from '../../src-main/contract/faults.ts'
import { words } from '../words/words.ts'

const BESIDE = 'THIRD-PARTY-NOTICES.txt'

/** Rejects with `unsupported` where they are not there. */
export async function readLicences(): Promise<string> {
  const answer = await fetch(BESIDE).catch(() => undefined)
  if (answer?.ok !== true) throw new Fault('unsupported', words.settings.licencesLost)
  return answer.text()
}

/** The doctor's questions about the keys of this computer's installations. Pure: facts in, findings out. Called by core/doctor. */
import type { Finding } from '../contract/findings.ts'
import { CERTIFICATE_FILE, formatId } from '../peers/identity.ts'
import { shellWord } from './doctor-fixes.ts'
import type { KeyFacts } from './doctor-key-facts.ts'

const OTHERS = 0o077
const ID_DIGITS = 16

export function checkKeys({
  keys,
  platform
}: {
  keys: readonly KeyFacts[]
  platform: NodeJS.Platform
}): Finding[] {
  return keys.flatMap((each) => checkKey(each, platform))
}

function checkKey({ kind, folder, file, key, fits }: KeyFacts, platform: NodeJS.Platform): Finding[] {
  const subject = kind === 'user' ? 'key' : 'key of the service'
  const problem = (message: string, fix: string): Finding[] => [{ level: 'problem', subject, message, fix }]
  // Windows has no such modes: the folder of a user is his.
  const hasModes = platform !== 'win32'
  const root = kind === 'system' ? 'sudo ' : ''
  if (hasModes && folder.mode & OTHERS)
    return problem(
      `its folder ${folder.path} is open to other users`,
      `${root}chmod 700 ${shellWord(folder.path)}`
    )
  if (key === 'closed')
    return problem(
      `${file?.path ?? folder.path} cannot be read, so this computer cannot prove who it is`,
      `See whose it is: ls -l ${shellWord(folder.path)}`
    )
  if (key === 'none' || !file) return []
  const path = shellWord(file.path)
  if (hasModes && file.mode & OTHERS)
    return problem(`${file.path} is open to other users`, `${root}chmod 600 ${path}`)
  if (hasModes && file.uid !== folder.uid)
    return problem(`${file.path} belongs to another user than its folder`, `sudo chown ${folder.uid} ${path}`)
  if (key === 'broken')
    return problem(
      `${file.path} holds no P-256 key`,
      'Put it back from a backup; or move it away to get a new identity, and pair every computer again'
    )
  if (fits === false)
    return [
      {
        level: 'warning',
        subject,
        message: `${CERTIFICATE_FILE} beside ${file.path} is for another key`,
        fix: 'Start Farport again: it makes a new one'
      }
    ]
  return [
    { level: 'ok', subject, message: `in order; this computer is ${formatId(key.id.slice(0, ID_DIGITS))} …` }
  ]
}

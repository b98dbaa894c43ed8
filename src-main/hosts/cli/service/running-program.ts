import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ownProgram } from './own-program.ts'

/** The words that start this very command again. */
export function runningProgram(): readonly [string, ...string[]] {
  return ownProgram({
    platform: process.platform,
    execPath: process.execPath,
    node: [nodePath(), realpathSync(process.argv[1] ?? '')],
    isApp: 'electron' in process.versions,
    environment: process.env,
    isThere: existsSync
  })
}

/** The name of Node.js that stays when it is updated, such as /usr/bin/node, rather than the file of one version behind it. */
function nodePath(): string {
  const real = realpathSync(process.execPath)
  const folders = (process.env.PATH ?? '').split(delimiter).filter((each) => each.startsWith('/'))
  const named = folders.map((folder) => join(folder, 'node'))
  return named.find((path) => existsSync(path) && realpathSync(path) === real) ?? process.execPath
}

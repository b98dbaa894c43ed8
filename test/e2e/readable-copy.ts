import { chmodSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { TOP, temporaryFolder } from './cli.ts'

/** A copy of the built command in a folder of the test's own that everybody may read: a checkout may be its owner's alone. */
export function readableCopy(): { readonly folder: string; readonly farport: string } {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  for (const each of ['dist/main', 'node_modules/koffi', 'node_modules/@koromix', 'package.json'])
    cpSync(join(TOP, each), join(folder, each), { recursive: true })
  return { folder, farport: join(folder, 'dist/main/farport.js') }
}

/** Where the app's pictures are: `assets/icons`, beside what was built. */
import { join } from 'node:path'

export function icon(name: string): string {
  return join(import.meta.dirname, '../../assets/icons', name)
}

/** The help texts: what each command does, its options, examples that can be pasted; with ports as this system calls them. */
import { withOwnDevices } from '../../os/example-device.ts'
import { CAPTURE_HELP } from './help/capture.ts'
import { COMMANDING_HELP } from './help/commanding.ts'
import { COMPUTERS_HELP } from './help/computers.ts'
import { OVERVIEW } from './help/overview.ts'
import { RUNNING_HELP } from './help/running.ts'
import { SHARING_HELP } from './help/sharing.ts'
import { TALKING_HELP } from './help/talking.ts'

const HELP: Readonly<Record<string, string>> = {
  ...SHARING_HELP,
  ...TALKING_HELP,
  ...CAPTURE_HELP,
  ...COMMANDING_HELP,
  ...COMPUTERS_HELP,
  ...RUNNING_HELP
}

/** Of that command; of all of them where it is none. */
export function helpFor(command: string | undefined): string {
  return withOwnDevices(HELP[command ?? ''] ?? OVERVIEW)
}

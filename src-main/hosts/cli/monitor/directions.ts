import type { Direction } from '../../../contract/traffic.ts'

/** As filters and options say it (seen from this computer), and as it stands in records. */
export const DIRECTION_WORDS: Readonly<Record<'tx' | 'rx', Direction>> = {
  tx: 'to-device',
  rx: 'from-device'
}

/** What the hint line says, and what its button does. Pure. */
import { DATA_BITS, formatLine, type LineSettings, type LineWish } from '../../../src-main/contract/line.ts'
import type { BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import { words } from '../../words/words.ts'

export interface GarbledHint {
  readonly text: string
  /** What speaks for it. */
  readonly why: string
  /** Undefined: it cannot be told from the data what to try. */
  readonly trial?: { readonly label: string; readonly wish: LineWish }
}

/** `inForce`: of the port now; undefined: it is not open, or a file is shown, and nothing can be tried. */
export function garbledHint(finding: BaudFinding, inForce: LineSettings | undefined): GarbledHint {
  const say = words.monitorFind
  const { settings, why } = finding
  const isFrame = settings?.parity !== undefined || settings?.dataBits !== undefined
  const text = isFrame ? say.garbledFrame : say.garbled
  if (!settings || !inForce || !DATA_BITS.includes(settings.dataBits ?? 8)) return { text, why }
  // A frame is told as a whole: 7E1 is one stop bit.
  const wish: LineWish = { ...settings, ...(isFrame && { stopBits: 1 as const }) }
  const rate = settings.baudRate === undefined ? '' : String(settings.baudRate)
  const frame = isFrame ? formatLine({ ...inForce, ...wish }) : ''
  return {
    text,
    why,
    trial: { label: say.tryIt([rate, frame].filter((each) => each !== '').join(' ')), wish }
  }
}

/** What is shown and done about the line of one port: by the settings chip, and by its editor. */
import type { Capabilities, ControlLines, LineSettings, LineWish } from '../../src-main/contract/line.ts'

export interface LineDesk {
  /** Of the port; for those who do not see where it stands. */
  readonly name: string
  readonly settings: LineSettings
  /** Who set them: `workshop-pc`; absent: nobody changed them. */
  readonly setBy?: string | undefined
  /** Absent: nobody can tell before it is open. */
  readonly capabilities?: Capabilities | undefined
  /** Absent: it is not open, and there is nothing to drive. */
  readonly lines?: ControlLines | undefined
  /** Answers what the device really took. */
  readonly onapply: (wish: LineWish) => Promise<LineSettings>
  readonly oncontrol: (wish: Partial<Pick<ControlLines, 'dtr' | 'rts'>>) => Promise<unknown>
  readonly onbreak: () => Promise<unknown>
}

/** Those that devices have, the usual ones; any other number may be typed. In bit/s. */
export const COMMON_BAUD_RATES = [
  300, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000,
  2_000_000
] as const

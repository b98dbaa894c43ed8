/** What the settings chip of a share shows. Pure. */
import {
  DEFAULT_SETTINGS,
  type Capabilities,
  type ControlLines,
  type LineSettings
} from '../../src-main/contract/line.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { originWords } from './links.ts'

export interface ShownLine {
  readonly settings: LineSettings
  /** Who set them; absent: they are its own. */
  readonly setBy?: string
  readonly capabilities?: Capabilities
  /** While it is open. */
  readonly lines?: ControlLines
}

type Lined = Pick<BridgeState, 'state' | 'own' | 'setBy' | 'carried'>

export function lineOf({ share }: { readonly share?: Lined }): ShownLine {
  const { state, own, setBy, carried } = share ?? {}
  if (state?.type !== 'open') return { settings: { ...DEFAULT_SETTINGS, ...own } }
  const by = originWords(setBy)
  return {
    settings: state.settings,
    lines: state.lines,
    ...(by !== undefined && { setBy: by }),
    ...(carried && {
      capabilities: {
        settings: new Set(carried.settings),
        control: new Set(carried.control),
        modem: new Set(carried.modem)
      }
    })
  }
}

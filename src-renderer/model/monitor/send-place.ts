/** Whether there is anything to send to, from what is watched. Pure. */
import type { StateTree } from '../../../src-main/contract/state.ts'
import { words } from '../../words/words.ts'
import type { MonitorTarget } from './contract.ts'

export type SendPlace =
  | { readonly type: 'yes'; readonly id: string }
  /** A sentence with what to do. */
  | { readonly type: 'no'; readonly why: string }

export function sendPlace(target: MonitorTarget, { bridges }: Pick<StateTree, 'bridges'>): SendPlace {
  if (target.type === 'file') return { type: 'no', why: words.monitorSend.isFile }
  if (target.type === 'port') return { type: 'no', why: words.monitorSend.isWatched }
  const bridge = Object.hasOwn(bridges, target.id) ? bridges[target.id] : undefined
  if (!bridge) return { type: 'no', why: words.monitorSend.isGone }
  if (bridge.onlyWatches) return { type: 'no', why: words.monitorSend.isOnlyWatched }
  if (!bridge.enabled) return { type: 'no', why: words.monitorSend.isOff(bridge.name) }
  return { type: 'yes', id: bridge.id }
}

/** What history and form are kept by. */
export function sendKey(target: MonitorTarget): string {
  switch (target.type) {
    case 'recording':
      return target.id
    case 'port':
      return `port:${target.port.target}`
    case 'file':
      return 'file'
  }
}

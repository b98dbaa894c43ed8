/** What can be done about what is near: the page knows how, its rows ask for it. */
import type { NetworkGroup, NetworkPort } from '../model/network.ts'

export interface NetworkActions {
  readonly connect: (port: NetworkPort) => Promise<unknown>
  /** Asks for a name and a place first. */
  readonly connectAs: (port: NetworkPort) => void
  readonly terminal: (port: NetworkPort) => Promise<unknown>
  /** What passes there, without a link of its own. */
  readonly monitor: (port: NetworkPort) => void
  readonly watch: (port: NetworkPort) => Promise<unknown>
  /** Connects, and asks whoever has the control for it. */
  readonly ask: (port: NetworkPort) => Promise<unknown>
  readonly copy: (port: NetworkPort) => Promise<unknown>
  /** The link that is there. */
  readonly show: (port: NetworkPort) => void
  readonly pair: (group: NetworkGroup) => void
  readonly permissions: (group: NetworkGroup) => void
  readonly forget: (group: NetworkGroup) => Promise<unknown>
  readonly unblock: (group: NetworkGroup) => Promise<unknown>
}

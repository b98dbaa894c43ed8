/** What the commands of a running instance work on. Made by instance.ts. */
import type { Clock } from '../../base/clock.ts'
import type { Settings } from '../../contract/settings.ts'
import type { StateTree } from '../../contract/state.ts'
import type { ServiceArguments, ServiceCommand, ServiceResult } from '../../contract/service-commands.ts'
import type { Identity as Key } from '../../peers/identity.ts'
import type { TrustStore } from '../../peers/trust.ts'
import type { Identity } from '../../rpc/permitted.ts'
import type { Change } from '../../store/settings-file.ts'
import type { Core } from '../core.ts'
import type { Captures } from '../recording/captures.ts'
import type { FarShares } from './far-shares.ts'
import type { Host } from './host.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Peers } from './peers.ts'
import type { Terminals } from './terminals.ts'

export interface House {
  readonly core: Core
  readonly clock: Clock
  readonly key: Key
  readonly trust: TrustStore
  readonly peers: Peers
  readonly far: FarShares
  readonly near: Neighbourhood
  readonly host: Host
  readonly terminals: Terminals
  readonly captures: Captures
  readonly settings: Settings
  /** Everything, as the owner sees it. */
  readonly state: StateTree
  /** Changes the settings on the disk, and then what runs; resolves with the bytes that were lost. Rejects as SettingsFile.update. */
  change(change: Change): Promise<number>
  /** Tries everything that waits now; `id`: what is called so alone: whether there is such a one. */
  retry(id?: string): boolean
  /** Reads the settings anew; whether anything is different. */
  reload(): Promise<boolean>
}

/** The commands' bodies; arguments fit the table, and whoever calls may. */
export type Handlers = {
  readonly [Name in ServiceCommand]: (
    args: ServiceArguments<Name>,
    who: Identity,
    signal: AbortSignal
  ) => Promise<ServiceResult<Name>>
}

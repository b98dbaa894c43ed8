/**
 * The way to paired computers for a command that runs by itself, while no instance of Farport is asked: with the user's own key, and
 * whom the settings file trusts. Reads both and writes neither, so that any number of them go side by side, and beside an instance.
 */
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { Offer } from '../contract/state.ts'
import type { NearbyFarports, PeerWays } from '../peers/ways.ts'
import type { RpcClient } from '../rpc/client.ts'
import type { Farports } from './context.ts'
import { instancePaths, type PathsEnvironment } from './instance-paths.ts'
import type { LocalTrust } from './local-trust.ts'

const UNWATCHED =
  'That a computer is forgotten (farport pair remove) is not noticed here (the system cannot watch the settings): end this command then.'

/**
 * Everything is read when a share is dialled, each time: somebody may have paired meanwhile. The connection ends when its peer is
 * trusted no more. `dialShare` rejects with `peer-not-paired` where nobody is trusted at all, with `settings-access`, `settings-newer`,
 * `settings-broken` or `identity-broken`. Who only watches there is warned, with who writes.
 */
export function localFarports(from: PathsEnvironment = {}, nearby?: NearbyFarports): Farports {
  return {
    dialShare: async (wish, options) => {
      const { warn } = options
      const { ways, own, trust } = await localWays(wish.peer, from, nearby, () => warn?.(UNWATCHED))
      try {
        const connection = await ways.dialShare(wish, options)
        connection.onClose(() => trust.dispose())
        const look = warn && { ways, own, wish, onClose: connection.onClose, warn, clock: systemClock }
        if (look) void import('./who-writes.ts').then(({ tellWhoWrites }) => tellWhoWrites(look))
        return connection
      } catch (error) {
        trust.dispose()
        throw error
      }
    }
  }
}

/** What `peer` offers this computer. Rejects as `dialShare`, or with a Fault of the kind `peer`. */
export async function localOffer(
  peer: string,
  signal: AbortSignal,
  from: PathsEnvironment = {},
  nearby?: NearbyFarports
): Promise<Offer> {
  const { askOffer } = await import('./instance/offer.ts')
  const { ways, trust } = await localWays(peer, from, nearby)
  try {
    return await askOffer(ways, peer, systemClock, signal)
  } finally {
    trust.dispose()
  }
}

/** The contract of a paired computer, as it shows it to us. Rejects as `dialShare`. */
export async function localRpc(
  peer: string,
  signal: AbortSignal,
  from: PathsEnvironment = {},
  nearby?: NearbyFarports
): Promise<{ readonly client: RpcClient } & Disposable> {
  const { ways, trust } = await localWays(peer, from, nearby)
  try {
    const { client } = await ways.dialRpc(peer, signal)
    return {
      client,
      dispose: () => {
        client.dispose()
        trust.dispose()
      }
    }
  } catch (error) {
    trust.dispose()
    throw error
  }
}

interface LocalWays {
  readonly ways: PeerWays
  /** Our id. */
  readonly own: string
  /** The caller's to dispose. */
  readonly trust: LocalTrust
}

async function localWays(
  peer: string,
  from: PathsEnvironment,
  nearby: NearbyFarports | undefined,
  unwatched?: () => void
): Promise<LocalWays> {
  const { LocalTrust } = await import('./local-trust.ts')
  const trust = await LocalTrust.open(from, unwatched)
  try {
    if (!trust.store.all.some((each) => each.trust === 'trusted'))
      throw new Fault(
        'peer-not-paired',
        `This computer is paired with none yet: farport pair ${peer}, and compare the digits there.`
      )
    const { loadIdentity } = await import('../peers/identity.ts')
    const { PeerWays } = await import('../peers/ways.ts')
    const identity = await loadIdentity(instancePaths('user', from).directory)
    return {
      ways: new PeerWays({ identity, trust: trust.store, ...(nearby && { nearby }) }),
      own: identity.id,
      trust
    }
  } catch (error) {
    trust.dispose()
    throw error
  }
}

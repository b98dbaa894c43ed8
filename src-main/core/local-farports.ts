/**
 * The way to paired computers for a command that runs by itself, while no instance of Farport is asked: with the user's own key, and
 * whom the settings file trusts. Reads both and writes neither, so that any number of them go side by side, and beside an instance.
 */
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { Fault, toFault } from '../contract/faults.ts'
import { FRESH_SETTINGS, type PeerEntry } from '../contract/settings.ts'
import type { Offer } from '../contract/state.ts'
import type { PeerWays } from '../peers/ways.ts'
import { copyOf } from '../store/first-reading.ts'
import { readPrivate } from '../store/private-file.ts'
import { readSettings } from '../store/settings-text.ts'
import type { Farports } from './context.ts'
import { instancePaths, type PathsEnvironment } from './instance-paths.ts'

/**
 * Everything is read when a share is dialled, each time: somebody may have paired meanwhile. `dialShare` rejects with `peer-not-paired`
 * where nobody is trusted at all, with `settings-access`, `settings-newer`, `settings-broken` or `identity-broken`. Who only watches there is
 * warned, with who writes.
 */
export function localFarports(from: PathsEnvironment = {}): Farports {
  return {
    dialShare: async (wish, options) => {
      const { ways, own } = await localWays(wish.peer, from)
      const connection = await ways.dialShare(wish, options)
      const { warn } = options
      const look = warn && { ways, own, wish, onClose: connection.onClose, warn, clock: systemClock }
      if (look) void import('./who-writes.ts').then(({ tellWhoWrites }) => tellWhoWrites(look))
      return connection
    }
  }
}

/** What `peer` offers this computer. Rejects as `dialShare`, or with a Fault of the kind `peer`. */
export async function localOffer(
  peer: string,
  signal: AbortSignal,
  from: PathsEnvironment = {}
): Promise<Offer> {
  const { askOffer } = await import('./instance/offer.ts')
  const { ways } = await localWays(peer, from)
  return askOffer(ways, peer, systemClock, signal)
}

/** `own`: our id. */
async function localWays(
  peer: string,
  from: PathsEnvironment
): Promise<{ readonly ways: PeerWays; readonly own: string }> {
  const peers = await knownPeers(from)
  if (!peers.some(({ trust }) => trust === 'trusted'))
    throw new Fault(
      'peer-not-paired',
      `This computer is paired with none yet: farport pair ${peer}, and compare the digits there.`
    )
  const { loadIdentity } = await import('../peers/identity.ts')
  const { TrustStore } = await import('../peers/trust.ts')
  const { PeerWays } = await import('../peers/ways.ts')
  const trust = new TrustStore({ peers, save: () => Promise.reject(readOnly()) })
  const identity = await loadIdentity(instancePaths('user', from).directory)
  return { ways: new PeerWays({ identity, trust }), own: identity.id }
}

/** Whom the settings file knows, trusted or blocked, as an instance would read it: the copy of the last good one included. Rejects as `dialShare`. */
export async function knownPeers(from: PathsEnvironment = {}): Promise<readonly PeerEntry[]> {
  const { FARPORT_CONFIG: named } = from.environment ?? process.env
  const path = named ? resolve(named) : instancePaths('user', from).settings
  try {
    return (await peersIn(path)) ?? FRESH_SETTINGS.peers
  } catch (error) {
    const fault = toFault(error)
    if (fault.code !== 'settings-broken') throw fault
    const copy = await peersIn(copyOf(path)).catch(() => undefined)
    if (copy) return copy
    throw fault
  }
}

async function peersIn(path: string): Promise<readonly PeerEntry[] | undefined> {
  const text = await readPrivate(path)
  return text === undefined ? undefined : readSettings(text, path).settings.peers
}

function readOnly(): Fault {
  return new Fault('bug', 'Whom a command trusts cannot be changed by it. Please report it.')
}

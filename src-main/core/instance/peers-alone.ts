/**
 * Pairing, and what peers may do, while no Farport runs here: for the time of one command it has the key, the settings and their lock, and
 * nothing listens or is shared. Called by the command line.
 */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { TrustStore } from '../../peers/trust.ts'
import { loadIdentity } from '../../peers/identity.ts'
import { SettingsFile, type Change } from '../../store/settings-file.ts'
import type { InstancePaths } from '../instance-paths.ts'
import { LocalNearby } from '../local-nearby.ts'
import { nearbyCommands, type NearbyCommands } from './nearby-commands.ts'
import { pairingCommands, type PairingCommands } from './pairing-commands.ts'
import { peerCommands, type PeerCommands } from './peer-commands.ts'
import { Peers } from './peers.ts'

export interface PeersAlone extends Disposable {
  readonly commands: PairingCommands & PeerCommands & NearbyCommands
  /** Resolves when all that was changed is on the disk. */
  close(): Promise<void>
}

/**
 * `paths`: prepared, and their lock is the caller's. `settingsPath` names another settings file. `tell`: what is wrong with the settings. Rejects
 * as Instance.open.
 */
export async function openPeersAlone(
  paths: InstancePaths,
  settingsPath: string | undefined,
  tell: (text: string) => void
): Promise<PeersAlone> {
  const place = settingsPath
    ? { path: resolve(settingsPath), ownFolder: false }
    : { path: paths.settings, ownFolder: true }
  const file = await SettingsFile.open({ place, report: ({ message }) => tell(message) })
  try {
    const trust = new TrustStore({
      get peers() {
        return file.settings.peers
      },
      save: async (change) => {
        await file.update((settings) => ({ ...settings, peers: [...change(settings.peers)] }))
      }
    })
    const key = await loadIdentity(paths.directory)
    const nearby = new LocalNearby(tell)
    const peers = new Peers({
      key,
      trust,
      clock: systemClock,
      name: () => file.settings.name ?? hostname(),
      settings: () => file.settings,
      share: () => undefined,
      serve: () => undefined,
      // Whoever called is told by the answers.
      tell: () => undefined,
      nearby
    })
    const house = {
      key,
      peers,
      trust,
      clock: systemClock,
      get settings() {
        return file.settings
      },
      change: (change: Change) => file.update(change)
    }
    return {
      commands: { ...pairingCommands(house), ...peerCommands(house), ...nearbyCommands(house) },
      close: () => file.close(),
      dispose: () => {
        peers.dispose()
        nearby.dispose()
      }
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

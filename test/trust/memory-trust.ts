import type { PeerEntry } from '../../src-main/contract/settings.ts'
import { TrustStore } from '../../src-main/peers/trust.ts'

/** A trust store that is nowhere else; empty. */
export function memoryTrust(): TrustStore {
  let peers: readonly PeerEntry[] = []
  return new TrustStore({
    get peers() {
      return peers
    },
    save: (change) => {
      peers = change(peers)
      return Promise.resolve()
    }
  })
}

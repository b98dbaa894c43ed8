/** Which share of another Farport a link of the settings uses, and as which use. Pure. Called by far-shares.ts. */
import type { LinkEntry } from '../../contract/settings.ts'
import { formatAddress } from '../../net/endpoint.ts'
import { looksLikeFarportUrl, parseShareUrl } from '../../net/farport-url.ts'
import { useOfEntry, useOfFarEnd } from '../use.ts'

export interface FarLink {
  readonly id: string
  readonly name: string
  /** As people wrote it. */
  readonly peer: string
  readonly share: string
  readonly use: string
  /** Which of the link's ports it is, as `Core.linkPorts` has them. */
  readonly end: 0 | 1
}

/** Undefined: it uses none. Of a cable between two of them it is the near one. */
export function farLinkOf({ id, name, port, to }: LinkEntry): FarLink | undefined {
  const use = useOfEntry(id)
  const near = wishOf(port.target)
  if (near) return { id, name, ...near, use, end: 0 }
  const far = wishOf(to)
  return far && { id, name, ...far, use: useOfFarEnd(use), end: 1 }
}

function wishOf(target: string): Pick<FarLink, 'peer' | 'share'> | undefined {
  if (!looksLikeFarportUrl(target)) return undefined
  try {
    const { peer, port, share } = parseShareUrl(target)
    return { peer: port === undefined ? peer : formatAddress(peer, port), share }
  } catch {
    // The link itself says what is wrong with it.
    return undefined
  }
}

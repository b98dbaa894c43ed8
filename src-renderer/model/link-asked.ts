/** A `farport://` link that another program opened: what the page asks about. The app, which has it from the system, has checked it before. */

export interface LinkAsked {
  /** The link itself. */
  readonly target: string
  /** As people call them. */
  readonly peer: string
  readonly share: string
}

/** Behind the `?` of the page's place; undefined: nothing is asked. */
export function linkAsked(query: string): LinkAsked | undefined {
  const target = new URLSearchParams(query).get('open') ?? ''
  const [, peer, share] = /^farport:\/\/([^/?#]+)\/([^/?#]+)$/.exec(target) ?? []
  if (peer === undefined || share === undefined) return undefined
  try {
    return { target, peer: decodeURIComponent(peer), share: decodeURIComponent(share) }
  } catch {
    return undefined // no link of ours
  }
}

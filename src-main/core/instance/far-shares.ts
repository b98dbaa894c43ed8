/**
 * The links of the settings that lead to shares of other Farports, while they are connected: how each stands there with the control, told
 * in the state and in notices, and asked for or passed on. Called by instance.ts. Dials a peer once for all such links to it, and nobody
 * while there is none. The bytes of a link are not its concern.
 */
import type { Clock } from '../../base/clock.ts'
import { Emitter, type Disposable, type Event } from '../../base/event.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { Settings } from '../../contract/settings.ts'
import type { BridgeState, FarState, PortState, StateTree } from '../../contract/state.ts'
import type { ServiceCommand } from '../../contract/service-commands.ts'
import type { FarEnd } from '../recording/both-ends.ts'
import { farLinkOf, type FarLink } from './far-link.ts'
import { FarPeer, type FarPeerOptions } from './far-peer.ts'
import { farView, type FarView } from './far-view.ts'
import { farLines, type FarLine } from './far-words.ts'

export interface FarSharesOptions {
  /** Ours. */
  readonly own: string
  readonly clock: Clock
  readonly settings: () => Settings
  /** As Core. */
  readonly linkPorts: (id: string) => readonly PortState[]
  /** What a peer is called here, and by what its connection is shared; `text`: as in the link's URL. */
  readonly peerOf: (text: string) => { readonly key: string; readonly name: string }
  readonly dial: (peer: string, signal: AbortSignal) => ReturnType<FarPeerOptions['dial']>
  readonly tell: (link: { readonly id: string; readonly name: string }, line: FarLine) => void
}

/** In so long, in ms … */
export const TELL_PERIOD_MS = 1000
/** … so many changes of peers are looked at one by one for what people should know; of more the last one alone. */
export const MAX_LOOKS = 8

/** For the answer of a peer that is connected, in ms. */
export const ANSWER_MS = 10_000

interface Connected {
  link: FarLink
  readonly key: string
  /** What we call the peer. */
  readonly name: string
  view: FarView
  /** What people were told of last. */
  told?: FarState
}

/** The far commands that act on a share, and what each needs. */
type FarCommand = Extract<ServiceCommand, `control.${string}`>

export class FarShares implements Disposable {
  readonly #options: FarSharesOptions
  readonly #peers = new Map<string, FarPeer>()
  /** By the ids of their links. */
  readonly #connected = new Map<string, Connected>()
  readonly #changes = new Emitter<void>()
  #read: Settings['links'] | undefined
  #links: readonly FarLink[] = []
  #period: Disposable | undefined
  #looks = 0

  /** What `complete` adds changed. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: FarSharesOptions) {
    this.#options = options
  }

  /** To be called when links, or how it goes with them, may have changed. */
  sync(): void {
    const { linkPorts, peerOf } = this.#options
    const come = new Set<string>()
    for (const link of this.#far()) {
      const isOpen = linkPorts(link.id)[link.end]?.type === 'open'
      const had = this.#connected.get(link.id)
      if (isOpen && had && same(had.link, link)) {
        // It may be called something else by now.
        had.link = link
        continue
      }
      this.#connected.delete(link.id)
      if (!isOpen) continue
      const peer = peerOf(link.peer)
      this.#connected.set(link.id, { link, ...peer, view: { state: { type: 'unknown', peer: peer.name } } })
      come.add(peer.key)
    }
    for (const [id, { link }] of this.#connected) if (!this.#links.includes(link)) this.#connected.delete(id)
    this.#keepPeers()
    // Whose peer is connected already.
    for (const key of come) this.#changed(key)
  }

  /** With the far side of each link that is connected. */
  complete(bridges: StateTree['bridges']): StateTree['bridges'] {
    if (this.#connected.size === 0) return bridges
    const far = [...this.#connected.values()].flatMap((each): [string, BridgeState][] => {
      const bridge = bridges[each.link.id]
      return bridge ? [[bridge.id, { ...bridge, far: each.view.state }]] : []
    })
    return { ...bridges, ...Object.fromEntries(far) }
  }

  /**
   * Has the far side do something about the control of the share that a link uses. `session`: whom it is about there; absent: our own.
   * Rejects with the Fault that the peer tells, `usage` where the link is not connected to a share of another Farport, and `peer-timeout`.
   */
  async call(id: string, name: FarCommand, session: number | undefined, signal: AbortSignal): Promise<void> {
    const connected = this.#connected.get(id)
    const peer = connected && this.#peers.get(connected.key)
    if (!peer) throw this.#notConnected(id)
    const share = connected.view.shareId ?? connected.link.share
    const late = new AbortController()
    const timer = this.#options.clock.after(ANSWER_MS, () => late.abort(noAnswer(connected.name)))
    const either = AbortSignal.any([signal, late.signal])
    try {
      const client = await orAborted(peer.client(), either)
      // The table has the same fields for each of a pair.
      if (name === 'control.ask' || name === 'control.take-over')
        await client.call(name, { share, use: connected.link.use }, either)
      else if (session !== undefined) await client.call(name, { share, session }, either)
    } finally {
      timer.dispose()
    }
  }

  /** Which share a link uses as its device, whether it is connected or not. Throws `usage`: none. */
  endOf(id: string): FarEnd {
    const link = this.#far().find((each) => each.id === id)
    if (link?.end !== 0) {
      const name = this.#options.settings().links.find((each) => each.id === id)?.name ?? id
      throw new Fault(
        'usage',
        `${name} leads to no share of a paired computer (farport://…), so only this end was recorded. Save it without the other one.`
      )
    }
    const connected = this.#connected.get(id)
    const { state, shareId } = connected?.view ?? {}
    return {
      peer: this.#options.peerOf(link.peer).name,
      share: shareId ?? link.share,
      session: state?.type === 'known' ? state.session : undefined,
      dial: async (signal) => (await this.#options.dial(link.peer, signal)).client
    }
  }

  /** Peers that do not answer are asked again now. */
  retry(): void {
    for (const peer of this.#peers.values()) peer.retry()
  }

  dispose(): void {
    this.#period?.dispose()
    for (const peer of this.#peers.values()) peer.dispose()
    this.#peers.clear()
    this.#connected.clear()
    this.#links = []
    this.#read = []
  }

  /** Those of the settings. */
  #far(): readonly FarLink[] {
    const { links } = this.#options.settings()
    if (links === this.#read) return this.#links
    this.#read = links
    this.#links = links.flatMap((entry) => farLinkOf(entry) ?? [])
    return this.#links
  }

  #keepPeers(): void {
    const { clock, dial } = this.#options
    const wanted = new Map([...this.#connected.values()].map((each) => [each.key, each]))
    for (const [key, peer] of this.#peers) {
      if (wanted.has(key)) continue
      this.#peers.delete(key)
      peer.dispose()
    }
    for (const [key, { link }] of wanted)
      if (!this.#peers.has(key))
        this.#peers.set(
          key,
          new FarPeer({ dial: (signal) => dial(link.peer, signal), clock, changed: () => this.#changed(key) })
        )
  }

  #look({ link, key, name }: Connected): FarView {
    const peer = this.#peers.get(key)
    const unknown = { type: 'unknown', peer: name } as const
    if (!peer?.tree) return { state: { ...unknown, ...(peer?.fault && { fault: peer.fault.toJSON() }) } }
    try {
      return farView(peer.tree, { own: this.#options.own, peer: name, share: link.share, use: link.use })
    } catch (error) {
      return { state: { ...unknown, fault: toFault(error).toJSON() } }
    }
  }

  /** Of what a peer shows, most is none of our concern: the counts of bytes change all the time. */
  #changed(key: string): void {
    let differs = false
    for (const each of this.#connected.values()) {
      if (each.key !== key) continue
      const view = this.#look(each)
      differs ||= JSON.stringify(view) !== JSON.stringify(each.view)
      each.view = view
    }
    if (!differs) return
    this.#changes.fire()
    this.#period ??= this.#options.clock.after(TELL_PERIOD_MS, () => this.#endPeriod(), 'idle')
    if (++this.#looks <= MAX_LOOKS) this.#tell()
  }

  #endPeriod(): void {
    const isBehind = this.#looks > MAX_LOOKS
    this.#period = undefined
    this.#looks = 0
    if (isBehind) this.#tell()
  }

  #tell(): void {
    for (const each of this.#connected.values()) {
      const { state } = each.view
      // What is not known just now may be as it was.
      if (state.type !== 'known') continue
      for (const line of farLines(each.told, state, each.link.name)) this.#options.tell(each.link, line)
      each.told = state
    }
  }

  #notConnected(id: string): Fault {
    const { links } = this.#options.settings()
    const entry = links.find((each) => each.id === id)
    if (!entry) return new Fault('usage', `There is no link with the id ${id} here. See farport list.`)
    const { name } = entry
    return new Fault(
      'usage',
      farLinkOf(entry)
        ? `${name} is not connected, so there is no control to ask for or to give. Open it with a program first; farport list shows how it goes.`
        : `${name} leads to no share of a paired computer (farport://…), so there is no control to ask for or to give.`
    )
  }
}

/** The same use of the same share. */
function same(a: FarLink, b: FarLink): boolean {
  return a.peer === b.peer && a.share === b.share && a.use === b.use && a.end === b.end
}

function noAnswer(peer: string): Fault {
  return new Fault('peer-timeout', `${peer} does not answer. Is that computer busy? Try again.`)
}

/** Rejects with the signal's reason as soon as it is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    if (signal.aborted) reject(signal.reason as Error)
    promise.then(resolve, reject)
  })
}

/**
 * Pairing as a person goes through it: somebody asks or is asked, both screens show the same six digits, and it ends one way or the other.
 * One at a time stands in the dialog; who asks while somebody types waits in a toast.
 */
import type { Core } from '../core.svelte.ts'
import { toFault } from '../../src-main/contract/faults.ts'
import { FARPORT_PORT } from '../../src-main/contract/settings.ts'
import type { PairingState } from '../../src-main/contract/state.ts'

/** What the dialog shows. */
export type PairingStage =
  /** Asked; it has not answered yet. */
  | { readonly type: 'asking'; readonly place: string }
  /** Both screens show these digits; `accepted`: here, and now it is the other side's turn. */
  | {
      readonly type: 'compare'
      readonly request: PairingRequest
      readonly accepted: boolean
      readonly fault?: string
    }
  | { readonly type: 'paired'; readonly peer: string; readonly name: string; readonly mayUse: boolean }
  | { readonly type: 'failed'; readonly why: string; readonly place?: Place | undefined }

export interface PairingRequest {
  readonly peer: string
  readonly name: string
  readonly remote: string
  readonly digits: string
  readonly isIncoming: boolean
}

export interface Place {
  readonly host: string
  readonly port: number
}

export class PairingDesk {
  readonly #core: Pick<Core, 'call'>
  #end = new AbortController()
  #place: Place | undefined
  stage = $state.raw<PairingStage | undefined>()

  constructor(core: Pick<Core, 'call'>) {
    this.#core = core
  }

  /** Asks whoever is there. What stood in the dialog before has had its time. */
  async ask(host: string, port = FARPORT_PORT): Promise<void> {
    const { signal } = this.#begin()
    this.#place = { host, port }
    this.stage = { type: 'asking', place: host }
    try {
      const { peer, name, digits } = await this.#core.call('pair.request', { host, port }, signal)
      if (!signal.aborted) this.#compare({ peer, name, remote: host, digits, isIncoming: false }, signal)
    } catch (error) {
      this.#failed(error, signal)
    }
  }

  /** Looks at what somebody asks. */
  answer({ peerId, name, remote, code, direction, accepted }: PairingState): void {
    if (code === undefined) return
    const { signal } = this.#begin()
    this.#place = undefined
    const isIncoming = direction === 'incoming'
    this.#compare({ peer: peerId, name, remote, digits: code, isIncoming }, signal, accepted ?? false)
  }

  /** The person may have accepted elsewhere: in another window, or before this page was loaded. */
  heard(pairings: Readonly<Record<string, PairingState>> | undefined): void {
    const { stage } = this
    if (stage?.type !== 'compare' || stage.accepted || !pairings?.[stage.request.peer]?.accepted) return
    this.stage = { type: 'compare', request: stage.request, accepted: true }
  }

  /** The person saw the same digits there. `once`: for this time. */
  async accept(once = false): Promise<void> {
    const { stage } = this
    if (stage?.type !== 'compare' || stage.accepted) return
    const { peer, digits } = stage.request
    this.stage = { type: 'compare', request: stage.request, accepted: true }
    await this.#try(() => this.#core.call('pair.accept', { peer, digits, ...(once && { once }) }))
  }

  /** Not this time. */
  async reject(): Promise<void> {
    const { stage } = this
    this.close()
    if (stage?.type === 'compare')
      await this.#core.call('pair.reject', { peer: stage.request.peer }).catch(() => undefined) // It had ended already.
  }

  /** Not this time, and never again. */
  async block(): Promise<void> {
    const { stage } = this
    if (stage?.type !== 'compare') return
    const { request } = stage
    // How the request ends by that is no news.
    this.#end.abort()
    try {
      await this.#core.call('peer.block', { peer: request.peer })
      this.close()
    } catch (error) {
      this.#compare(request, this.#begin().signal)
      this.stage = { type: 'compare', request, accepted: false, fault: toFault(error).message }
    }
  }

  /** Once more, where we asked. */
  async again(): Promise<void> {
    if (this.#place) await this.ask(this.#place.host, this.#place.port)
  }

  close(): void {
    this.#end.abort()
    this.stage = undefined
  }

  #begin(): AbortController {
    this.#end.abort()
    this.#end = new AbortController()
    return this.#end
  }

  #compare(request: PairingRequest, signal: AbortSignal, accepted = false): void {
    this.stage = { type: 'compare', request, accepted }
    void this.#wait(request, signal)
  }

  async #wait({ peer }: PairingRequest, signal: AbortSignal): Promise<void> {
    try {
      const { name, mayUse } = await this.#core.call('pair.outcome', { peer }, signal)
      if (!signal.aborted) this.stage = { type: 'paired', peer, name, mayUse }
    } catch (error) {
      this.#failed(error, signal)
    }
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    this.stage = { type: 'failed', why: toFault(error).message, place: this.#place }
  }

  /** What goes wrong stands beside the digits, which are still there. */
  async #try(act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const { stage } = this
      if (stage?.type === 'compare') this.stage = { ...stage, accepted: false, fault: toFault(error).message }
    }
  }
}

/** Those that stand here with digits to compare, ours too: the page that asked may have been loaded anew. */
export function waitingRequests(
  pairings: Readonly<Record<string, PairingState>> | undefined
): readonly PairingState[] {
  return Object.values(pairings ?? {}).filter(({ code }) => code !== undefined)
}

/** Whether a person types somewhere: the focus is not taken away from there. */
export function isTyping(focused: Element | null): boolean {
  if (!(focused instanceof HTMLElement)) return false
  return (
    focused.matches('input:not([type=checkbox], [type=radio], [type=button]), textarea, select') ||
    focused.isContentEditable
  )
}

/** `1f2e 3d4c …`: the first sixteen digits of an id in groups, as people read them out. */
export function shortId(id: string): string {
  return (id.slice(0, 16).match(/.{1,4}/g) ?? []).join(' ')
}

/** `123 456`. */
export function spacedDigits(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`
}

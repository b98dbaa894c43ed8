/**
 * What another Farport recorded of a share, fetched over its contract: all that it holds at this moment, and no more. Called by both-ends.ts.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { SharedPages } from '../../capture/files/shared-pages.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import { TRAFFIC_CREDIT, type TrafficFrom, type TrafficItem } from '../../contract/recording.ts'
import type { RpcClient } from '../../rpc/client.ts'
import { TrafficLog } from '../../traffic/log.ts'
import { Page } from '../../traffic/page.ts'

/** Kept of one end: more than a recording ever holds. */
const MAX_BYTES = 128 * 1024 * 1024
/** Taken of a peer, which may send as it likes. */
const MAX_TAKEN = 4 * MAX_BYTES
/** For the next answer, in ms. */
const ANSWER_MS = 10_000

export type FarBegin = Extract<TrafficItem, { readonly type: 'begin' }>

export interface FarRecording {
  readonly begin: FarBegin
  readonly log: TrafficLog
}

export interface FarRecordingOptions {
  readonly client: Pick<RpcClient, 'subscribe'>
  /** Its name or id there. */
  readonly share: string
  readonly from: TrafficFrom
  /** What we call that computer. */
  readonly peer: string
  readonly clock: Clock
}

/** A log of no recorder: pages come in with `append`. */
export function copiedLog(): TrafficLog {
  return new TrafficLog({
    store: new SharedPages(MAX_BYTES).store(),
    maxPages: Infinity,
    wallOffsetMs: () => 0
  })
}

/**
 * Resolves with the records that are held there as the answer begins. Rejects with `unsupported` (an older Farport), `peer-permission` (we may
 * not watch it, or not see what passed before), `peer-timeout`, `peer-protocol`, `peer-closed`, or the signal's reason.
 */
export function farRecording(options: FarRecordingOptions, signal: AbortSignal): Promise<FarRecording> {
  const { client, share, from, clock } = options
  return new Promise((resolve, reject) => {
    let begin: FarBegin | undefined
    let taken = 0
    const log = copiedLog()
    let limit: Disposable | undefined
    const over = (settle: () => void): void => {
      limit?.dispose()
      signal.removeEventListener('abort', aborted)
      watch.dispose()
      settle()
    }
    const fail = (fault: Fault): void => over(() => reject(fault))
    const aborted = (): void => over(() => reject(signal.reason as Error))
    const waitOn = (): void => {
      limit?.dispose()
      limit = clock.after(ANSWER_MS, () => fail(new Fault('peer-timeout', words(options).silent)))
    }
    const take = (item: TrafficItem): void => {
      waitOn()
      if (item.type === 'begin') {
        if (begin) throw new Fault('peer-closed', words(options).anew)
        if (item.noHistory) throw new Fault('peer-permission', words(options).noHistory)
        begin = item
      } else {
        if (!begin || (taken += item.page.length) > MAX_TAKEN) throw strange(options)
        log.append(pageOf(item.page, options))
      }
      const told = begin
      if (told.from >= told.next || log.end >= told.next) over(() => resolve({ begin: told, log }))
    }
    const watch = client.subscribe(
      'traffic',
      { id: share, from },
      (item) => {
        try {
          take(item)
        } catch (error) {
          fail(toFault(error))
        }
      },
      {
        credit: TRAFFIC_CREDIT,
        ended: (fault) => fail(endOf(fault, options))
      }
    )
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) aborted()
    else waitOn()
  })
}

function pageOf(bytes: Uint8Array, options: FarRecordingOptions): Page {
  try {
    return Page.from(bytes)
  } catch (error) {
    throw new Fault('peer-protocol', strange(options).message, error)
  }
}

function strange({ peer }: FarRecordingOptions): Fault {
  return new Fault('peer-protocol', `${peer} sent a recording that makes no sense: update the older Farport.`)
}

/** It came before all was here. */
function endOf(fault: Fault | undefined, options: FarRecordingOptions): Fault {
  const { peer, share } = options
  if (!fault) return new Fault('peer-closed', `${peer} sent less than it has of ${share}: try again.`)
  if (fault.code !== 'unsupported') return fault
  const text = `The Farport on ${peer} is too old to show what it recorded: update it there, and save this end alone until then.`
  return new Fault('unsupported', text, fault)
}

function words({ peer, share }: FarRecordingOptions): Record<'silent' | 'anew' | 'noHistory', string> {
  return {
    silent: `${peer} does not send what it recorded. Is that computer busy? Try again.`,
    anew: `The recording of ${share} on ${peer} began anew meanwhile: try again.`,
    noHistory: `${peer} does not let this computer see what passed before: its owner permits that with farport permit COMPUTER ${share} observe --history.`
  }
}

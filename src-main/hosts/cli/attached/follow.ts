/** What goes on in the running Farport, a line each, until it is told to stop. Called by `list --follow`. */
import { once } from 'node:events'
import { plainText } from '../../../base/plain-text.ts'
import { Fault } from '../../../contract/faults.ts'
import type { StateTree } from '../../../contract/state.ts'
import type { NoticeItem, NoticeLine } from '../../../contract/topics.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { StateMirror } from '../../../rpc/state-mirror.ts'
import type { CliIo } from '../cli-io.ts'
import { changesBetween, linesFor, type Change } from './changes.ts'
import { listed } from './listing.ts'
import { entriesOf, named } from './named.ts'
import { momentText, shortText } from './words.ts'

/** More of one line no person reads. */
const MAX_LINE = 1000

export interface FollowOptions {
  /** A share, link or rotator by name or id: it alone. */
  readonly name: string | undefined
  readonly json: boolean
  /** The state as it is at first, for people. */
  readonly begin: (tree: StateTree) => void
}

/** Resolves when it is told to stop, or when the one thing that is followed is removed. Rejects with why the running Farport is gone. */
export function follow(client: RpcClient, options: FollowOptions, io: CliIo): Promise<void> {
  return new Follower(client, options, io).end
}

class Follower {
  readonly #options: FollowOptions
  readonly #io: CliIo
  readonly #mirror: StateMirror
  /** The state that was told; what came since waits where nobody reads. */
  #told: StateTree | undefined
  #id: string | undefined
  #draining: Promise<void> | undefined
  readonly end: Promise<void>

  constructor(client: RpcClient, options: FollowOptions, io: CliIo) {
    this.#options = options
    this.#io = io
    this.#mirror = new StateMirror(client)
    this.end = new Promise<void>((resolve, reject) => {
      const fail = (fault: Fault | undefined): void => reject(endOf(fault))
      this.#mirror.onChange(() => {
        try {
          if (this.#look()) resolve()
        } catch (error) {
          reject(error)
        }
      })
      this.#mirror.onEnd(fail)
      client.subscribe('notices', {}, (item) => this.#notice(item), { ended: fail })
      io.stop.addEventListener('abort', () => resolve(), { once: true })
      if (io.stop.aborted) resolve()
    }).finally(() => this.#mirror.dispose())
  }

  /** Answers whether that was all. */
  #look(): boolean {
    const { tree } = this.#mirror
    if (!tree || this.#draining) return false
    const before = this.#told
    this.#told = tree
    if (before) return this.#tellChanges(before, tree)
    this.#begin(tree)
    return false
  }

  #begin(tree: StateTree): void {
    const { name, json, begin } = this.#options
    const entry = name === undefined ? undefined : named(tree, name)
    this.#id = entry?.id
    if (!json) begin(tree)
    else if (entry) this.#print(entry.kind === 'rotator' ? { rotator: entry } : { bridge: entry })
    else this.#print({ state: listed(tree) })
  }

  #tellChanges(before: StateTree, after: StateTree): boolean {
    const changes = changesBetween(before, after).filter((change) => this.#isOurs(change))
    for (const change of changes)
      if (this.#options.json) this.#print(change)
      else this.#tellPeople(change, before)
    return changes.some((change) => 'gone' in change && change.gone.id === this.#id)
  }

  #tellPeople(change: Change, before: StateTree): void {
    if (!('bridge' in change)) return
    const { bridge } = change
    const old = entriesOf(before).find(({ id }) => id === bridge.id)
    for (const text of linesFor(bridge, old)) this.#line(Date.now(), 'info', bridge.name, text)
  }

  #notice(item: NoticeItem): Promise<void> | undefined {
    if ('level' in item && item.level === 'debug') return this.#draining
    if ('leftOut' in item) {
      if (this.#options.json) this.#print(item)
      else
        this.#line(
          Date.now(),
          'warning',
          '',
          `${item.leftOut} lines were left out: they came faster than they were read`
        )
    } else if (this.#id === undefined ? this.#options.name === undefined : item.id === this.#id)
      if (this.#options.json) this.#print({ notice: item })
      else this.#line(item.timeMs, item.level, item.subject, item.text)
    return this.#draining
  }

  #isOurs(change: Change): boolean {
    if (this.#id === undefined) return true
    if ('bridge' in change) return change.bridge.id === this.#id
    if ('rotator' in change) return change.rotator.id === this.#id
    return 'gone' in change && change.gone.id === this.#id
  }

  #line(timeMs: number, level: NoticeLine['level'], subject: string, text: string): void {
    const about = subject === '' ? '' : `${shortText(subject)}: `
    this.#write(`${momentText(timeMs)} ${level.padEnd(7)} ${about}${plainText(text, MAX_LINE)}`)
  }

  #print(item: object): void {
    this.#write(JSON.stringify(item))
  }

  /** Where nobody takes the lines, notices are held back there, and changes become one. */
  #write(line: string): void {
    this.#io.print(line)
    if (!this.#io.stdout.writableNeedDrain || this.#draining) return
    this.#draining = once(this.#io.stdout, 'drain').then(
      () => {
        this.#draining = undefined
        this.#look()
      },
      () => undefined
    )
  }
}

/** Its topics end before its connection does, each with words of its own. */
function endOf(fault: Fault | undefined): Fault {
  if (fault && fault.code !== 'peer-closed') return fault
  return new Fault(
    'peer-closed',
    'The Farport that ran here has ended. Start it again, and this after it: farport serve; see farport service status',
    fault
  )
}

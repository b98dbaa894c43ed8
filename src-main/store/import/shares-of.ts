/**
 * From drafts to shares. ser2net has a connection for each address, and refuses the second one of a device while the first is used; in
 * Farport a device has one share with several listeners, whose clients take turns. So connections of one device become one share where
 * they differ in nothing but what a listener can have of its own. Called by read-ser2net.ts.
 */
import type { ListenerSpec, TraceSpec } from '../../contract/commands.ts'
import type { LineSettings } from '../../contract/line.ts'
import { shareEntrySchema } from '../../contract/settings.ts'
import * as v from 'valibot'
import { TRACES, type Draft, type SerialDraft } from './draft.ts'
import { NotImportable, type FoundShare } from './found.ts'

type Wish = FoundShare['wish']

const MILLISECONDS = 1000

export interface Grouping {
  /** Names of connections that stay by themselves: a rotator gives them to its clients. */
  readonly alone: ReadonlySet<string>
}

/** Drafts that are complete, in the order of the file. */
export function sharesOf(drafts: readonly Draft[], { alone }: Grouping): FoundShare[] {
  const groups = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const isAlone = alone.has(draft.name) || draft.hasOwnUsers || draft.maxClients !== 1 || !draft.serial
    const of = isAlone ? draft.name : JSON.stringify(common(draft))
    const group = groups.get(of)
    if (group) group.push(draft)
    else groups.set(of, [draft])
  }
  return [...groups.values()].map(shareOf)
}

/** What all connections of a share have in common; line settings, texts and who may come are the listeners' own. */
function common(draft: Draft): Record<string, unknown> {
  const { serial, enabled, kickOld, oneWay, timeoutSeconds, target, announce = true } = draft
  const { local, hangUp, dtr, rts, rs485, writeOnly } = serial ?? {}
  return {
    ...{ target, enabled, kickOld, oneWay, timeoutSeconds, announce },
    ...{ local, hangUp, dtr, rts, rs485, writeOnly },
    openString: named(draft.openString, draft.name),
    closeString: named(draft.closeString, draft.name),
    trace: tracesOf(draft, draft.name),
    dial: draft.dial
  }
}

function shareOf(group: readonly Draft[]): FoundShare {
  const [first] = group
  if (!first) throw new Error('a group has one draft at least')
  const { serial, maxClients } = first
  const line = serial && lineOf(serial)
  const listen = group.flatMap((draft) => listenersOf(draft, first, line))
  const wish: Wish = {
    name: first.name,
    enabled: first.enabled,
    port: portOf(first),
    listen,
    maxClients,
    // Every client of ser2net writes.
    ...(maxClients > 1 && { writers: 'all' as const }),
    ...(first.announce === false && { announce: false }),
    ...(first.kickOld && { newcomer: 'kick-old' as const }),
    ...(first.oneWay && { oneWay: first.oneWay }),
    ...(serial?.writeOnly && { oneWay: 'to-device' as const }),
    ...(first.timeoutSeconds > 0 && { inactivityMs: first.timeoutSeconds * MILLISECONDS }),
    ...present({ openString: first.openString, closeString: first.closeString }),
    ...(first.dial.length > 0 && { dial: first.dial }),
    ...trace(tracesOf(first, undefined))
  }
  return {
    name: first.name,
    sources: group.map(({ place, name, listen }) => ({ ...place, name, addresses: listen })),
    wish
  }
}

/** Throws NotImportable where the settings would refuse it; then nothing is made of this draft. */
export function checkDraft(draft: Draft): void {
  const { wish } = shareOf([draft])
  const { issues } = v.safeParse(shareEntrySchema, { ...wish, id: 'check', name: draft.name })
  if (!issues) return
  const [{ message, path }] = issues
  const where = path?.map(({ key }) => String(key)).join('.') ?? ''
  throw new NotImportable(`the settings cannot hold it (${where}: ${message})`)
}

function portOf({ target, serial }: Draft): Wish['port'] {
  if (!serial) return { target }
  const { local, hangUp, dtr, rts, rs485, writeOnly } = serial
  return {
    target,
    // A printer is no serial line, and ser2net sets nothing there.
    ...(!writeOnly && { settings: lineOf(serial) }),
    ...(!local && !writeOnly && { carrier: true }),
    ...(hangUp && { hangUp: true }),
    ...(dtr !== undefined && { dtr }),
    ...(rts !== undefined && { rts }),
    ...(rs485 && { rs485: true })
  }
}

function listenersOf(draft: Draft, first: Draft, line: LineSettings | undefined): ListenerSpec[] {
  const own = draft.serial && lineOf(draft.serial)
  const differs = own && line && JSON.stringify(own) !== JSON.stringify(line)
  const isOther = draft !== first
  const literal = isOther ? draft.name : undefined
  return draft.listen.map((url) => ({
    url,
    ...(draft.allow.length > 0 && { allow: draft.allow }),
    ...(differs && !draft.serial?.writeOnly && { settings: own }),
    ...present({
      banner: named(draft.banner, literal),
      signature: draft.signature,
      closeOn: named(draft.closeOn, literal)
    })
  }))
}

function tracesOf({ traces }: Draft, name: string | undefined): TraceSpec[] {
  return TRACES.flatMap((what) => {
    const { file, hexdump, timestamp } = traces[what]
    if (file === undefined || file === '') return []
    return [
      {
        what,
        file: named(file, name) ?? file,
        ...(hexdump && { hexdump }),
        ...(timestamp && { timestamp })
      }
    ]
  })
}

function trace(all: TraceSpec[]): { trace?: TraceSpec[] } {
  return all.length > 0 ? { trace: all } : {}
}

export function lineOf({ baudRate, dataBits, parity, stopBits, rtscts, xonxoff }: SerialDraft): LineSettings {
  return {
    ...{ baudRate, dataBits, parity, stopBits },
    flowControl: rtscts ? 'rtscts' : xonxoff ? 'xonxoff' : 'none'
  }
}

/** With the connection's name for `\N` and `\o`, where the share has another one. Undefined: as it is. */
export function named(text: string | undefined, name: string | undefined): string | undefined {
  if (text === undefined || name === undefined) return text
  const literal = name.replaceAll('\\', '\\\\')
  return text.replaceAll(/\\(?:x[\da-fA-F]{0,2}|[0-7]{1,3}|[^])/g, (escape) =>
    escape === '\\N' || escape === '\\o' ? literal : escape
  )
}

function present<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== undefined)) as {
    [Name in keyof T]?: NonNullable<T[Name]>
  }
}

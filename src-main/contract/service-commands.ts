/**
 * What can be asked of a running instance: of what the settings say it is to be, of who uses it, of its peers. The neighbour of the
 * command table, of which it takes over what leaves nothing behind: what runs there is what the settings say, and no more.
 */
import * as v from 'valibot'
import { command, count, text } from './command.ts'
import { COMMANDS, lineWishSchema } from './commands.ts'
import type { FaultCode } from './faults.ts'
import { hostWishSchema, signOutSchema, type BrowserState, type HostState, type PageLink } from './host.ts'
import type { ControlLines, LineSettings, LineWish } from './line.ts'
import {
  FARPORT_PORT,
  LEVELS,
  linkEntrySchema,
  nameSchema,
  preferencesSchema,
  rotatorEntrySchema,
  shareEntrySchema,
  type Settings
} from './settings.ts'
import {
  captureExamineSchema,
  captureExportSchema,
  captureFileSchema,
  captureRenameSchema,
  captureStartSchema,
  captureStopSchema,
  captureUploadSchema,
  clearSchema,
  markSchema,
  saveSchema,
  type CaptureContent,
  type CaptureState,
  type SavedCapture
} from './recording.ts'
import type { Offer } from './state.ts'
import { terminalDiscardSchema, terminalWriteSchema } from './terminal.ts'

/** An entry of the settings before it has an id. Where it has no name, that of its port is taken, with a number behind it if need be. */
const wish = { name: v.exactOptional(nameSchema) }
const shareWish = v.strictObject({ ...v.omit(shareEntrySchema, ['id', 'name']).entries, ...wish })
const linkWish = v.strictObject({ ...v.omit(linkEntrySchema, ['id', 'name']).entries, ...wish })
const rotatorWish = v.strictObject({ ...v.omit(rotatorEntrySchema, ['id', 'name']).entries, ...wish })

/** Which share, link or rotator: its id. */
const entry = v.strictObject({ id: text })
/** Who uses it: the number of a session in the state tree. */
const session = count(1)
const user = v.strictObject({ id: text, session })
/** A peer's own share: by its id or name there; `use`: which of the peer's uses of it, where it has several. */
const used = v.strictObject({ share: text, use: v.exactOptional(v.pipe(v.string(), v.maxLength(64))) })
/** The id of a peer, at least 8 digits of it, or its name where only one has that. */
const peer = v.strictObject({ peer: text })
/** Of a pairing. */
const digits = v.pipe(v.string(), v.regex(/^\d{6}$/, 'the digits of a pairing are six'))

export interface Added {
  readonly id: string
  readonly name: string
}

/** What became of new settings. `port`: it is open, and has these now; `own`: it is not, and will be opened with these from now on. */
export type LineApplied =
  | { readonly to: 'port'; readonly settings: LineSettings }
  | { readonly to: 'own'; readonly settings: LineWish }

/** A longer break is a mistake. */
export const MAX_BREAK_MS = 10_000

/** Whether a peer reached us. `at`: where it tried; `code`: what it met with there, and `why` in its words. */
export interface Reached {
  readonly reached: boolean
  readonly why?: string
  readonly at?: string
  readonly code?: FaultCode
}

export const SERVICE_COMMANDS = {
  'ports.list': COMMANDS['ports.list'],
  send: COMMANDS.send,
  reset: COMMANDS.reset,
  doctor: COMMANDS.doctor,
  'link.ways': COMMANDS['link.ways'],

  /** Resolves when it is in the settings and was tried once: `state` tells how it goes on. */
  'share.add': command<Added>()('owner', shareWish),
  'link.add': command<Added>()('owner', linkWish),
  /** `shares`: ids or names. */
  'rotator.add': command<Added>()('owner', rotatorWish),
  /** Replaces all of it but its id; other entries go on untouched. */
  'share.change': command<Added>()('owner', shareEntrySchema),
  'link.change': command<Added>()('owner', linkEntrySchema),
  'rotator.change': command<Added>()('owner', rotatorEntrySchema),
  /** Out of the settings; what was not delivered when it ended. A share that a rotator needs is refused. */
  'entry.remove': command<{ lost: number }>()('owner', entry),
  'entry.enable': command<{ lost: number }>()('owner', v.strictObject({ id: text, enabled: v.boolean() })),
  /**
   * Switches every share off that is on; which ones is kept, until `sharing.resume` switches these on again. One that is switched on or
   * added meanwhile is on, and the others stay as they are. `shares`: the ids of those that come back.
   */
  'sharing.pause': command<{ lost: number; shares: readonly string[] }>()('owner', v.strictObject({})),
  /** `shares`: the ids of those that were switched on. None where nothing was paused. */
  'sharing.resume': command<{ shares: readonly string[] }>()('owner', v.strictObject({})),
  'settings.read': command<Settings>()('owner', v.strictObject({})),
  /** As SIGHUP does. */
  'settings.reload': command<{ changed: boolean }>()('owner', v.strictObject({})),
  /** Those that are given; `name`: of this computer. */
  'preferences.change': command<Settings['preferences']>()(
    'owner',
    v.strictObject({ name: v.exactOptional(nameSchema), ...v.partial(preferencesSchema).entries })
  ),

  /**
   * Settings for a share or link, whoever has the control: of its port where that is open, until its users leave; else its own. A link
   * keeps them in both cases, for the program at its other end cannot set them all.
   */
  'line.apply': command<LineApplied>()('owner', v.strictObject({ id: text, wish: lineWishSchema })),
  /** Whoever has the control. Answers the lines as they are then; `unsupported` where the port has none, `usage` where it is not open. */
  'line.control': command<ControlLines>()(
    'owner',
    v.strictObject({ id: text, dtr: v.exactOptional(v.boolean()), rts: v.exactOptional(v.boolean()) })
  ),
  /** As `line.control`; answers when the break of so many ms is over. */
  'line.break': command<Record<string, never>>()(
    'owner',
    v.strictObject({ id: text, ms: v.pipe(count(1), v.maxValue(MAX_BREAK_MS)) })
  ),

  /**
   * What a terminal sends; answers when it was taken, which may be late where the device takes nothing. `usage` where it only watches, or is
   * closed.
   */
  'terminal.write': command<Record<string, never>>()('owner', terminalWriteSchema),

  /** Into the recording of a share or link, as of now; `number`: that of the marker. */
  'recording.mark': command<{ number: number }>()('owner', markSchema),
  /** Forgets what it holds; numbers of records go on. */
  'recording.clear': command<Record<string, never>>()('owner', clearSchema),
  /** "Save the last minutes": what the recording of a share or link holds, as a file of the captures folder. */
  'recording.save': command<SavedCapture>()('owner', saveSchema),
  /** Answers when the file is there; `state.captures` tells how it goes on. A full disk stops it and never the traffic. */
  'capture.start': command<CaptureState>()('owner', captureStartSchema),
  /** Answers when everything is on the disk. */
  'capture.stop': command<CaptureState>()('owner', captureStopSchema),
  'capture.rename': command<Record<string, never>>()('owner', captureRenameSchema),
  /** For good. One that is being written is refused. */
  'capture.remove': command<Record<string, never>>()('owner', captureFileSchema),
  /** A stored file in another form, or a part of it, beside it; rejects as `recording.save`. */
  'capture.export': command<SavedCapture>()('owner', captureExportSchema),
  /** Reads all of it: what it holds, and where it has both ends of a link, what they say of the way between. */
  'capture.examine': command<CaptureContent>()('owner', captureExamineSchema),
  'capture.upload': command<{ readonly saved?: SavedCapture }>()('owner', captureUploadSchema),

  /** What it sent and the device has not taken is not sent, and lost by its own wish: how many bytes that was. */
  'terminal.discard': command<{ discarded: number }>()('owner', terminalDiscardSchema),

  'host.read': command<HostState>()('owner', v.strictObject({})),
  /** What only the program that Farport runs in can do; `unsupported` where that cannot. */
  'host.change': command<HostState>()('owner', hostWishSchema),
  /** Lets one more browser in; `unsupported` where no page is served. */
  'page.link': command<PageLink>()('owner', v.strictObject({})),
  /** Those that are signed in, the one that was here last first; `unsupported` where no page is served. */
  'page.browsers': command<{ browsers: readonly BrowserState[] }>()('owner', v.strictObject({})),
  /** Every browser has to sign in again, this one too, or those that are meant; `count`: pages that were open. */
  'page.sign-out': command<{ count: number }>()('owner', signOutSchema),

  /** Ends one session, or all of them; `count`: how many. They may come again. */
  'session.disconnect': command<{ count: number }>()(
    'owner',
    v.strictObject({ id: text, session: v.exactOptional(session) })
  ),
  /** Gives it the control, whoever has it; that one is told. */
  'session.grant': command<Record<string, never>>()('owner', user),
  /** It asked, and shall not have it. */
  'session.decline': command<Record<string, never>>()('owner', user),

  /** Asks whoever is at that address to pair; answers when there are digits to compare: what it calls itself, and the six of them. */
  'pair.request': command<{ peer: string; name: string; digits: string }>()(
    'owner',
    v.strictObject({ host: text, port: v.optional(v.pipe(count(1), v.maxValue(65_535)), FARPORT_PORT) })
  ),
  /**
   * The person saw these digits there; other ones than here are refused. `once`: it is trusted until this Farport ends, or has had no
   * connection for `ONCE_MS`, and then has to be paired again; who is paired for good stays so.
   */
  'pair.accept': command<Record<string, never>>()(
    'owner',
    v.strictObject({ peer: text, digits, once: v.exactOptional(v.boolean()) })
  ),
  'pair.reject': command<Record<string, never>>()('owner', peer),
  /**
   * Answers when both sides have accepted, and rejects when it came to nothing; also where it ended a moment ago. `mayUse`: it may use
   * something here, as one that was paired before may.
   */
  'pair.outcome': command<{ peer: string; name: string; mayUse: boolean }>()('owner', peer),
  /** Its connections end, and it may not even ask. Also for one that asks just now, or was never seen (by its whole id). */
  'peer.block': command<Record<string, never>>()('owner', peer),
  /** What people here call it from now on, also when it is paired again; nobody else is told. */
  'peer.rename': command<Record<string, never>>()('owner', v.strictObject({ peer: text, name: nameSchema })),
  /** Forgets it, paired or blocked; its connections end. */
  'peer.remove': command<Record<string, never>>()('owner', peer),
  /**
   * Trusts a key by its id, where no six digits can be compared: that of a program's certificate, which somebody has looked at.
   * `address`: where it was seen.
   */
  'peer.trust': command<Record<string, never>>()(
    'owner',
    v.strictObject({
      id: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      name: text,
      address: v.exactOptional(text)
    })
  ),
  /** By what others know this installation: its certificate, as PEM, and the id of its key. */
  'self.certificate': command<{ id: string; certificate: string }>()('owner', v.strictObject({})),
  /** What it may do with a share, by id or name; absent: with all that have nothing of their own. `inherit`: nothing of its own any more. */
  'peer.permit': command<Record<string, never>>()(
    'owner',
    v.strictObject({
      peer: text,
      share: v.exactOptional(text),
      level: v.picklist([...LEVELS, 'inherit']),
      history: v.exactOptional(v.boolean())
    })
  ),
  /** What a paired peer offers us: by its name, id, or address. */
  'peer.offers': command<Offer>()('owner', peer),
  /** Asks a paired peer to connect to us: how that went, in its words where it failed. */
  'peer.reach': command<Reached>()('owner', peer),

  /**
   * What waits to be tried again is tried now, and soon after: ports, links, dialled addresses, entries that cannot run, places, and the
   * network who is there. `id`: one share, link, rotator or terminal alone. Of no effect on what works.
   */
  'retry.now': command<Record<string, never>>()('owner', v.strictObject({ id: v.exactOptional(text) })),
  /** Asks the network again who is there, and the places that a person gave; `state` tells what comes of it. */
  'nearby.refresh': command<Record<string, never>>()('owner', v.strictObject({})),
  /** A computer that mDNS does not reach: `HOST` or `HOST:PORT` of its Farport. `place`: as it is kept. */
  'nearby.add': command<{ place: string }>()('owner', v.strictObject({ place: text })),
  'nearby.remove': command<{ place: string }>()('owner', v.strictObject({ place: text })),

  /** Asks the far side of a link for the control of the share that it uses … */
  'link.ask': command<Record<string, never>>()('owner', entry),
  /** … or takes it; whoever had it is told. */
  'link.take-over': command<Record<string, never>>()('owner', entry),
  /** Where the link has the control: passes it on to one who asked, by the number of its session there … */
  'link.grant': command<Record<string, never>>()('owner', user),
  /** … or does not. */
  'link.decline': command<Record<string, never>>()('owner', user),

  /** From a peer: its own session there wants the control. At once where nobody has it. */
  'control.ask': command<Record<string, never>>()('control', used),
  'control.take-over': command<Record<string, never>>()('control', used),
  /** From the peer that has the control: to one who asked. */
  'control.grant': command<Record<string, never>>()('control', v.strictObject({ share: text, session })),
  'control.decline': command<Record<string, never>>()('control', v.strictObject({ share: text, session })),
  /** From a peer: connect to me at this port, from where I come; answers whether it was me that answered there. */
  'reach.me': command<Reached>()('peer', v.strictObject({ port: v.pipe(count(1), v.maxValue(65_535)) }))
} as const

export type ServiceCommand = keyof typeof SERVICE_COMMANDS
export type ServiceInput<Name extends ServiceCommand> = v.InferInput<(typeof SERVICE_COMMANDS)[Name]['args']>
export type ServiceArguments<Name extends ServiceCommand> = v.InferOutput<
  (typeof SERVICE_COMMANDS)[Name]['args']
>
export type ServiceResult<Name extends ServiceCommand> = NonNullable<
  (typeof SERVICE_COMMANDS)[Name]['result']
>

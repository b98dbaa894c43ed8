/** What another Farport shows of a share that a link of ours uses: how it stands there with the control. Pure. Called by far-shares.ts. */
import * as v from 'valibot'
import { Fault } from '../../contract/faults.ts'
import { permissionSchema } from '../../contract/settings.ts'
import type { FarState, FarUser, StateTree } from '../../contract/state.ts'
import { isPlainObject } from '../../rpc/plain.ts'

/** Whose view it is, and which share, for what use. */
export interface FarUse {
  /** Our id. */
  readonly own: string
  /** What we call that computer. */
  readonly peer: string
  /** Name or id of the share there. */
  readonly share: string
  readonly use: string
}

export type KnownFar = Extract<FarState, { readonly type: 'known' }>

export interface FarView {
  readonly state: FarState
  /** Of the share, whatever it is called by now; absent: it is not to be seen. */
  readonly shareId?: string
}

/** Of those who ask, that are shown: each is a line for people. */
const MAX_ASKS = 8

/** The last moment that a Date has. */
const MAX_TIME = 8.64e15

const time = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_TIME))

/** What is read of it: the far side is another Farport, and may send anything. */
const bridgeSchema = v.object({
  id: v.string(),
  name: v.string(),
  may: v.exactOptional(permissionSchema),
  sessions: v.array(
    v.object({
      id: v.pipe(v.number(), v.integer(), v.minValue(1)),
      label: v.string(),
      peer: v.exactOptional(v.string()),
      use: v.exactOptional(v.string()),
      writer: v.boolean(),
      observes: v.boolean(),
      watches: v.exactOptional(v.boolean()),
      holdsSince: v.exactOptional(time),
      asksSince: v.exactOptional(time)
    })
  )
})
type Bridge = v.InferOutput<typeof bridgeSchema>
type Session = Bridge['sessions'][number]

/** Throws the Fault `peer-protocol` where it makes no sense. */
export function farView(tree: StateTree, far: FarUse): FarView {
  const { peer } = far
  const bridge = shareIn(tree, far)
  const own = bridge?.sessions.findLast((each) => isOwn(each, far) && each.use === far.use)
  if (!bridge || !own) return { state: { type: 'unknown', peer }, ...(bridge && { shareId: bridge.id }) }
  const others = bridge.sessions.filter((each) => each !== own)
  const [holder] = users(others, far, ({ holdsSince }) => holdsSince)
  const { id: session, writer, observes, watches, holdsSince, asksSince } = own
  const asks = users(others, far, (each) => each.asksSince)
  const state: FarState = {
    ...{ type: 'known', peer, share: bridge.name, session, writer, observes, asks: asks.slice(0, MAX_ASKS) },
    ...(watches && { watches }),
    ...(holdsSince !== undefined && { holdsSince }),
    ...(asksSince !== undefined && { asksSince }),
    ...(bridge.may && { may: bridge.may }),
    ...(holder && { holder })
  }
  return { state, shareId: bridge.id }
}

/** The one that goes by that id, or name; or the one that we use, which has another name by now. */
function shareIn({ bridges }: StateTree, far: FarUse): Bridge | undefined {
  const all = Object.values(bridges as Readonly<Record<string, unknown>>)
  const called =
    all.find((each) => isPlainObject(each) && each.id === far.share) ??
    all.find((each) => isPlainObject(each) && each.name === far.share)
  const bridge = called === undefined ? undefined : read(called, far)
  if (bridge?.sessions.some((each) => isOwn(each, far) && each.use === far.use)) return bridge
  const used = all.find(
    (each) =>
      isPlainObject(each) &&
      Array.isArray(each.sessions) &&
      each.sessions.some((one) => isPlainObject(one) && one.peer === far.own && one.use === far.use)
  )
  return used === undefined ? bridge : read(used, far)
}

function read(bridge: unknown, { peer, share }: FarUse): Bridge {
  const result = v.safeParse(bridgeSchema, bridge)
  if (result.success) return result.output
  throw new Fault(
    'peer-protocol',
    `${peer} tells of ${share} what this Farport does not understand: update the older of the two.`
  )
}

function isOwn({ peer }: Session, { own }: FarUse): boolean {
  return peer === own
}

/** Those that have such a time, the earliest first. */
function users(
  sessions: readonly Session[],
  far: FarUse,
  sinceOf: (session: Session) => number | undefined
): FarUser[] {
  return sessions
    .flatMap((each) => {
      const since = sinceOf(each)
      const label = isOwn(each, far) ? 'this computer' : each.label
      return since === undefined ? [] : [{ session: each.id, label, since }]
    })
    .sort((a, b) => a.since - b.since)
}

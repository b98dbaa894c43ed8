/**
 * What goes over a Channel. The client calls commands of the contract and subscribes to what goes on; the server answers, and
 * sends items only as far as it was given credit, so that a slow reader costs neither side memory.
 *
 *     client                                   server
 *       hello {versions, features}    →                                   first, and once
 *                                     ←          hello {version, features}
 *       call {id, name, args}         →
 *       cancel {id}                   →
 *                                     ←          result {id, value} | fault {id, fault}    one for each call
 *       subscribe {id, topic, args, credit} →
 *       credit {id, count}            →
 *                                     ←          item {id, item}                           one credit each
 *       unsubscribe {id}              →
 *                                     ←          ended {id, fault?}                        one for each subscription
 *                                     ←          bye {reason}                              why it closes now
 *
 * The client need not wait for the server's hello. Ids are the client's, 1 and up, for calls and subscriptions alike; each greater
 * than the one before, so none comes twice. Messages about an id that is over are late, and ignored. Unknown fields and unknown
 * types are ignored, so that a newer side may say more; what else does not fit is an error and closes the Channel.
 *
 * What a command's arguments may be is the command table's matter: one that is unknown there is refused and never ignored, since it
 * may be a restriction.
 */
import * as v from 'valibot'

/** The first one that both sides know is spoken: the newest stands first. */
export const RPC_VERSIONS: readonly number[] = [1]

/** What one side can beyond its version, by name; none yet. A side uses only what the other one names. */
export const RPC_FEATURES: readonly string[] = []

/** Credit that a subscription has at the most; what is given beyond that counts as this much. */
export const MAX_CREDIT = 65_536

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const name = v.pipe(v.string(), v.maxLength(128))
const features = v.optional(v.pipe(v.array(name), v.maxLength(64)), [])
const versions = v.pipe(v.array(v.pipe(v.number(), v.safeInteger())), v.minLength(1), v.maxLength(32))
/** A value that is undefined does not travel. */
const anything = v.optional(v.unknown())

export const clientMessageSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), versions, features }),
  v.object({ type: v.literal('call'), id, name, args: anything }),
  v.object({ type: v.literal('cancel'), id }),
  v.object({ type: v.literal('subscribe'), id, topic: name, args: anything, credit: count }),
  v.object({ type: v.literal('credit'), id, count }),
  v.object({ type: v.literal('unsubscribe'), id })
])
export type ClientMessage = v.InferOutput<typeof clientMessageSchema>

const faultSchema = v.object({
  code: v.string(),
  message: v.string(),
  cause: v.exactOptional(v.string())
})

export const serverMessageSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), version: v.number(), features }),
  v.object({ type: v.literal('result'), id, value: anything }),
  v.object({ type: v.literal('fault'), id, fault: faultSchema }),
  v.object({ type: v.literal('item'), id, item: anything }),
  v.object({ type: v.literal('ended'), id, fault: v.exactOptional(faultSchema) }),
  v.object({ type: v.literal('bye'), reason: v.object({ code: v.string(), message: v.string() }) })
])
export type ServerMessage = v.InferOutput<typeof serverMessageSchema>

/** A message of the schema; `unknown` for a type that a newer side may have; undefined for what is no message. */
export function readMessage<Schema extends typeof clientMessageSchema | typeof serverMessageSchema>(
  schema: Schema,
  input: unknown
): v.InferOutput<Schema> | 'unknown' | undefined {
  const { success, output } = v.safeParse(schema, input)
  if (success) return output
  if (typeof input !== 'object' || input === null || !('type' in input)) return undefined
  const types: readonly unknown[] = schema.options.map(({ entries }) => entries.type.literal)
  return typeof input.type === 'string' && !types.includes(input.type) ? 'unknown' : undefined
}

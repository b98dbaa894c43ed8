/**
 * What goes over a Channel. The client calls commands of the contract and subscribes to what goes on; the server answers, and
 * sends items only as far as it was given credit, so that a slow reader costs neither side memory.
 *
 *     client                                   server
 *       hello {versions}              →
 *                                     ←          hello {version}
 *       call {id, name, args}         →
 *       cancel {id}                   →
 *                                     ←          result {id, value} | fault {id, fault}
 *       subscribe {id, topic, args, credit} →
 *       credit {id, count}            →
 *                                     ←          item {id, item}            (one credit each)
 *       unsubscribe {id}              →
 *                                     ←          ended {id, fault?}
 *
 * Unknown fields are ignored and unknown types answered with nothing, so that a newer side may say more.
 */
import * as v from 'valibot'

/** The first one that both sides know is spoken. */
export const RPC_VERSIONS = [1] as const

const id = v.pipe(v.number(), v.integer(), v.minValue(1))
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))

export const clientMessageSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), versions: v.pipe(v.array(v.number()), v.maxLength(32)) }),
  v.object({ type: v.literal('call'), id, name: v.string(), args: v.unknown() }),
  v.object({ type: v.literal('cancel'), id }),
  v.object({ type: v.literal('subscribe'), id, topic: v.string(), args: v.unknown(), credit: count }),
  v.object({ type: v.literal('credit'), id, count }),
  v.object({ type: v.literal('unsubscribe'), id })
])
export type ClientMessage = v.InferOutput<typeof clientMessageSchema>

const faultSchema = v.object({
  code: v.string(),
  kind: v.string(),
  message: v.string(),
  cause: v.exactOptional(v.string())
})

export const serverMessageSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), version: v.number() }),
  v.object({ type: v.literal('result'), id, value: v.unknown() }),
  v.object({ type: v.literal('fault'), id, fault: faultSchema }),
  v.object({ type: v.literal('item'), id, item: v.unknown() }),
  v.object({ type: v.literal('ended'), id, fault: v.exactOptional(faultSchema) })
])
export type ServerMessage = v.InferOutput<typeof serverMessageSchema>

/**
 * The first words of farport/1, in a frame each way (frames.ts), inside TLS. Called by peers; knows no connection.
 *
 *     client: {"want": "rpc" | "share" | "watch" | "pair", "share": "gps", "use": "…", "takeOver": true, "versions": [1], "features": []}
 *     server: {"ok": {"version": 1, "features": []}}    what was asked for begins behind it
 *         or: {"fault": {"code": "peer-not-paired", "message": "…"}}    and the end
 *
 * Unknown fields are ignored, so that a newer side may say more. So the wish to only watch a share (`observe` in a ShareWish) is none of
 * them: a side that ignored it would give the control of a free port to who asked for none. It is a `want` of its own, which a side of
 * before it turns away, having touched nothing (`watch` takes what `share` does, but for `takeOver`).
 */
import * as v from 'valibot'
import { cleanText, decodeJson, encodeJson } from './ascii-json.ts'

/** Those that we speak, the best first. */
export const FARPORT_VERSIONS = [1] as const

const MAX_MESSAGE = 2000
/** Of what a share is wanted for, in characters. */
export const MAX_USE = 64

const versions = v.pipe(v.array(v.number()), v.maxLength(32))
const features = v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(64))
/** Its name or id. */
const share = v.pipe(v.string(), v.nonEmpty(), v.maxLength(255))
/** What for; opaque, and without control characters, as lists have it. The same one of the same client takes the place of its connection of before, another one stands beside it. */
const use = v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_USE), v.regex(/^\P{C}+$/u)))

const helloSchema = v.variant('want', [
  v.object({ want: v.literal('rpc'), versions, features: v.optional(features, []) }),
  v.object({
    want: v.literal('share'),
    share,
    use,
    /** It shall write at once, whoever did. */
    takeOver: v.exactOptional(v.boolean()),
    versions,
    features: v.optional(features, [])
  }),
  v.object({ want: v.literal('watch'), share, use, versions, features: v.optional(features, []) }),
  v.object({ want: v.literal('pair'), versions, features: v.optional(features, []) })
])
type Common = Pick<v.InferOutput<typeof helloSchema>, 'versions' | 'features'>
export type Hello = Wish & Common
/** What the client came for. */
export type Wish = { readonly want: 'rpc' | 'pair' } | ({ readonly want: 'share' } & ShareWish)

export interface ShareWish {
  /** Its name or id there. */
  readonly share: string
  /** At most `MAX_USE` characters. */
  readonly use?: string
  readonly takeOver?: boolean
  /** It shall only watch, also where nobody has the control, until it asks for that. */
  readonly observe?: boolean
}

const answerSchema = v.union([
  v.object({ ok: v.object({ version: v.number(), features: v.optional(features, []) }) }),
  v.object({
    fault: v.object({
      code: v.pipe(v.string(), v.maxLength(64)),
      message: v.pipe(v.string(), v.maxLength(MAX_MESSAGE))
    })
  })
])
export type HelloAnswer = v.InferOutput<typeof answerSchema>

export function encodeHello(wish: Wish, ownFeatures: readonly string[] = []): Uint8Array {
  return encodeJson({ ...spoken(wish), versions: FARPORT_VERSIONS, features: ownFeatures })
}

/** Undefined where it is none. */
export function readHello(payload: Uint8Array): Hello | undefined {
  const result = v.safeParse(helloSchema, decodeJson(payload))
  if (!result.success) return undefined
  const hello = result.output
  return hello.want === 'watch' ? { ...hello, want: 'share', observe: true } : hello
}

/** As it is said. */
function spoken(wish: Wish): object {
  if (wish.want !== 'share' || !wish.observe) return wish
  const { share, use } = wish
  return { want: 'watch', share, ...(use !== undefined && { use }) }
}

/** The best version that both speak. */
export function commonVersion(theirs: readonly number[]): number | undefined {
  return FARPORT_VERSIONS.find((each) => theirs.includes(each))
}

export function encodeHelloAnswer(answer: HelloAnswer): Uint8Array {
  return encodeJson(answer)
}

/** Undefined where it is none. The message of a fault is fit to be shown. */
export function readHelloAnswer(payload: Uint8Array): HelloAnswer | undefined {
  const result = v.safeParse(answerSchema, decodeJson(payload))
  if (!result.success) return undefined
  if ('ok' in result.output) return result.output
  const { code, message } = result.output.fault
  return { fault: { code, message: cleanText(message, MAX_MESSAGE) } }
}

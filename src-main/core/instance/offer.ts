/** What a paired computer offers, asked of it over rpc. Called by the command about peers, and by a command that runs by itself. */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { once } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import { DATA_BITS, FLOW_CONTROLS, PARITIES, STOP_BITS } from '../../contract/line.ts'
import { permissionSchema } from '../../contract/settings.ts'
import type { Offer } from '../../contract/state.ts'
import type { PeerWays } from '../../peers/ways.ts'
import type { RpcClient } from '../../rpc/client.ts'
import { StateMirror } from '../../rpc/state-mirror.ts'

/** For the state of a peer, once it is connected, in ms. */
const OFFER_MS = 10_000

/** The last moment that a Date has. */
const MAX_TIME = 8.64e15
const time = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_TIME))

/** What is shown of it: the far side is another Farport, and may send anything. What a newer one has beside that stays. */
const offerSchema = v.object({
  self: v.looseObject({ id: v.string(), name: v.string(), version: v.string() }),
  bridges: v.array(
    v.looseObject({
      ...{ id: v.string(), name: v.string(), enabled: v.boolean(), port: v.string() },
      may: v.exactOptional(permissionSchema),
      state: v.variant('type', [
        v.looseObject({ type: v.picklist(['idle', 'opening', 'closing']) }),
        v.looseObject({
          type: v.literal('open'),
          settings: v.looseObject({
            baudRate: v.number(),
            dataBits: v.picklist(DATA_BITS),
            parity: v.picklist(PARITIES),
            stopBits: v.picklist(STOP_BITS),
            flowControl: v.picklist(FLOW_CONTROLS)
          })
        }),
        v.looseObject({ type: v.literal('waiting'), fault: v.looseObject({ message: v.string() }) })
      ]),
      blocked: v.exactOptional(
        v.looseObject({ by: v.picklist(['cts', 'flow-control', 'peer']), bytes: v.number() })
      ),
      sessions: v.array(
        v.looseObject({
          ...{ label: v.string(), writer: v.boolean(), since: time },
          ...{ peer: v.exactOptional(v.string()), holdsSince: v.exactOptional(time) }
        })
      )
    })
  )
})

/** `peer`: as people write it. Rejects as `PeerWays.dialRpc`, or with a Fault of the kind `peer`. */
export async function askOffer(
  ways: Pick<PeerWays, 'dialRpc'>,
  peer: string,
  clock: Clock,
  signal: AbortSignal
): Promise<Offer> {
  const { client } = await ways.dialRpc(peer, signal)
  const late = new AbortController()
  const timer = clock.after(OFFER_MS, () =>
    late.abort(
      new Fault('peer-timeout', `${peer} does not tell what it offers. Is that computer busy? Try again.`)
    )
  )
  try {
    return await offerOf(client, AbortSignal.any([signal, late.signal]))
  } finally {
    timer.dispose()
    client.dispose()
  }
}

/** What a peer shows of itself and its shares, as it is now. */
async function offerOf(client: RpcClient, signal: AbortSignal): Promise<Offer> {
  const mirror = new StateMirror(client)
  try {
    const ended = once(mirror.onEnd, signal).then((fault) => {
      throw (
        fault ?? client.closed ?? new Fault('peer-closed', 'That computer ended the connection: try again.')
      )
    })
    const { self, bridges } = await Promise.race([once(mirror.onChange, signal), ended])
    const offer = { self, bridges: Object.values(bridges) }
    if (v.is(offerSchema, offer)) return offer
    throw new Fault(
      'peer-protocol',
      'That computer tells of its shares what this one does not understand: update the older of the two.'
    )
  } finally {
    mirror.dispose()
  }
}

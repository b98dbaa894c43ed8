import { hostname } from 'node:os'
import type { Offer } from '../../../contract/state.ts'
import { formatAddress } from '../../../net/endpoint.ts'
import { quoteWord } from '../../../ports/program/command-line.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { shortText } from '../attached/words.ts'
import type { CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import type { BarePeer } from '../bare-peer.ts'
import { offerRows } from '../offer-table.ts'
import { flag, type Given } from '../options.ts'
import { running } from '../running.ts'
import { table } from '../table.ts'

/** `farport connect PEER`: what it offers this computer. */
export async function offers(at: BarePeer, given: Given, io: CliIo): Promise<number> {
  const peer = at.port === undefined ? at.peer : formatAddress(at.peer, at.port)
  const client = flag(given, 'standalone') ? undefined : await running(io)
  try {
    const offer = client ? await client.call('peer.offers', { peer }, io.stop) : await alone(peer, io)
    if (flag(given, 'json')) io.print(JSON.stringify(offer))
    else await print(offer, at, client, io)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

async function alone(peer: string, io: CliIo): Promise<Offer> {
  const { localOffer } = await import('../../../core/local-farports.ts')
  const { LocalNearby } = await import('../../../core/local-nearby.ts')
  const nearby = new LocalNearby()
  try {
    return await localOffer(peer, io.stop, {}, nearby)
  } finally {
    nearby.dispose()
  }
}

async function print(
  { self, bridges }: Offer,
  at: BarePeer,
  client: RpcClient | undefined,
  io: CliIo
): Promise<void> {
  for (const line of table(offerRows(at, bridges, new Date()), io.stdout.columns)) io.print(line)
  if (bridges.length > 0) return
  const { snapshot } = await import('../attached/snapshot.ts')
  const own = client && (await snapshot(client, io.stop)).self?.name
  io.print(
    `${shortText(self.name)} offers this computer nothing yet. Its owner says there: farport permit ${quoteWord(own ?? hostname())} control`
  )
}

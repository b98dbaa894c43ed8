import type { ShareSpec } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import type { BridgeState } from '../../../contract/state.ts'
import { Core } from '../../../core/core.ts'
import { isLoopback } from '../../../net/allow-list.ts'
import { parseEndpoint } from '../../../net/endpoint.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { collect, flag, tokenize } from '../options.ts'
import { running } from '../running.ts'
import { SHARE_OPTIONS, readRotator, readShares } from '../share-arguments.ts'
import { stopped, withCore } from '../with-core.ts'

/** `farport share DEVICE --listen URL …`: shares until it is told to stop, or has the running Farport share it. */
export const share: CliCommand = async (args, io) => {
  const tokens = tokenize(args, SHARE_OPTIONS)
  const given = collect(tokens)
  const json = flag(given, 'json')
  const client = flag(given, 'standalone') ? undefined : await running(io)
  try {
    const specs = readShares(tokens, { unlistened: client !== undefined })
    const rotator = readRotator(tokens)
    for (const { listen } of [...specs, { listen: rotator?.listen }]) checkAddresses(listen)
    if (!client) return await alone(specs, rotator, io, json)
    await (await import('../attached/add-shares.ts')).addShares(client, specs, rotator, io, json)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

function alone(
  specs: readonly ShareSpec[],
  rotator: ReturnType<typeof readRotator>,
  io: CliIo,
  json: boolean
): Promise<number> {
  if (specs.every(({ disabled }) => disabled))
    throw new Fault(
      'usage',
      'Nothing would be shared: leave out --disabled, or give it behind the DEVICE that it is for.'
    )
  return withCore(io, 'everything', async (core) => {
    const shares = await startShares(core, specs, io, json)
    if (rotator) {
      const { addresses } = await core.call('rotator.start', { ...rotator, shares })
      for (const url of addresses)
        io.print(json ? JSON.stringify({ listening: url, rotator: shares.length }) : `listening ${url}`)
    }
    const announcing = await announced(core, specs, shares, io)
    try {
      await stopped(io.stop)
    } finally {
      await announcing?.close()
    }
    return EXIT.done
  })
}

/** Where there may be something to announce: what others reach, and nobody wants left out. */
async function announced(
  core: Core,
  specs: readonly ShareSpec[],
  ids: readonly string[],
  io: CliIo
): Promise<{ close(): Promise<void> } | undefined> {
  if (specs.every(({ announce, listen = [] }) => announce === false || listen.every(isLocal)))
    return undefined
  const { AnnouncingAlone } = await import('../../../core/announcing-alone.ts')
  const byId = new Map(specs.map((spec, index) => [ids[index], spec]))
  return new AnnouncingAlone(core, {
    shareOf: (id) => byId.get(id),
    preferences: async () => (await import('../../../core/local-trust.ts')).knownDiscovery(),
    tell: (text) => io.say(text)
  })
}

/** No other computer comes there, whoever may. */
function isLocal(listener: NonNullable<ShareSpec['listen']>[number]): boolean {
  const { transport, host } = parseEndpoint(typeof listener === 'string' ? listener : listener.url, 'listen')
  return (transport !== 'tcp' && transport !== 'certauth') || isLoopback(host)
}

/** One line for each listener, in the order given, once it accepts. Answers the ids of the shares. */
export async function startShares(
  core: Core,
  specs: readonly ShareSpec[],
  io: CliIo,
  json: boolean
): Promise<string[]> {
  const ids: string[] = []
  for (const spec of specs) {
    const state = await core.call('share.start', spec)
    const { id, name, enabled, dials } = state
    ids.push(id)
    if (!enabled) io.print(json ? JSON.stringify({ disabled: name }) : `disabled ${name}`)
    tellAddresses(core, state, (url) => {
      io.print(json ? JSON.stringify({ listening: url, share: name }) : `listening ${url}`)
    })
    for (const url of dials)
      io.print(json ? JSON.stringify({ dialling: url, share: name }) : `dialling ${url}`)
  }
  return ids
}

/** Each address once, when it accepts: at once, but for one that this computer does not have yet. */
function tellAddresses(core: Core, started: BridgeState, tell: (url: string) => void): void {
  const open = new Set(started.addresses.keys())
  const look = ({ addresses, awaited = [] }: BridgeState): void => {
    for (const index of open) {
      const url = addresses[index]
      if (url === undefined || awaited.includes(url)) continue
      open.delete(index)
      tell(url)
    }
  }
  look(started)
  // The whole tree for each of many shares is for those alone that need it.
  if (open.size === 0) return
  const again = (): void => {
    look(core.state.bridges[started.id] ?? started)
    if (open.size === 0) subscription.dispose()
  }
  const subscription = core.onState(again)
  again()
}

/** Throws the Fault of the first address that is none. */
function checkAddresses(listeners: ShareSpec['listen'] = []): void {
  for (const each of listeners) parseEndpoint(typeof each === 'string' ? each : each.url, 'listen')
}

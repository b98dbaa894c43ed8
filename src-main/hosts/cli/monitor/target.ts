/**
 * What `monitor`, `capture` and `extcap` mean by their target, and how its records are had:
 *
 *     a capture file                     read
 *     farport://PEER/SHARE               the recording of that computer, which has the times of its wire and may hold what came before
 *     a share or link by its name or id, the recording of the Farport that runs here; the port is not opened for it
 *       or the port that one has
 *     any other port or address          opened by the Farport that runs here, else by this process, and only watched
 */
import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PortSpec } from '../../../contract/commands.ts'
import { Fault, toFault } from '../../../contract/faults.ts'
import type { BridgeState, StateTree } from '../../../contract/state.ts'
import type { Context } from '../../../core/context.ts'
import { localFarports, localRpc } from '../../../core/local-farports.ts'
import { LocalNearby } from '../../../core/local-nearby.ts'
import { localTls } from '../../../core/local-tls.ts'
import { looksLikeEndpoint } from '../../../net/endpoint.ts'
import { looksLikeFarportUrl, parseShareUrl } from '../../../net/farport-url.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { portMeantHere } from '../attached/meant-here.ts'
import { snapshot } from '../attached/snapshot.ts'
import type { CliIo } from '../cli-io.ts'
import { readPort, type Given } from '../options.ts'
import { running } from '../running.ts'
import { FarFeed } from './far-feed.ts'
import type { Feed } from './feed.ts'
import { FileFeed } from './file-feed.ts'
import { OwnFeed } from './own-feed.ts'

export interface FeedWish {
  readonly target: string
  /** How the port is opened, where it has to be. */
  readonly given: Given
  /** Ask no running Farport. */
  readonly standalone: boolean
  /** What came before is wanted: there must be a recording. */
  readonly past: boolean
  /** Of a file with several. Default 1. */
  readonly recording?: number | undefined
}

/** Runs `use` with the feed of a target, and lets go of everything behind it. Rejects with a Fault. */
export async function withFeed<T>(wish: FeedWish, io: CliIo, use: (feed: Feed) => Promise<T>): Promise<T> {
  const { target, standalone } = wish
  if (isFile(target)) return use(new FileFeed(target, wish.recording ?? 1, (text) => io.say(text)))
  if (wish.recording !== undefined)
    throw new Fault('usage', `${target} is no file, and --recording is for files. Leave it out.`)
  const client = standalone ? undefined : await running(io)
  try {
    const tree = client && (await snapshot(client, io.stop))
    if (looksLikeFarportUrl(target)) return await withFar(wish, client, tree, io, use)
    const bridge = tree && bridgeOf(tree, target)
    if (client && bridge) {
      const { state, id, name } = bridge
      const settings = state.type === 'open' ? state.settings : undefined
      const idle = state.type === 'idle' ? name : undefined
      return await use(
        new FarFeed(client, { id, ...(settings && { settings }), ...(idle !== undefined && { idle }) })
      )
    }
    return await withPort(wish, client, io, use)
  } finally {
    client?.dispose()
  }
}

/** The share or link of that name, id or port; undefined: there is none. Throws `usage` where several are called so. */
export function bridgeOf(tree: StateTree, target: string): BridgeState | undefined {
  const all = Object.values(tree.bridges)
  const exact = all.find(({ id }) => id === target)
  if (exact) return exact
  const called = all.filter(({ name }) => name === target)
  if (called.length > 1)
    throw new Fault(
      'usage',
      `Several are called "${target}": ${called.map(({ kind, id }) => `a ${kind} (${id})`).join(', ')}. Give the id instead.`
    )
  const device = realPath(target)
  return (
    called[0] ?? all.find(({ port, enabled }) => enabled && (port === target || realPath(port) === device))
  )
}

function isFile(target: string): boolean {
  return statSync(target, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Of a device by another of its names; of anything else what was written. */
function realPath(target: string): string {
  if (looksLikeEndpoint(target) || !target.includes('/')) return target
  try {
    return realpathSync(target)
  } catch {
    return resolve(target)
  }
}

/** Its own recording. A Farport that has none is connected to as any port. */
async function withFar<T>(
  wish: FeedWish,
  client: RpcClient | undefined,
  tree: StateTree | undefined,
  io: CliIo,
  use: (feed: Feed) => Promise<T>
): Promise<T> {
  // The system's service is paired under a name of its own, and this user perhaps under none.
  if (tree?.self?.kind === 'system') return withPort(wish, client, io, use)
  const { peer, share, port } = parseShareUrl(wish.target)
  const nearby = new LocalNearby((text) => io.say(text))
  try {
    const place = port === undefined ? peer : `${peer.includes(':') ? `[${peer}]` : peer}:${port}`
    const far = await localRpc(place, io.stop, {}, nearby)
    try {
      return await use(new FarFeed(far.client, { id: share }))
    } catch (error) {
      const { code } = toFault(error)
      if (code === 'peer-permission')
        throw new Fault(
          code,
          `${peer} does not let this computer watch ${share}: its owner permits that there with farport permit COMPUTER ${share} observe.`,
          error
        )
      if (code !== 'unsupported') throw error
      io.say(`${peer} has no recordings yet: it is watched as a port. Update it to see its own times.`)
    } finally {
      far.dispose()
    }
  } finally {
    nearby.dispose()
  }
  return withPort(wish, client, io, use)
}

async function withPort<T>(
  { target, given, past }: FeedWish,
  client: RpcClient | undefined,
  io: CliIo,
  use: (feed: Feed) => Promise<T>
): Promise<T> {
  const port = readPort(target, given)
  if (past)
    throw new Fault(
      'usage',
      client
        ? `No Farport here shares ${target}, so nothing was recorded of it. Leave out --last, or see farport list.`
        : 'No Farport runs here that could have recorded before. Leave out --last, or start one: farport serve'
    )
  if (client)
    try {
      return await use(new FarFeed(client, { port: portMeantHere(port) }))
    } catch (error) {
      if (toFault(error).code !== 'unsupported') throw error
    }
  return withOwn(port, io, use)
}

async function withOwn<T>(port: PortSpec, io: CliIo, use: (feed: Feed) => Promise<T>): Promise<T> {
  const nearby = new LocalNearby((text) => io.say(text))
  const context: Context = {
    farports: localFarports({}, nearby),
    announced: nearby.ports,
    tls: localTls((text) => io.say(text)),
    report: ({ level, text }) => {
      if (level === 'warning') io.say(text)
    }
  }
  try {
    return await use(new OwnFeed(port, context))
  } finally {
    nearby.dispose()
  }
}

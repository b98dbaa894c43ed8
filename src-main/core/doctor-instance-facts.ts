/**
 * What the doctor gathers of the Farports that run on this computer: asked of themselves over their local sockets, and of the computers
 * that they are paired with, whether these reach them. Called by core/doctor-facts. Changes nothing.
 */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { once } from '../base/event.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { HostState } from '../contract/host.ts'
import type { Reached } from '../contract/service-commands.ts'
import type { Preferences } from '../contract/settings.ts'
import type { SelfState, StateTree } from '../contract/state.ts'
import type { Connection } from '../net/connection.ts'
import { readAccounts } from '../os/device-access.ts'
import type { RpcClient } from '../rpc/client.ts'
import { readPrivate } from '../store/private-file.ts'
import { readSettings } from '../store/settings-text.ts'
import {
  SYSTEM_GROUP,
  instancePaths,
  type InstanceKind,
  type LocalSocket,
  type PathsEnvironment
} from './instance-paths.ts'
import { attachTo, localSockets } from './local-socket.ts'

/** One that runs, or left its socket behind (`dead`), or cannot be asked (`fault`). */
export interface InstanceFact {
  readonly kind: InstanceKind
  readonly socket: string
  readonly state:
    | {
        readonly type: 'running'
        readonly self: SelfState
        readonly reach: readonly ReachFact[]
        /** Where its page is, or why nowhere; absent: nobody wants one. */
        readonly page?: HostState['page']
        /** Where its shares, its rotators and its page listen. */
        readonly addresses?: readonly string[]
        /** What it says and asks in the network; absent: it does not tell. */
        readonly discovery?: Preferences['discovery']
      }
    | { readonly type: 'dead' }
    | { readonly type: 'fault'; readonly fault: Fault }
}

/** What a paired computer said that we asked to connect back. Those that could not be asked, or know no such question, are not there. */
export interface ReachFact {
  /** Its name here. */
  readonly peer: string
  readonly reached: Reached
}

/** A service of this system's own kind that keeps Farport running. */
export interface ServiceFact {
  readonly scope: InstanceKind
  /** Undefined: not installed. */
  readonly file: string | undefined
  readonly state: 'running' | 'starting' | 'failed' | 'stopped' | 'unknown'
  readonly detail: string | undefined
  /** The command that shows its log. */
  readonly log: string
}

export interface InstanceFacts {
  readonly instances: readonly InstanceFact[]
  /** What is wrong with the user's settings file, where no instance of his runs that tells. */
  readonly settingsFault: Fault | undefined
  /** Whether the user is in the group that may command the system's instance: by the database, and by this session. */
  readonly group: { readonly joined: boolean; readonly inForce: boolean }
  /** Those of this computer. */
  readonly addresses: readonly string[]
  /** What keeps others out here, where it is one of those that tell. */
  readonly firewall: 'ufw' | undefined
}

/** Paired computers that are asked, at the same time, and how many are tried until so many answered. */
const MAX_ASKED = 3
const MAX_TRIED = 9

/** An instance answers at once what it is; the way to a peer that is off, and its answer, take their time. */
const STATE_MS = 5000
const REACH_MS = 25_000

export async function instanceFacts(from: PathsEnvironment = {}, etcRoot = '/etc'): Promise<InstanceFacts> {
  const [found, { memberships, groups, userName }, ufw] = await Promise.all([
    Promise.all(localSockets(from).map(instanceFact)),
    readAccounts(etcRoot),
    readFile(join(etcRoot, 'ufw/ufw.conf'), 'utf8').catch(() => '')
  ])
  const instances = found.filter((each) => each !== undefined)
  const isOwn = instances.some(({ kind, state }) => kind === 'user' && state.type === 'running')
  const [gid, group] = [...groups].find(([, { name }]) => name === SYSTEM_GROUP) ?? []
  return {
    instances,
    settingsFault: isOwn ? undefined : await settingsFault(from),
    group: {
      joined: group?.members.includes(userName) ?? false,
      inForce: gid !== undefined && memberships.includes(gid)
    },
    addresses: Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
    firewall: /^ENABLED=yes/m.test(ufw) ? 'ufw' : undefined
  }
}

async function instanceFact(socket: LocalSocket): Promise<InstanceFact | undefined> {
  const kind = socket.group === undefined ? 'user' : 'system'
  const about = { kind, socket: socket.path } as const
  try {
    const connection = await attachTo(socket)
    if (connection === 'none') return undefined
    if (connection === 'dead') return { ...about, state: { type: 'dead' } }
    const state = await runningState(connection)
    // $FARPORT_SOCKET may name anybody's.
    return { ...about, kind: state.self.kind ?? kind, state }
  } catch (error) {
    return { ...about, state: { type: 'fault', fault: toFault(error) } }
  }
}

async function runningState(
  connection: Connection
): Promise<Extract<InstanceFact['state'], { readonly type: 'running' }>> {
  const { RpcClient } = await import('../rpc/client.ts')
  const { streamChannel } = await import('../rpc/stream-channel.ts')
  const client = new RpcClient(streamChannel(connection, 'client'))
  try {
    const tree = await firstState(client)
    const { self, host } = tree
    if (!self) throw new Fault('peer-protocol', 'The Farport that runs here does not say what it is.')
    const isReachable = (self.listening ?? []).length > 0
    const reach = isReachable ? await askPeers(client, tree) : []
    const discovery = await discoveryOf(client)
    return {
      ...{ type: 'running', self, reach, addresses: listeningAt(tree) },
      ...(host?.page && { page: host.page }),
      ...(discovery && { discovery })
    }
  } finally {
    client.dispose()
  }
}

/** Those that it cannot have yet are somebody else's. */
function listeningAt({ bridges, rotators, host }: StateTree): string[] {
  const page = host?.page && 'url' in host.page ? [host.page.url] : []
  const of = (each: {
    readonly addresses: readonly string[]
    readonly awaited?: readonly string[]
  }): string[] => each.addresses.filter((address) => !each.awaited?.includes(address))
  return [
    ...Object.values(bridges).flatMap(of),
    ...Object.values(rotators).flatMap((each) => (each.fault ? [] : of(each))),
    ...page
  ]
}

async function discoveryOf(client: RpcClient): Promise<Preferences['discovery'] | undefined> {
  try {
    const { preferences } = await within(STATE_MS, (signal) => client.call('settings.read', {}, signal))
    return preferences.discovery
  } catch {
    // Older than the question, or busy: then nothing is said of it.
    return undefined
  }
}

async function firstState(client: RpcClient): Promise<StateTree> {
  const { StateMirror } = await import('../rpc/state-mirror.ts')
  const mirror = new StateMirror(client)
  try {
    return await within(STATE_MS, (signal) =>
      Promise.race([
        once(mirror.onChange, signal),
        once(mirror.onEnd, signal).then((fault) => {
          throw fault ?? client.closed ?? silent()
        })
      ])
    )
  } finally {
    mirror.dispose()
  }
}

/** Those that are connected now first. */
async function askPeers(client: RpcClient, { peers = {} }: StateTree): Promise<ReachFact[]> {
  const waiting = Object.values(peers)
    .filter(({ trust }) => trust === 'trusted')
    .sort((a, b) => b.connections - a.connections)
    .slice(0, MAX_TRIED)
  const told: ReachFact[] = []
  await within(REACH_MS, async (signal) => {
    const ask = async (): Promise<void> => {
      for (let peer = waiting.shift(); peer && told.length < MAX_ASKED; peer = waiting.shift())
        try {
          told.push({ peer: peer.name, reached: await client.call('peer.reach', { peer: peer.id }, signal) })
        } catch {
          // Off, or older than the question: it cannot tell.
        }
    }
    await Promise.all(Array.from({ length: MAX_ASKED }, ask))
  })
  return told.slice(0, MAX_ASKED)
}

async function within<T>(ms: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = systemClock.after(ms, () => late.abort(silent()))
  try {
    return await act(late.signal)
  } finally {
    timer.dispose()
  }
}

function silent(): Fault {
  return new Fault('peer-timeout', 'The Farport that runs here does not answer.')
}

/** As an instance would meet with it at its start. */
async function settingsFault(from: PathsEnvironment): Promise<Fault | undefined> {
  const { FARPORT_CONFIG: named } = from.environment ?? process.env
  const path = named ? resolve(named) : instancePaths('user', from).settings
  try {
    const text = await readPrivate(path)
    if (text !== undefined) readSettings(text, path)
    return undefined
  } catch (error) {
    return toFault(error)
  }
}

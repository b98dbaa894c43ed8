/** Real instances of Farport in this process: their settings, key and socket in a folder of the test's own, reached on 127.0.0.1. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { InferInput } from 'valibot'
import type { PeerEntry, Permission, settingsSchema } from '../../../src-main/contract/settings.ts'
import type { BridgeState } from '../../../src-main/contract/state.ts'
import type { NoticeLine } from '../../../src-main/contract/topics.ts'
import { Instance } from '../../../src-main/core/instance/instance.ts'
import { loadIdentity, type Identity as Key } from '../../../src-main/peers/identity.ts'
import { RpcClient } from '../../../src-main/rpc/client.ts'
import { memoryChannels } from '../../../src-main/rpc/memory-channel.ts'
import type { Identity } from '../../../src-main/rpc/permitted.ts'
import { FakeDiscovery } from '../../fake-discovery.ts'
import { freePort } from '../../peers/free-port.ts'

export type Given = Partial<InferInput<typeof settingsSchema>>

/** One installation, which may run. */
export interface Home {
  readonly folder: string
  readonly key: Key
  readonly port: number
}

export interface House extends Home {
  readonly instance: Instance
  /** Its network, once it has one. */
  readonly discovery: () => FakeDiscovery
  readonly notices: NoticeLine[]
  /** What the owner, or a peer, gets of it. */
  client(who?: Identity): RpcClient
  bridge(id: string): BridgeState
  /** What was told of the share or link of that name, one line each. */
  told(subject: string): string
}

export async function home(): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'farport-house-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const directory = join(folder, 'farport')
  mkdirSync(directory, { mode: 0o700 })
  return { folder, key: await loadIdentity(directory), port: await freePort() }
}

/** As another installation has it in its settings; `at`: where it is reached, where that is not its own port. */
export function peerAt({ key, port }: Home, name: string, may?: Permission['level'], at = port): PeerEntry {
  const permission = { level: may ?? 'none', history: false }
  return {
    ...{ id: key.id, name, trust: 'trusted', since: 0, addresses: [`127.0.0.1:${at}`] },
    permissions: { default: permission, shares: {} }
  }
}

/** Runs until the test ends. */
export async function house(at: Home, settings: Given): Promise<House> {
  const directory = join(at.folder, 'farport')
  const path = join(directory, 'settings.json')
  const listen = { port: at.port, addresses: ['127.0.0.1'] }
  writeFileSync(path, JSON.stringify({ version: 1, preferences: { listen }, ...settings }), { mode: 0o600 })
  const notices: NoticeLine[] = []
  let discovery: FakeDiscovery | undefined
  const instance = await Instance.open({
    openDiscovery: (options) => (discovery = new FakeDiscovery(options)),
    paths: {
      ...{ kind: 'user', directory, settings: path, lock: join(directory, 'lock') },
      identity: join(directory, 'identity.pem'),
      captures: join(at.folder, 'captures'),
      socket: {
        path: join(at.folder, 'socket'),
        mode: 0o600,
        group: undefined,
        directory: undefined,
        secret: undefined
      }
    },
    version: '0',
    report: (line) => void notices.push(line)
  })
  onTestFinished(() => instance.close(0).then(() => undefined))
  return {
    ...at,
    instance,
    notices,
    discovery: () => discovery!,
    client: (who = { type: 'owner' }) => {
      const [near, far] = memoryChannels()
      instance.connect(far, who)
      const client = new RpcClient(near)
      onTestFinished(() => client.dispose())
      return client
    },
    bridge: (id) => {
      const bridge = instance.state.bridges[id]
      if (!bridge) throw new Error(`there is no ${id}`)
      return bridge
    },
    told: (subject) =>
      notices
        .filter((line) => line.subject === subject)
        .map(({ text }) => text)
        .join('\n')
  }
}

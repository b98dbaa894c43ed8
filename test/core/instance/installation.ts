/** A running installation in this process, with its files in a folder of the test's own and its listener on 127.0.0.1. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../src-main/base/clock.ts'
import type { NoticeLine } from '../../../src-main/contract/topics.ts'
import type { InferInput } from 'valibot'
import type { shareEntrySchema } from '../../../src-main/contract/settings.ts'
import { instancePaths } from '../../../src-main/core/instance-paths.ts'
import { Instance } from '../../../src-main/core/instance/instance.ts'
import { RpcClient } from '../../../src-main/rpc/client.ts'
import { memoryChannels } from '../../../src-main/rpc/memory-channel.ts'
import { FakeDiscovery } from '../../fake-discovery.ts'
import { freePort } from '../../peers/free-port.ts'

export interface Installation {
  readonly instance: Instance
  readonly id: string
  readonly port: number
  readonly log: NoticeLine[]
  /** Its owner's. */
  readonly owner: RpcClient
}

export async function installation(
  name: string,
  {
    clock,
    wallMs,
    shares = []
  }: {
    clock?: Clock
    wallMs?: () => number
    shares?: readonly InferInput<typeof shareEntrySchema>[]
  } = {}
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'farport-installation-'))
  const paths = instancePaths('user', {
    environment: { XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder, APPDATA: folder },
    home: folder,
    // Of whom there is one pipe on Windows.
    userName: basename(folder)
  })
  const port = await freePort()
  const preferences = { listen: { port, addresses: ['127.0.0.1'] } }
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
  writeFileSync(paths.settings, JSON.stringify({ version: 1, name, shares, preferences }), { mode: 0o600 })
  const log: NoticeLine[] = []
  const instance = await Instance.open({
    paths,
    version: '1',
    openDiscovery: (options) => new FakeDiscovery(options),
    report: (line) => void log.push(line),
    ...(clock && { clock }),
    ...(wallMs && { wallMs })
  })
  const [near, far] = memoryChannels()
  instance.connect(far, { type: 'owner' })
  const owner = new RpcClient(near)
  onTestFinished(async () => {
    owner.dispose()
    await instance.close(1000)
    rmSync(folder, { recursive: true })
  })
  return { instance, id: instance.state.self!.id, port, log, owner }
}

/** `a` asks, both accept. */
export async function pairUp(a: Installation, b: Installation): Promise<void> {
  const { digits } = await a.owner.call('pair.request', { host: '127.0.0.1', port: b.port })
  const { name } = a.instance.state.self!
  const both = [a.owner.call('pair.outcome', { peer: b.id }), b.owner.call('pair.outcome', { peer: a.id })]
  await b.owner.call('pair.accept', { peer: name, digits })
  await a.owner.call('pair.accept', { peer: b.id.slice(0, 8), digits })
  await Promise.all(both)
}

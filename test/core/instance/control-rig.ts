/** One computer that shares a device, and others that use it by links of theirs: real instances, over TLS on 127.0.0.1. */
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { FarState, SessionState } from '../../../src-main/contract/state.ts'
import { MemoryPortSource } from '../../../src-main/ports/memory.ts'
import { eventually } from '../../eventually.ts'
import { farDevice } from './far-device.ts'
import { home, house, peerAt, type Given, type Home, type House } from './houses.ts'

/** A program behind a link: what it got, and how it sends. */
interface Local {
  readonly url: string
  readonly got: () => Buffer
  socket(): Socket
}

/** Takes the far end of one link. */
async function local(): Promise<Local> {
  const sockets: Socket[] = []
  const chunks: Buffer[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const each of sockets) each.destroy()
  })
  const { port } = server.address() as { port: number }
  return {
    url: `raw://127.0.0.1:${port}`,
    got: () => Buffer.concat(chunks),
    socket: () => {
      const socket = sockets.at(-1)
      if (!socket) throw new Error('nobody came')
      return socket
    }
  }
}

export interface User extends House {
  readonly local: Local
  /** How the link sees the far share. */
  readonly far: () => FarState | undefined
  /** Its session there. */
  readonly session: () => SessionState | undefined
}

export interface Rig {
  readonly alice: House
  readonly source: MemoryPortSource
  readonly bench: User
  readonly workshop: User
}

export type Level = 'none' | 'observe' | 'control'

export const LINK = 'GPS'

export async function user(
  at: Home,
  alice: House,
  options: {
    readonly baudRate: number
    readonly port?: number
    readonly target?: string
    readonly observe?: boolean
  }
): Promise<User> {
  const program = await local()
  const { baudRate, port = alice.port, target = 'farport://alice/desk', observe = false } = options
  const settings: Given = {
    links: [{ id: 'l1', name: LINK, port: { target, settings: { baudRate } }, to: program.url, observe }],
    peers: [peerAt(alice, 'alice', undefined, port)]
  }
  const running = await house(at, settings)
  const session = (): SessionState | undefined =>
    alice.bridge('desk').sessions.find(({ peer }) => peer === at.key.id)
  return { ...running, local: program, far: () => running.bridge('l1').far, session }
}

/** bench comes first. */
export async function rig(
  options: {
    readonly workshop?: Level
    readonly benchPort?: (port: number) => Promise<number>
    readonly source?: MemoryPortSource
  } = {}
): Promise<Rig> {
  const [owner, one, other] = [await home(), await home(), await home()]
  const { source = new MemoryPortSource() } = options
  const { url } = await farDevice(source)
  const alice = await house(owner, {
    shares: [{ id: 'desk', name: 'desk', port: { target: url, settings: { baudRate: 115_200 } } }],
    peers: [peerAt(one, 'bench', 'control'), peerAt(other, 'workshop', options.workshop ?? 'control')]
  })
  const port = await options.benchPort?.(owner.port)
  const bench = await user(one, alice, { baudRate: 57_600, ...(port !== undefined && { port }) })
  await eventually(() => expect(bench.far()).toMatchObject({ type: 'known', writer: true }))
  const workshop = await user(other, alice, { baudRate: 19_200 })
  if (options.workshop !== 'none')
    await eventually(() => expect(workshop.far()).toMatchObject({ type: 'known', writer: false }))
  return { alice, source, bench, workshop }
}

export const writers = ({ alice }: Rig): string[] =>
  alice
    .bridge('desk')
    .sessions.filter(({ writer }) => writer)
    .map(({ label }) => label)

export const permit = (alice: House, { key }: Home, level: Level): Promise<unknown> =>
  alice.client().call('peer.permit', { peer: key.id, share: 'desk', level })

/** Puts it among those whom alice trusts, as somebody who edits the file does. */
export async function pair(alice: House, at: Home, name: string, level: Level = 'control'): Promise<void> {
  const { settings } = alice.instance
  const peers = [...settings.peers, peerAt(at, name, level)]
  writeFileSync(join(alice.folder, 'farport/settings.json'), JSON.stringify({ ...settings, peers }))
  await alice.instance.reload()
}

import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { instanceFacts } from '../../src-main/core/doctor-instance-facts.ts'
import { listenTls } from '../../src-main/net/tls.ts'
import { FarportListener } from '../../src-main/peers/farport-listener.ts'
import { TrustStore } from '../../src-main/peers/trust.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { installation, pairUp, type Installation } from './instance/installation.ts'
import { idOf } from './instance/peer-rig.ts'

const facts = ({ instance }: Installation) =>
  instanceFacts({ platform: 'linux', environment: { FARPORT_SOCKET: instance.socketPath } })

/** Trusts it as if they had been paired. */
async function know(one: Installation, id: string, name: string, port: number): Promise<void> {
  const settings = await one.owner.call('settings.read', {})
  const permissions = { default: { level: 'none', history: false }, shares: {} }
  const entry = { id, name, trust: 'trusted', since: 0, permissions, addresses: [`127.0.0.1:${port}`] }
  const path = one.instance.state.self!.settingsPath!
  await writeFile(path, JSON.stringify({ ...settings, peers: [...settings.peers, entry] }), { mode: 0o600 })
  await one.owner.call('settings.reload', {})
}

/** A Farport of before, which knows no reach.me. */
async function oldFarport(peer: Installation): Promise<{ id: string; port: number; asked: string[] }> {
  const identity = await newTlsIdentity()
  const permissions = { default: { level: 'none', history: false }, shares: {} } as const
  const entry = { id: peer.id, name: 'new', trust: 'trusted', since: 0, permissions, addresses: [] } as const
  const trust = new TrustStore({
    peers: [{ ...entry, addresses: [] }],
    save: () => Promise.resolve()
  })
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, identity)
  const asked: string[] = []
  const service = {
    call: (name: string) => {
      asked.push(name)
      return Promise.reject(new Fault('unsupported', `This Farport does not know "${name}".`))
    },
    subscribe: () => ({ dispose: () => undefined })
  }
  const door = new FarportListener(trust, {
    rpc: (connection) => void serve(streamChannel(connection, 'server'), service, systemClock),
    share: () => () => undefined,
    pair: () => () => undefined
  })
  door.add(listener)
  onTestFinished(async () => {
    door.dispose()
    await listener.close(DONE)
  })
  return { id: idOf(identity), port: Number(new URL(listener.url).port), asked }
}

describe('what a Farport that runs tells the doctor', () => {
  it('is who it is, and whether those that it is paired with reach it', async () => {
    const [lab, desk] = [await installation('lab'), await installation('desk')]
    await pairUp(lab, desk)
    const old = await oldFarport(lab)
    await know(lab, old.id, 'old', old.port)
    await know(lab, 'f'.repeat(64), 'off', 1)
    const { instances, settingsFault } = await facts(lab)
    expect(settingsFault).toBeUndefined()
    expect(instances).toMatchObject([{ kind: 'user', state: { type: 'running', self: { name: 'lab' } } }])
    const [{ state } = { state: undefined }] = instances
    const at = `127.0.0.1:${lab.port}`
    expect(state).toMatchObject({ reach: [{ peer: 'desk', reached: { reached: true, at } }] })
    expect(state?.type === 'running' && state.reach).toHaveLength(1)
    expect(old.asked).toEqual(['reach.me'])
  })

  it('is where its shares and rotators listen, but where another program does, and what it does in the network', async () => {
    const taken = createServer()
    onTestFinished(() => void taken.close())
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const lab = await installation('lab')
    const { id } = await lab.owner.call('share.add', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0']
    })
    const listen = [`raw://127.0.0.1:${port}`]
    await lab.owner.call('share.add', { port: { target: 'sim:gps' }, listen })
    await lab.owner.call('rotator.add', { listen: ['raw://127.0.0.1:0'], shares: [id] })
    const { bridges, rotators } = lab.instance.state
    const own = bridges[id]!.addresses
    const [{ state } = { state: undefined }] = (await facts(lab)).instances
    expect(own).toHaveLength(1)
    expect(state).toMatchObject({
      addresses: [...own, ...Object.values(rotators).flatMap(({ addresses }) => addresses)],
      discovery: { announce: true, browse: true }
    })
    expect(Object.values(rotators)[0]?.addresses).toHaveLength(1)
  })

  it('asks three at the most', async () => {
    const lab = await installation('lab')
    const others = await Promise.all([1, 2, 3, 4].map((number) => installation(`desk ${number}`)))
    for (const each of others) {
      await know(each, lab.id, 'lab', lab.port)
      await know(lab, each.id, each.instance.state.self!.name, each.port)
    }
    const [{ state } = { state: undefined }] = (await facts(lab)).instances
    const reach = state?.type === 'running' ? state.reach : []
    expect(reach.map(({ reached }) => reached.reached)).toEqual([true, true, true])
  })

  it('is nothing where none is, and a fault where the settings are broken or the socket is no Farport', async () => {
    const lab = await installation('lab')
    const folder = join(lab.instance.socketPath, '..')
    const at = (FARPORT_SOCKET: string, FARPORT_CONFIG: string) =>
      instanceFacts({ platform: 'linux', environment: { FARPORT_SOCKET, FARPORT_CONFIG } })
    expect((await at(join(folder, 'none.sock'), join(folder, 'none.json'))).instances).toEqual([])
    const broken = await at(join(folder, 'none.sock'), lab.instance.state.self!.settingsPath!)
    expect(broken.settingsFault).toBeUndefined()
    await writeFile(join(folder, 'x.json'), '{', { mode: 0o600 })
    const { settingsFault } = await at(join(folder, 'none.sock'), join(folder, 'x.json'))
    expect(settingsFault).toMatchObject({ code: 'settings-broken' })
    const { instances } = await at(join(folder, 'x.json'), join(folder, 'x.json'))
    expect(instances.map(({ state }) => state.type)).not.toContain('running')
  })
})

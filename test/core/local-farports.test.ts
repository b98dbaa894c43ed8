import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DONE, type CloseReason } from '../../src-main/contract/close.ts'
import { Core } from '../../src-main/core/core.ts'
import { instancePaths } from '../../src-main/core/instance-paths.ts'
import { localFarports } from '../../src-main/core/local-farports.ts'
import { LocalTrust } from '../../src-main/core/local-trust.ts'
import { loadIdentity } from '../../src-main/peers/identity.ts'
import { eventually } from '../eventually.ts'
import { peerRig } from './instance/peer-rig.ts'

function home(): { environment: NodeJS.ProcessEnv; folder: string; settings: string } {
  const base = mkdtempSync(join(tmpdir(), 'farport-local-'))
  onTestFinished(() => rmSync(base, { recursive: true }))
  const environment = { XDG_CONFIG_HOME: base }
  const { directory, settings } = instancePaths('user', { platform: 'linux', environment })
  return { environment, folder: directory, settings }
}

const from = ({ environment }: { environment: NodeJS.ProcessEnv }) => ({
  platform: 'linux' as const,
  environment
})

it('uses the key and the trust of the user, any number at once, and writes nothing', async () => {
  const rig = await peerRig()
  const place = home()
  const { id } = await loadIdentity(place.folder)
  rig.permit('control', id)
  const peers = [
    { id: rig.ownerId, name: 'Lab', trust: 'trusted', since: 0, addresses: [`127.0.0.1:${rig.port}`] }
  ]
  writeFileSync(place.settings, JSON.stringify({ version: 1, peers }), { mode: 0o600 })
  const before = readdirSync(place.folder).sort()
  const cores = [1, 2].map(() => new Core({ farports: localFarports(from(place)) }))
  const told: string[] = []
  for (const core of cores) core.onNotice(({ text }) => told.push(text))
  const sent = cores.map((core) =>
    core.call('send', { port: { target: 'farport://lab/gps' }, bytes: Buffer.from('hello') })
  )
  expect(await Promise.all(sent)).toEqual([{ sent: 5 }, { sent: 5 }])
  // Two computers in a row or one beside the other: who came second watched.
  await eventually(() => {
    const { bytesToDevice, lostToDevice } = rig.share.state
    expect(bytesToDevice + lostToDevice).toBe(10)
  })
  const link = cores[0]!.call('link.start', { port: { target: 'farport://lab/gps' }, to: 'sim:echo' })
  const { id: linkId } = await link
  await eventually(() => expect(rig.share.state.sessions).toMatchObject([{ label: 'Uma', writer: true }]))
  rig.device.port.send(Buffer.from('ping'))
  await eventually(() => expect(Buffer.from(rig.device.port.received).toString()).toContain('ping'))
  expect(cores[0]!.state.bridges[linkId]).toMatchObject({
    port: 'farport://lab/gps',
    state: { type: 'open' }
  })
  await Promise.all(cores.map((core) => core.close(1000)))
  expect(readdirSync(place.folder).sort()).toEqual(before)
  expect(told.filter((text) => /warn|bug/i.test(text))).toEqual([])
})

it('takes the copy of the last good settings where the file is broken, and leaves both alone', async () => {
  const rig = await peerRig()
  const place = home()
  const { id } = await loadIdentity(place.folder)
  rig.permit('observe', id)
  const peers = [
    { id: rig.ownerId, name: 'Lab', trust: 'trusted', since: 0, addresses: [`127.0.0.1:${rig.port}`] }
  ]
  writeFileSync(`${place.settings}.bak`, JSON.stringify({ version: 1, peers }), { mode: 0o600 })
  writeFileSync(place.settings, '{"version": 1, "pe', { mode: 0o600 })
  const connection = await localFarports(from(place)).dialShare({ peer: 'lab', share: 'gps', use: 'u' }, {})
  connection.abort(DONE)
  expect(readdirSync(place.folder).filter((name) => name.includes('broken'))).toEqual([])
  rmSync(`${place.settings}.bak`)
  const dial = localFarports(from(place)).dialShare({ peer: 'lab', share: 'gps', use: 'u' }, {})
  await expect(dial).rejects.toMatchObject({ code: 'settings-broken' })
})

/** Written as an instance does. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

it('ends its connection when its owner forgets or blocks the peer elsewhere', async () => {
  const rig = await peerRig()
  const place = home()
  const { id } = await loadIdentity(place.folder)
  rig.permit('control', id)
  const lab = { id: rig.ownerId, name: 'Lab', since: 0, addresses: [`127.0.0.1:${rig.port}`] }
  for (const after of [[], [{ ...lab, trust: 'blocked' }]]) {
    write(place.settings, JSON.stringify({ version: 1, peers: [{ ...lab, trust: 'trusted' }] }))
    const ends: CloseReason[] = []
    const connection = await localFarports(from(place)).dialShare(
      { peer: 'lab', share: 'gps', use: 'u' },
      { warn: (text) => expect.unreachable(text) }
    )
    connection.onClose((reason) => void ends.push(reason))
    write(place.settings, JSON.stringify({ version: 1, peers: after }))
    await eventually(() => expect(ends).toMatchObject([{ code: 'unpaired' }]))
  }
})

it('trusts on while its owner edits the settings, or they are gone', async () => {
  const place = home()
  await loadIdentity(place.folder)
  const lab = { id: 'ab'.repeat(32), name: 'Lab', trust: 'trusted', since: 0 }
  write(place.settings, JSON.stringify({ version: 1, peers: [lab] }))
  const trust = await LocalTrust.open(from(place), () => expect.unreachable())
  onTestFinished(() => trust.dispose())
  const revoked: string[] = []
  trust.store.onRevoked((id) => void revoked.push(id))
  write(place.settings, '{"version": 1, "pe')
  await trust.refresh()
  rmSync(place.settings)
  await trust.refresh()
  expect([trust.store.standing(lab.id), revoked]).toEqual(['trusted', []])
  write(place.settings, '{"version": 1}')
  await trust.refresh()
  expect([trust.store.standing(lab.id), revoked]).toEqual(['unknown', [lab.id]])
})

it('says how to pair where nobody is trusted, and makes no key for that', async () => {
  const place = home()
  const dial = localFarports(from(place)).dialShare({ peer: 'lab', share: 'gps', use: 'u' }, {})
  await expect(dial).rejects.toMatchObject({
    code: 'peer-not-paired',
    message: expect.stringContaining('farport pair lab') as string
  })
  expect(existsSync(place.folder)).toBe(false)
})

it('is what a target of a share needs', async () => {
  const core = new Core()
  onTestFinished(async () => {
    await core.close(0)
  })
  const send = (target: string): Promise<unknown> =>
    core.call('send', { port: { target }, bytes: Uint8Array.of(1) })
  await expect(send('farport://lab/gps')).rejects.toMatchObject({ code: 'unsupported' })
  await expect(send('farport://lab')).rejects.toMatchObject({
    code: 'bad-url',
    message: expect.stringContaining('farport connect farport://lab') as string
  })
  const listen = core.call('share.start', {
    port: { target: 'sim:echo' },
    listen: ['farport://workshop/gps']
  })
  await expect(listen).rejects.toMatchObject({ code: 'unsupported' })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { loadIdentity } from '../../src-main/peers/identity.ts'
import { peerRig } from '../core/instance/peer-rig.ts'
import { eventually } from '../eventually.ts'
import { InstanceHome } from './instance.ts'

it('is used by a command that runs by itself, with the key of its user', async () => {
  const rig = await peerRig()
  const home = new InstanceHome()
  mkdirSync(dirname(home.settings), { mode: 0o700 })
  const { id } = await loadIdentity(dirname(home.settings))
  rig.permit('control', id)
  const there = { id: rig.ownerId, name: 'Lab', trust: 'trusted', since: 0 }
  const peers = [{ ...there, addresses: [`127.0.0.1:${rig.port}`] }]
  writeFileSync(home.settings, JSON.stringify({ version: 1, peers }), { mode: 0o600 })

  const program = home.farport('connect', 'farport://lab/gps', '--stdio', '-b', '57600')
  await eventually(() => expect(rig.share.state.sessions).toMatchObject([{ peer: id, writer: true }]))
  program.process.stdin?.write('hello')
  await eventually(() => expect(Buffer.from(rig.device.port.received).toString()).toBe('hello'))
  expect(rig.device.port.settings.baudRate).toBe(57600)
  rig.device.port.send(Buffer.from('$GPGGA'))
  await program.printed(/\$GPGGA/)

  const link = join(home.folder, 'tty')
  const ready = home.farport('connect', 'farport://lab/gps?take-over', '--pty', link, '--hold')
  await ready.printed(/ready/)
  await eventually(() => expect(rig.share.state.sessions.map(({ writer }) => writer)).toEqual([false, true]))

  const none = home.farport('send', 'farport://lab/nothing', 'x')
  const ended = await none.ended
  expect(ended.code).not.toBe(0)
  expect(ended.stderr).toContain('No port "nothing"')
})

/** What is kept of the traffic while shares and links are used, changed, switched and removed: real instances, real sockets. */
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { BridgeState } from '../../../src-main/contract/state.ts'
import { eventually } from '../../eventually.ts'
import { freePort } from '../../peers/free-port.ts'
import { home, house, type House } from './houses.ts'

// A busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 })

const port = { target: 'sim:echo' }

const recording = (at: House, id = 'desk'): BridgeState['recording'] => at.bridge(id).recording

/** Says it, and waits for the echo of all that was said. */
function talker(to: number): (text: string) => Promise<void> {
  const socket = connect(to, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let heard = 0
  let said = 0
  socket.on('data', (chunk) => (heard += chunk.length))
  return async (text) => {
    socket.write(text)
    said += text.length
    await eventually(() => expect(heard).toBe(said))
  }
}

it('records by default, and off and on without anybody noticing', async () => {
  const listener = await freePort()
  const share = { id: 'desk', name: 'desk', port, listen: [`raw://127.0.0.1:${listener}`] }
  const at = await house(await home(), { shares: [share] })
  const owner = at.client()
  const say = talker(listener)
  await say('0123456789')
  const first = recording(at)
  expect(first).toMatchObject({ on: true, bytes: 20 })
  // Somebody came, the port opened, ten bytes there and back.
  expect(first?.records).toBeGreaterThanOrEqual(4)
  expect(Math.abs((first?.since ?? 0) - Date.now())).toBeLessThan(30_000)
  await owner.call('share.change', { ...share, record: false })
  // Nothing is kept, and what passes is still counted.
  const off = { on: false, bytes: 0, records: 0, size: 0 }
  expect(recording(at)).toEqual({ ...off, bytesToDevice: 10, bytesFromDevice: 10 })
  await say('abc')
  expect(recording(at)).toEqual({ ...off, bytesToDevice: 13, bytesFromDevice: 13 })
  await owner.call('share.change', share)
  await say('defg')
  expect(recording(at)).toMatchObject({ on: true, bytes: 8 })
  // Nobody left meanwhile.
  expect(at.bridge('desk').sessions).toHaveLength(1)
  expect(at.told('desk').match(/^port open$/gm)).toHaveLength(1)
})

it('is kept while the share is off or made anew, and gone with it', async () => {
  const listener = await freePort()
  const share = { id: 'desk', name: 'desk', port, listen: [`raw://127.0.0.1:${listener}`] }
  const at = await house(await home(), { shares: [share] })
  const owner = at.client()
  await talker(listener)('0123456789')
  await owner.call('share.change', { ...share, enabled: false })
  await eventually(() => expect(recording(at)?.bytes).toBe(20))
  await owner.call('share.change', { ...share, port: { ...port, noBreak: true } })
  await eventually(() => expect(at.bridge('desk').addresses).toHaveLength(1))
  await talker(listener)('abc')
  expect(recording(at)?.bytes).toBe(26)
  await owner.call('entry.remove', { id: 'desk' })
  // The same id again: by hand, as no command would give it.
  const { settingsPath = '' } = at.instance.state.self ?? {}
  const settings = JSON.parse(readFileSync(settingsPath, 'utf8')) as object
  writeFileSync(settingsPath, JSON.stringify({ ...settings, shares: [share] }))
  await at.instance.reload()
  await eventually(() => expect(at.bridge('desk').addresses).toHaveLength(1))
  expect(recording(at)).toMatchObject({ on: true, bytes: 0, records: 0 })
})

it('of a link is switched while its port stays as it is', async () => {
  const place = await home()
  const link = { id: 'line', name: 'line', port, to: `pty:${join(place.folder, 'tty')}`, hold: true }
  const at = await house(place, { links: [link] })
  const owner = at.client()
  await eventually(() => expect(at.bridge('line').state.type).toBe('open'))
  expect(recording(at, 'line')).toMatchObject({ on: true })
  await owner.call('link.change', { ...link, record: false })
  expect(recording(at, 'line')).toMatchObject({ on: false, bytes: 0, records: 0, size: 0 })
  await owner.call('link.change', link)
  expect(recording(at, 'line')).toMatchObject({ on: true })
  expect(at.told('line').match(/^port open$/gm)).toHaveLength(1)
})

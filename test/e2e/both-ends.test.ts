/** `farport capture save --both-ends` of a running Farport, with what a paired one recorded. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from './cli.ts'
import { installed, pairedSettings } from './two-instances.ts'

it.skipIf(process.platform === 'win32')('saves a link with what was recorded at its far end', async () => {
  const data = temporaryFolder()
  const [alice, bob] = [await installed(), await installed({ XDG_DATA_HOME: data })]
  const shared = pairedSettings('alice', alice, bob, 'bob', 'control', {
    shares: [{ id: 'd', name: 'desk', port: { target: 'sim:echo' } }]
  })
  const permissions = { default: { level: 'control', history: true }, shares: {} } as const
  alice.home.write({ ...shared, peers: (shared.peers ?? []).map((peer) => ({ ...peer, permissions })) })
  const tty = join(bob.home.folder, 'tty')
  bob.home.write(
    pairedSettings('bob', bob, alice, 'alice', 'none', {
      links: [
        { id: 'l', name: 'gps', port: { target: 'farport://alice/desk' }, to: `pty:${tty}`, hold: true }
      ]
    })
  )
  await alice.home.serve()
  await bob.home.serve()
  const sent = await bob.home.farport('send', tty, 'hello', '--wait', 'hello', '--timeout', '20').ended
  expect(sent).toMatchObject({ code: 0 })
  const saved = await bob.home.farport('capture', 'save', 'gps', '--both-ends').ended
  expect(saved).toMatchObject({ code: 0 })
  expect(saved.stdout).toMatch(/gps both ends .*\.pcapng\n$/)
  expect(existsSync(saved.stdout.trimEnd())).toBe(true)
  if (process.platform === 'linux') expect(saved.stdout.startsWith(data)).toBe(true)
  expect(saved.stderr).toMatch(/Clocks: the other one is .* this one, to within .* ms\n/)
  expect(saved.stderr).toMatch(/To the device: .* ms added .*\d bytes compared\); nothing lost\n/)
  expect(saved.stderr).toMatch(/From the device: .* ms added .*\d bytes compared\); nothing lost\n/)
})

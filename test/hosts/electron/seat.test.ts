import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import { instancePaths } from '../../../src-main/core/instance-paths.ts'
import { bareHost } from '../../../src-main/core/instance/host.ts'
import { takeSeat, type Seat } from '../../../src-main/hosts/electron/seat.ts'
import { WatchedCore } from '../../../src-main/hosts/electron/watched-core.ts'
import { takeInstanceLock } from '../../../src-main/os/instance-lock.ts'
import { eventually } from '../../eventually.ts'

/** An installation of the test's own, that neither listens nor looks around. */
function home(): void {
  const folder = mkdtempSync(join(tmpdir(), 'farport-seat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const environment = { XDG_CONFIG_HOME: folder, APPDATA: folder }
  const { directory: config } = instancePaths('user', { environment, home: folder })
  mkdirSync(config, { recursive: true, mode: 0o700 })
  const preferences = { listen: { enabled: false }, discovery: { announce: false, browse: false } }
  writeFileSync(join(config, 'settings.json'), JSON.stringify({ version: 1, name: 'seat', preferences }), {
    mode: 0o600
  })
  for (const [name, value] of Object.entries({ ...environment, HOME: folder })) vi.stubEnv(name, value)
  const pipe = String.raw`\\.\pipe\test-${basename(folder)}`
  vi.stubEnv('FARPORT_SOCKET', process.platform === 'win32' ? pipe : join(folder, 'farport.sock'))
  onTestFinished(() => void vi.unstubAllEnvs())
}

async function seat(): Promise<Seat> {
  const taken = await takeSeat({ host: bareHost(), version: '0', report: () => undefined })
  onTestFinished(() => taken.close().then(() => undefined))
  return taken
}

function watch(of: Seat): WatchedCore {
  const core = new WatchedCore(of)
  onTestFinished(() => core.dispose())
  return core
}

const named = (core: WatchedCore): Promise<void> =>
  eventually(() => expect(core.tree?.self?.name).toBe('seat'))

describe('the core of the app', () => {
  it('is its own where none runs, and gives back what it took', async () => {
    home()
    const own = await seat()
    expect(own.kind).toBe('own')
    await named(watch(own))
    await own.close()
    expect((await seat()).kind).toBe('own')
  })

  it('is the one that runs already, through the local socket, and comes back with it', async () => {
    home()
    const first = await seat()
    const other = await seat()
    expect(other.kind).toBe('attached')
    const core = watch(other)
    await named(core)
    expect(await core.call('settings.read', {})).toMatchObject({ name: 'seat' })
    await expect(core.call('entry.remove', { id: 'none' })).rejects.toMatchObject({ code: 'usage' })
    await first.close()
    await eventually(() => expect(core.tree).toBeUndefined())
    await expect(core.call('settings.read', {})).rejects.toMatchObject({ code: 'peer-closed' })
    await seat()
    await named(core)
  })

  it('is nobody where another one has the lock and never answers', async () => {
    home()
    const lock = takeInstanceLock(instancePaths('user').lock, 'a test')
    onTestFinished(() => lock.dispose())
    const began = performance.now()
    await expect(seat()).rejects.toThrow(Fault)
    expect(performance.now() - began).toBeGreaterThan(4000)
  }, 15_000)
})

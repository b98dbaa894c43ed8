import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { pathChanges } from '../../src-main/os/hotplug-paths.ts'
import { fingerprint, type PortWatch, watchPorts } from '../../src-main/os/hotplug.ts'
import { namesIn } from '../../src-main/os/sysfs-tree.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'

let dev: string
let watches: PortWatch[]

beforeEach(() => {
  dev = mkdtempSync(join(tmpdir(), 'farport-dev-'))
  watches = []
})
afterEach(() => {
  for (const each of watches) each.dispose()
  rmSync(dev, { recursive: true })
})

function watch(options: Parameters<typeof watchPorts>[0] = {}): PortWatch {
  const made = watchPorts({ devRoot: dev, ...options })
  watches.push(made)
  return made
}

const create = (name: string): void => writeFileSync(join(dev, name), '')

/** Each step must be told before the next begins. */
async function told(on: PortWatch, step: () => void): Promise<void> {
  const next = once(on.onChange, AbortSignal.timeout(2000))
  step()
  await next
}

describe.skipIf(lacks.linux('inotify'))('inotify', () => {
  it('tells of a node that came, got rights and went', async () => {
    const ports = watch()
    expect(ports.mode).toBe('inotify')
    await told(ports, () => create('ttyUSB0'))
    await told(ports, () => chmodSync(join(dev, 'ttyUSB0'), 0o600))
    await told(ports, () => rmSync(join(dev, 'ttyUSB0')))
  })

  it('tells of the links that udev makes later, in directories that were not there', async () => {
    const ports = watch()
    await told(ports, () => mkdirSync(join(dev, 'serial')))
    await told(ports, () => mkdirSync(join(dev, 'serial/by-id')))
    await told(ports, () => symlinkSync('../../ttyUSB0', join(dev, 'serial/by-id/usb-x')))
    await told(ports, () => rmSync(join(dev, 'serial'), { recursive: true }))
    // A new directory of the old name needs a watch of its own.
    await told(ports, () => mkdirSync(join(dev, 'serial')))
    await told(ports, () => mkdirSync(join(dev, 'serial/by-id')))
    await told(ports, () => symlinkSync('../../ttyUSB1', join(dev, 'serial/by-id/usb-y')))
  })

  it('tells of a link elsewhere, and of nothing else there', async () => {
    const other = mkdtempSync(join(tmpdir(), 'farport-other-'))
    const link = join(other, 'gps')
    const ports = watch({ also: [link] })
    const seen = vi.fn()
    ports.onChange(seen)
    await told(watch({ also: [join(other, 'noise')] }), () => writeFileSync(join(other, 'noise'), ''))
    expect(seen).not.toHaveBeenCalled()
    await told(ports, () => symlinkSync('/dev/null', link))
    expect(seen).toHaveBeenCalledTimes(1)
    rmSync(other, { recursive: true })
  })

  it('is not disturbed by consoles and /dev/null', async () => {
    const ports = watch()
    const seen = vi.fn()
    ports.onChange(seen)
    for (const name of ['null', 'tty', 'tty7', 'ptmx', 'urandom', 'vcs1']) create(name)
    await told(ports, () => create('ttyACM0'))
    expect(seen).toHaveBeenCalledTimes(1)
  })

  it('tells many changes at once, once', async () => {
    const clock = new FakeClock()
    const ports = watch({ clock })
    const seen = vi.fn()
    ports.onChange(seen)
    for (let index = 0; index < 50; index++) create(`ttyUSB${index}`)
    await vi.waitFor(() => {
      expect(clock.pending).toBe(1)
    })
    await clock.advance(50)
    expect(seen).toHaveBeenCalledTimes(1)
  })

  it('goes over to polling where inotify fails or is flooded', async () => {
    expect(watch({ devRoot: '/nonexistent' }).mode).toBe('polling')
    const ports = watch({ clock: new FakeClock() })
    create('ttyUSB0')
    await vi.waitFor(() => {
      for (let index = 0; index < 300; index++) create(index % 2 ? 'null' : 'zero')
      expect(ports.mode).toBe('polling')
    })
  })

  it('tells nothing after its end', async () => {
    const ports = watch()
    const other = watch()
    const seen = vi.fn()
    ports.onChange(seen)
    ports.dispose()
    ports.dispose()
    await told(other, () => create('ttyUSB0'))
    expect(seen).not.toHaveBeenCalled()
  })
})

describe('polling', () => {
  it('tells of nodes, rights and links', async () => {
    const clock = new FakeClock()
    const ports = watch({ clock, mode: 'polling' })
    const seen = vi.fn()
    ports.onChange(seen)
    const toldBy = async (count: number): Promise<void> => {
      await vi.waitFor(async () => {
        await clock.advance(1000)
        expect(seen).toHaveBeenCalledTimes(count)
      }, 4000)
    }
    await toldBy(1) // at the start, once
    create('ttyUSB0')
    await toldBy(2)
    chmodSync(join(dev, 'ttyUSB0'), 0o600)
    await toldBy(3)
    mkdirSync(join(dev, 'serial/by-id'), { recursive: true })
    await toldBy(4)
    symlinkSync('../../ttyUSB0', join(dev, 'serial/by-id/usb-x'))
    await toldBy(5)
    create('null')
    create('ttyUSB1')
    await toldBy(6)
  })
})

describe('pathChanges', () => {
  it('yields what appeared and vanished', async () => {
    const end = new AbortController()
    const list = vi.fn(() => namesIn(dev))
    const changes = pathChanges(watch(), list, end.signal)
    create('ttyUSB0')
    const first = changes.next()
    await list.mock.results[0]?.value
    create('ttyUSB1')
    expect(await first).toEqual({ value: { appeared: ['ttyUSB1'], vanished: [] }, done: false })
    rmSync(join(dev, 'ttyUSB0'))
    expect((await changes.next()).value).toEqual({ appeared: [], vanished: ['ttyUSB0'] })
    const last = changes.next()
    end.abort()
    expect(await last).toEqual({ value: undefined, done: true })
  })
})

it('a fingerprint follows links and tells when nothing is there', async () => {
  create('ttyUSB0')
  symlinkSync('ttyUSB0', join(dev, 'gps'))
  const before = await fingerprint(join(dev, 'gps'))
  chmodSync(join(dev, 'ttyUSB0'), 0o600)
  expect(await fingerprint(join(dev, 'gps'))).not.toBe(before)
  rmSync(join(dev, 'ttyUSB0'))
  expect(await fingerprint(join(dev, 'gps'))).toMatch(/ -$/)
})

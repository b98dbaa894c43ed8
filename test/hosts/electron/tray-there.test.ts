import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isTrayThere, waitForTray } from '../../../src-main/hosts/electron/tray-there.ts'
import { FakeClock } from '../../fake-clock.ts'

/** A desktop whose programs answer that. */
function desktop(programs: Readonly<Record<string, string>>): void {
  const bin = mkdtempSync(join(tmpdir(), 'farport-bin-'))
  onTestFinished(() => rmSync(bin, { recursive: true }))
  for (const [name, answer] of Object.entries(programs)) {
    const path = join(bin, name)
    writeFileSync(path, `#!/bin/sh\n${answer}\n`)
    chmodSync(path, 0o755)
  }
  vi.stubEnv('PATH', bin)
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('a tray', () => {
  it.each(['win32', 'darwin'] as const)('is always there on %s', async (platform) => {
    expect(await isTrayThere(platform)).toBe(true)
  })

  it.each([
    ['gdbus', "echo '(true,)'", true],
    ['gdbus', "echo '(false,)'", false],
    ['busctl', 'echo b true', true],
    ['dbus-send', "echo '   boolean true'", true],
    ['dbus-send', "echo '   boolean false'", false]
  ])('is there as %s says: %s', async (program, answer, isThere) => {
    desktop({ [program]: answer })
    expect(await isTrayThere('linux')).toBe(isThere)
  })

  it('is asked for in another way where one has no answer, and not there where nobody has', async () => {
    desktop({ gdbus: 'exit 1', busctl: "echo 'b true'" })
    expect(await isTrayThere('linux')).toBe(true)
    desktop({})
    expect(await isTrayThere('linux')).toBe(false)
  })
})

describe('a tray that is not there yet', () => {
  it('is found when the panel begins', async () => {
    const clock = new FakeClock()
    let isThere = false
    const found = waitForTray(clock, new AbortController().signal, () => Promise.resolve(isThere))
    await clock.advance(10_000)
    isThere = true
    await clock.advance(2000)
    expect(await found).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('is not waited for when there will be none, or the app ends', async () => {
    const clock = new FakeClock()
    const none = (): Promise<boolean> => Promise.resolve(false)
    const never = waitForTray(clock, new AbortController().signal, none)
    const end = new AbortController()
    const ended = waitForTray(clock, end.signal, none)
    await clock.advance(3000)
    end.abort()
    expect(await ended).toBe(false)
    await clock.advance(60_000)
    expect(await never).toBe(false)
    expect(clock.pending).toBe(0)
  })
})

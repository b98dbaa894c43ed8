import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isTrayThere } from '../../../src-main/hosts/electron/tray-there.ts'

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

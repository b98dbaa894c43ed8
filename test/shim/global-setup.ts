/**
 * Before the workers of a test run start: they, and all that they start, shall load the shim, so that a test can give a
 * pseudo-terminal of its own modem lines (shim.ts). Terminals that no test registered are not touched.
 */
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildShim } from './build-shim.ts'

export function setup(): (() => void) | undefined {
  const library = buildShim()
  if (library === undefined || process.env.SERIAL_SHIM !== undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'serial-shim-'))
  // Tests also run as another user.
  chmodSync(directory, 0o755)
  const log = openSync(join(directory, 'log'), 'w')
  closeSync(log)
  chmodSync(join(directory, 'log'), 0o666)
  process.env.SERIAL_SHIM = directory
  process.env.LD_PRELOAD = [library, process.env.LD_PRELOAD].filter(Boolean).join(':')
  return () => {
    rmSync(directory, { recursive: true, force: true })
  }
}

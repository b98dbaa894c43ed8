import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lacks } from '../peers/need.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../bench/run.mjs')

describe.skipIf(lacks('cc'))('npm run bench', () => {
  it('builds its programs, measures all that is asked for and clears up', async () => {
    const before = await leftovers()
    const { stdout, stderr } = await run(process.execPath, [script, '--quick', '--only', 'C relay'])
    const rows = stdout.split('\n').filter((line) => /^\| [^-\s]/.test(line))
    expect(rows).toHaveLength(8)
    // A figure in each row: nothing failed, nothing was lost on the way, every byte was the right one.
    for (const row of rows) expect(row).toMatch(/\| +\d+(\.\d+)? \|$/)
    expect(stderr).toBe('bench: round 1 of 1\n')
    expect(await leftovers()).toEqual(before)
  })

  it('names what it does not know', async () => {
    await expect(run(process.execPath, [script, '--only', 'C rely'])).rejects.toThrow(
      /C rely.*C relay, Farport/
    )
  })
})

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('farport-bench-'))
}

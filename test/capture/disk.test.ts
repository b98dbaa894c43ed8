import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { disk } from '../../src-main/capture/disk.ts'
import { TraceFile } from '../../src-main/capture/trace-file.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { lacks } from '../peers/need.ts'

/** A trace file on the real disk, and what it told. */
function traceFile(path: string): { file: TraceFile; said: string[] } {
  const said: string[] = []
  const file = new TraceFile({ path, clock: systemClock, disk, report: (text) => said.push(text) })
  onTestFinished(() => file.close(0))
  return { file, said }
}

describe('a trace file on the disk', () => {
  it('is for its owner alone, and appended to', async () => {
    const path = join(temporaryFolder(), 'trace')
    for (const text of ['one ', 'two']) {
      const { file, said } = traceFile(path)
      file.write(Buffer.from(text))
      await file.close(5000)
      expect(said).toEqual([])
    }
    expect(readFileSync(path, 'utf8')).toBe('one two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it.skipIf(lacks.part(existsSync('/dev/full'), '/dev/full'))(
    'that is full says so, and ends in time',
    async () => {
      const { file, said } = traceFile('/dev/full')
      file.write(Buffer.from('12345'))
      await vi.waitFor(() => expect(said).toHaveLength(1))
      await file.close(5000)
      expect(said).toEqual([
        'cannot be written: ENOSPC: no space left on device; tried again every 10 s',
        '5 bytes not traced'
      ])
    }
  )

  it('in a folder that is not there says so', async () => {
    const path = join(temporaryFolder(), 'no', 'trace')
    const { file, said } = traceFile(path)
    await file.close(5000)
    expect(said).toEqual(['cannot be written: ENOENT: no such file or directory; tried again every 10 s'])
  })

  it('in the place of a folder says so', async () => {
    const { file, said } = traceFile(temporaryFolder())
    await file.close(5000)
    expect(said[0]).toMatch(/^cannot be written: EISDIR/)
  })

  it('that is a pipe without a reader blocks nobody; with one, it gets everything', async () => {
    const path = join(temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [path])
    const alone = traceFile(path)
    alone.file.write(Buffer.from('12345'))
    await alone.file.close(5000)
    expect(alone.said[0]).toMatch(/^cannot be written: ENXIO/)
    // Open for both, it is its own reader: at first one that takes nothing.
    const reader = await open(path, 'r+')
    onTestFinished(() => reader.close())
    const { file, said } = traceFile(path)
    const sent = Buffer.alloc(300_000, 'abc')
    for (let at = 0; at < sent.length; at += 1000) file.write(sent.subarray(at, at + 1000))
    const closed = file.close(10_000)
    let got = 0
    while (got < sent.length) got += (await reader.read(Buffer.alloc(65_536))).bytesRead
    await closed
    expect([got, said]).toEqual([sent.length, []])
  })

  it.skipIf(lacks.linux('mounts') || lacks.root('to mount a disk'))(
    'goes on when there is room again',
    async () => {
      const folder = temporaryFolder()
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' })
      } catch {
        // A container without the right to mount: /dev/full stands for it.
        return
      }
      onTestFinished(() => void execFileSync('umount', ['-l', folder]))
      writeFileSync(join(folder, 'other'), Buffer.alloc(48 * 1024))
      const path = join(folder, 'trace')
      const { file, said } = traceFile(path)
      const sent = Buffer.alloc(40 * 1024, 'abcdefgh')
      file.write(sent)
      await vi.waitFor(() => expect(said).toHaveLength(1))
      expect(said[0]).toMatch(/ENOSPC/)
      execFileSync('rm', [join(folder, 'other')])
      await file.close(5000)
      expect(said.slice(1)).toEqual(['is written again'])
      expect(readFileSync(path).equals(sent)).toBe(true)
    }
  )
})

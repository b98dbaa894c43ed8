/** A capture onto a real disk that gets full. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src-main/base/clock.ts'
import { makeForm } from '../../../src-main/capture/files/forms.ts'
import { Recorder } from '../../../src-main/capture/recorder.ts'
import { RingPool } from '../../../src-main/capture/ring-pool.ts'
import { WallOffset } from '../../../src-main/capture/wall-offset.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import { CapturesFolder } from '../../../src-main/core/recording/captures-folder.ts'
import { RunningCapture } from '../../../src-main/core/recording/running-capture.ts'
import { temporaryFolder } from '../../e2e/cli.ts'
import { eventually } from '../../eventually.ts'
import { lacks } from '../../peers/need.ts'

const DISK_BYTES = 256 * 1024

/** False: not even root may mount here, as in some containers. */
function mounted(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    return false
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return true
}

it.skipIf(lacks.linux('mounts') || lacks.root('to mount a disk'))(
  'stops with a fault where the disk is full, with all that fitted in its file, and the recording goes on',
  async ({ skip }) => {
    const disk = temporaryFolder()
    if (!mounted(disk)) skip('the right to mount a disk')
    const folder = new CapturesFolder(join(disk, 'captures'))
    const wall = new WallOffset({ nowMs: () => systemClock.nowMs() })
    const recorder = new Recorder({
      pool: new RingPool({ wallOffsetMs: () => wall.ms }),
      ...{ wall, clock: systemClock }
    })
    onTestFinished(() => recorder.dispose())
    const overs: (Fault | undefined)[] = []
    await RunningCapture.start({
      ...{ id: 'c1', of: 's1', recorder, from: 0, format: 'raw', clock: systemClock, folder },
      ...{ form: () => makeForm('raw', { direction: 'from-device' }), meta: { name: 'Desk' } },
      ...{ name: 'a.bin', isOurName: true, changed: () => undefined },
      over: (fault) => void overs.push(fault)
    })
    const sent = Buffer.from(Uint8Array.from({ length: 2 * DISK_BYTES }, (_, at) => (at * 7) % 251))
    for (let at = 0; at < sent.length; at += 1000)
      recorder.bytes(systemClock.nowMs(), 'from-device', 0, sent.subarray(at, at + 1000))
    await eventually(() => expect(overs).toHaveLength(1))
    expect(overs[0]).toMatchObject({ code: 'file-unusable' })
    expect(overs[0]?.message).toMatch(/ENOSPC/)
    const path = join(disk, 'captures', 'a.bin')
    const written = readFileSync(path)
    expect(written.length).toBeGreaterThan(DISK_BYTES / 2)
    expect(written.equals(sent.subarray(0, written.length))).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    recorder.bytes(systemClock.nowMs(), 'from-device', 0, Buffer.from('more'))
    expect(recorder.log.lineBytes).toBe(sent.length + 4)
  }
)

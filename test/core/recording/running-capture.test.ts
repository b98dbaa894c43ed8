/** A capture onto disks that are full or slow: the traffic never notices, and the file says what it lacks. */
import type { FileHandle } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeForm } from '../../../src-main/capture/files/forms.ts'
import { RecordingReader } from '../../../src-main/capture/files/recording-reader.ts'
import { Recorder } from '../../../src-main/capture/recorder.ts'
import { RingPool } from '../../../src-main/capture/ring-pool.ts'
import { WallOffset } from '../../../src-main/capture/wall-offset.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { CapturesFolder } from '../../../src-main/core/recording/captures-folder.ts'
import {
  RunningCapture,
  STALL_MS,
  type RunningOptions
} from '../../../src-main/core/recording/running-capture.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { contents } from '../../traffic/stores.ts'

/** A disk in the hand: what was written, and what the next write does. */
class Disk {
  readonly files = new Map<string, Uint8Array[]>()
  closed = 0
  room = Infinity
  /** A write waits for it. */
  slow: Promise<void> | undefined

  readonly folder = {
    create: (name: string) => {
      const pieces: Uint8Array[] = []
      this.files.set(name, pieces)
      const handle = {
        write: async (bytes: Uint8Array, at: number, length: number) => {
          await this.slow
          if (this.room === 0)
            throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
          const bytesWritten = Math.min(length, this.room)
          this.room -= bytesWritten
          pieces.push(bytes.slice(at, at + bytesWritten))
          return { bytesWritten }
        },
        truncate: (size: number) => {
          const rest = this.content(name).subarray(0, size)
          pieces.splice(0, Infinity, rest)
          return Promise.resolve()
        },
        close: () => {
          this.closed++
          return Promise.resolve()
        }
      }
      return Promise.resolve({ name, handle: handle as unknown as FileHandle })
    },
    remove: () => Promise.resolve()
  } as unknown as CapturesFolder

  content(name: string): Buffer {
    return Buffer.concat(this.files.get(name) ?? [])
  }
}

async function running(disk: Disk, options: Partial<RunningOptions> = {}) {
  const clock = new FakeClock()
  const wall = new WallOffset({ nowMs: () => clock.nowMs(), wallMs: () => clock.nowMs(), originMs: 0 })
  const pool = new RingPool({ wallOffsetMs: () => wall.ms, slabBytes: 65_536, ringBytes: 4 * 65_536 })
  const recorder = new Recorder({ pool, wall, clock })
  onTestFinished(() => recorder.dispose())
  const overs: (Fault | undefined)[] = []
  const capture = await RunningCapture.start({
    ...{ id: 'c1', of: 's1', recorder, from: 0, format: 'raw', clock, folder: disk.folder },
    ...{ form: () => makeForm('raw', { direction: 'from-device' }), meta: { name: 'Desk' } },
    ...{ name: 'a.bin', isOurName: true, changed: () => undefined },
    over: (fault) => void overs.push(fault),
    ...options
  })
  const say = async (text: string): Promise<void> => {
    recorder.bytes(clock.nowMs(), 'from-device', 0, Buffer.from(text))
    await clock.advance(20)
  }
  return { clock, recorder, capture, overs, say }
}

describe('a capture', () => {
  it('stops at a full disk with the cause and what to do, and the recording goes on', async () => {
    const disk = new Disk()
    disk.room = 10
    const { recorder, capture, overs, say } = await running(disk)
    await say('0123456')
    await eventually(() => expect(capture.state.bytes).toBe(7))
    await say('789abcd')
    await eventually(() => expect(overs).toHaveLength(1))
    expect(overs[0]).toMatchObject({ code: 'file-unusable' })
    expect(overs[0]!.message).toBe(
      'The capture a.bin stopped: ENOSPC: no space left on device. Make room on the disk, and start it again.'
    )
    expect(capture.state.fault).toMatchObject({ code: 'file-unusable' })
    expect([disk.content('a.bin').toString(), disk.closed]).toEqual(['0123456789', 1])
    await say('more')
    expect(recorder.log.lineBytes).toBe(18)
    await capture.stop()
    expect(disk.closed).toBe(1)
  })

  it('onto a disk that is slow costs no memory, and its file says what it lacks', async () => {
    const disk = new Disk()
    let go: () => void = () => undefined
    const { clock, recorder, capture } = await running(disk, {
      format: 'pcapng',
      form: () => makeForm('pcapng'),
      name: 'a.pcapng'
    })
    recorder.bytes(clock.nowMs(), 'from-device', 0, new Uint8Array(10))
    await clock.advance(20)
    await eventually(() => expect(capture.state.records).toBe(1))
    disk.slow = new Promise((resolve) => (go = resolve))
    for (let n = 0; n < 1000; n++) {
      recorder.bytes(clock.nowMs(), 'from-device', 0, new Uint8Array(1000))
      if (n % 100 === 0) await clock.advance(20)
    }
    expect(recorder.log.size).toBeLessThanOrEqual(4 * 65_536)
    go()
    await capture.stop()
    const { missed = 0, records } = capture.state
    expect(missed).toBeGreaterThan(100)
    expect(missed + records).toBe(recorder.log.end)
    const reader = new RecordingReader({ maxBytes: 4_000_000 })
    reader.push(disk.content('a.pcapng'))
    expect(reader.end()).toEqual([])
    const events = contents(reader.recordings[0]!.log.pages).flatMap(
      (each) => (each as { event?: unknown }).event ?? []
    )
    expect(events).toMatchObject([{ type: 'missed', records: missed, why: 'the disk was too slow' }])
    const [{ bytes }] = events as [{ bytes: number }]
    const written = reader.recordings[0]!.log.pages.reduce((sum, page) => sum + page.lineBytes, 0)
    expect(written + bytes).toBe(1_000_010)
  })

  it.each(['pcapng', 'csv', 'text', 'jsonl'] as const)(
    'stops at a full disk with a whole %s file',
    async (format) => {
      const whole = new Disk()
      const all = await running(whole, { format, form: () => makeForm(format) })
      for (let n = 0; n < 4; n++) await all.say(`line ${n}\n`)
      await all.capture.stop()
      const expected = whole.content('a.bin')
      for (let room = expected.length - 1; room > 0; room -= 7) {
        const disk = new Disk()
        disk.room = room
        const { capture, say } = await running(disk, { format, form: () => makeForm(format) })
        for (let n = 0; n < 4; n++) await say(`line ${n}\n`)
        await capture.stop()
        const content = disk.content('a.bin')
        expect(capture.state.fault).toMatchObject({ code: 'file-unusable' })
        expect(capture.state.bytes).toBe(content.length)
        expect(content.equals(expected.subarray(0, content.length))).toBe(true)
        if (format !== 'pcapng') {
          if (content.length > 0) expect(content.at(-1)).toBe(0x0a)
          continue
        }
        let end = 0
        while (end < content.length) end += content.readUInt32LE(end + 4)
        expect(end).toBe(content.length)
        const reader = new RecordingReader({ maxBytes: 4_000_000 })
        reader.push(content)
        if (content.length > 0)
          expect(reader.end()).toEqual([expect.stringMatching(/has no end|no serial traffic/)])
      }
    }
  )

  it('has all of what was recorded when its recording ends, and lets go of that', async () => {
    const disk = new Disk()
    const { clock, recorder, capture, say } = await running(disk)
    await say('before ')
    recorder.bytes(clock.nowMs(), 'from-device', 0, Buffer.from('at the end'))
    recorder.dispose()
    await capture.stop()
    expect(disk.content('a.bin').toString()).toBe('before at the end')
    expect([recorder.log.end - recorder.log.first, recorder.log.size]).toEqual([0, 0])
  })

  it('does not wait for a disk that hangs', async () => {
    const disk = new Disk()
    const { clock, recorder, capture, overs, say } = await running(disk)
    disk.slow = new Promise(() => undefined)
    await say('lost')
    recorder.dispose()
    const stopped = capture.stop()
    await clock.advance(2 * STALL_MS)
    await stopped
    expect(overs).toMatchObject([{ code: 'file-unusable' }])
    expect(capture.state.fault?.message).toBe(
      'The capture a.bin is not complete: the disk takes nothing any more. See whether it is still there.'
    )
    expect(recorder.log.size).toBe(0)
  })

  it('waits for a disk that is slow', async () => {
    const disk = new Disk()
    const { clock, capture, overs, say } = await running(disk)
    let go: () => void = () => undefined
    disk.slow = new Promise((resolve) => (go = resolve))
    await say('late')
    const stopped = capture.stop()
    await clock.advance(STALL_MS)
    go()
    await stopped
    expect([disk.content('a.bin').toString(), overs]).toEqual(['late', []])
  })

  it('ends after its time, and is whole', async () => {
    const disk = new Disk()
    const { clock, capture, overs, say } = await running(disk, {
      ...{ maxMs: 5000, format: 'csv', name: 'a.csv', form: () => makeForm('csv') }
    })
    await say('hello\n')
    await clock.advance(5000)
    await eventually(() => expect(overs).toEqual([undefined]))
    expect(disk.content('a.csv').toString()).toContain('hello')
    expect([disk.closed, capture.state.files]).toEqual([1, 1])
  })
})

import { describe, expect, it } from 'vitest'
import { HUSH_MS } from '../../src-main/capture/gaps.ts'
import { FLUSH_MS, QUEUE_LIMIT, RETRY_MS, TraceFile } from '../../src-main/capture/trace-file.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { randomFrom } from '../hex.ts'
import { MemoryDisk } from './memory-disk.ts'

const PATH = '/traces/a'
const PIECE = 16 * 1024

interface Bench {
  readonly disk: MemoryDisk
  readonly clock: FakeClock
  readonly file: TraceFile
  readonly said: string[]
  /** Closes it; nothing is left open or under way. */
  readonly end: () => Promise<void>
}

function bench(rotateBytes?: number, disk = new MemoryDisk()): Bench {
  const clock = new FakeClock()
  const said: string[] = []
  const file = new TraceFile({
    path: PATH,
    rotateBytes,
    clock,
    disk,
    report: (text) => said.push(text),
    gap: (bytes) => Buffer.from(`<${bytes}>`)
  })
  return {
    disk,
    clock,
    file,
    said,
    end: async () => {
      await file.close(1000)
      expect(disk.opens - disk.closes).toBe(0)
      expect(clock.pending).toBe(0)
    }
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Writes until a few pieces do not fit any more; answers how many bytes that were in all. */
function flood(file: TraceFile): number {
  let sum = 0
  for (; sum < QUEUE_LIMIT + 10 * PIECE; sum += PIECE) file.write(Buffer.alloc(PIECE, 'x'))
  return sum
}

describe('a trace file', () => {
  it('is there from the start, and appended to', async () => {
    const disk = new MemoryDisk()
    disk.files.set(PATH, Buffer.from('before '))
    const { file, clock, end, said } = bench(undefined, disk)
    await settle()
    expect(disk.opens).toBe(1)
    file.write(bytes('one '))
    file.write(bytes('two'))
    await clock.advance(FLUSH_MS)
    expect(disk.text(PATH)).toBe('before one two')
    await end()
    expect(said).toEqual([])
  })

  it('has everything when it is closed, in order, whatever a write takes', async () => {
    const random = randomFrom(7)
    const { disk, file, end } = bench()
    disk.piece = 100
    let all = ''
    for (let n = 0; n < 300; n++) {
      const chunk = `${n},`.repeat(random(40))
      all += chunk
      file.write(bytes(chunk))
      if (random(10) === 0) await settle()
    }
    await end()
    expect(disk.text(PATH)).toBe(all)
  })

  it('is made also where nothing is written', async () => {
    const { disk, end } = bench()
    await end()
    expect(disk.text(PATH)).toBe('')
    expect(disk.files.has(PATH)).toBe(true)
  })

  it('takes nothing after its end', async () => {
    const { disk, file, end } = bench()
    await end()
    file.write(bytes('late'))
    await settle()
    expect(disk.text(PATH)).toBe('')
  })
})

describe('rotation', () => {
  it('puts a file aside before it grows beyond its size, and keeps one', async () => {
    const { disk, file, clock, end, said } = bench(10)
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee']) {
      file.write(bytes(text))
      await clock.advance(FLUSH_MS)
    }
    await end()
    expect([disk.text(`${PATH}.1`), disk.text(PATH)]).toEqual(['ccccdddd', 'eeee'])
    expect(disk.files.size).toBe(2)
    expect(said).toEqual([])
  })

  it('counts what was there before', async () => {
    const disk = new MemoryDisk()
    disk.files.set(PATH, Buffer.from('0123456789'))
    const { file, end } = bench(10, disk)
    file.write(bytes('new'))
    await end()
    expect([disk.text(`${PATH}.1`), disk.text(PATH)]).toEqual(['0123456789', 'new'])
  })

  it('is not for what is no file', async () => {
    const disk = new MemoryDisk()
    disk.regular = false
    const { file, end } = bench(10, disk)
    file.write(bytes('0123456789'))
    file.write(bytes('0123456789'))
    await end()
    expect(disk.text(PATH)).toHaveLength(20)
  })

  it('goes on in the same file where it cannot be put aside, and says so', async () => {
    const { disk, file, clock, end, said } = bench(10)
    for (const text of ['aaaaaaaa', 'bbbb', 'cccc']) {
      file.write(bytes(text))
      await clock.advance(FLUSH_MS)
      // From here on renaming fails; opening has to work again.
      disk.rename = () => Promise.reject(new Error('EACCES: not here'))
    }
    await end()
    expect(disk.text(PATH)).toBe('aaaaaaaabbbbcccc')
    expect(said).toEqual([`cannot be put aside as ${PATH}.1 (EACCES: not here); it grows on`])
  })
})

describe('a disk that fails', () => {
  it('is told once, tried again, and nothing is missing where it all fitted in the queue', async () => {
    const { disk, file, clock, end, said } = bench()
    file.write(bytes('one '))
    await clock.advance(FLUSH_MS)
    disk.room = 2
    file.write(bytes('two '))
    await clock.advance(3 * RETRY_MS)
    expect(said).toEqual(['cannot be written: ENOSPC: it did not work; tried again every 10 s'])
    file.write(bytes('three'))
    disk.room = Infinity
    await clock.advance(RETRY_MS)
    expect(disk.text(PATH)).toBe('one two three')
    expect(said.slice(1)).toEqual(['is written again'])
    await end()
  })

  it('costs what does not fit, counted; it says so in the file too', async () => {
    const { disk, file, clock, end, said } = bench()
    disk.refuse = 'EACCES'
    await settle()
    const sent = flood(file)
    await clock.advance(RETRY_MS)
    expect(said).toEqual([
      'cannot be written: EACCES: it did not work; tried again every 10 s',
      'bytes not traced: nothing can be written'
    ])
    disk.refuse = undefined
    await clock.advance(2 * RETRY_MS)
    const written = disk.text(PATH).replace(/<\d+>$/, '').length
    const missing = Number(/<(\d+)>$/.exec(disk.text(PATH))?.[1])
    expect(written + missing).toBe(sent)
    expect(said.slice(2)).toEqual(['is written again', `${missing} bytes not traced`])
    file.write(bytes('on'))
    await end()
    expect(disk.text(PATH)).toMatch(/>on$/)
  })

  it('gets one more chance at the end, and what is left is told', async () => {
    const { disk, file, end, said } = bench()
    disk.refuse = 'ENOENT'
    file.write(bytes('12345'))
    await settle()
    await end()
    expect(said.at(-1)).toBe('5 bytes not traced')
    const other = bench()
    other.disk.refuse = 'ENOENT'
    other.file.write(bytes('12345'))
    await settle()
    other.disk.refuse = undefined
    await other.end()
    expect(other.disk.text(PATH)).toBe('12345')
  })

  it('is given up when time is over', async () => {
    const { disk, file, clock, said } = bench()
    await settle()
    disk.hold()
    file.write(bytes('12345'))
    const closed = file.close(1000)
    await clock.advance(999)
    let done = false
    void closed.then(() => (done = true))
    await settle()
    expect(done).toBe(false)
    await clock.advance(1)
    await closed
    expect(said).toEqual(['5 bytes not traced'])
    disk.proceed()
    await settle()
    expect(disk.opens - disk.closes).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

describe('a slow disk', () => {
  it('loses one long stretch, not many short ones, and is told rarely', async () => {
    const { disk, file, clock, end, said } = bench()
    await settle()
    let sent = 0
    for (let round = 0; round < 3; round++) {
      disk.hold()
      sent += flood(file)
      disk.proceed()
      await clock.advance(FLUSH_MS)
    }
    const missing = [...disk.text(PATH).matchAll(/<(\d+)>/g)].map((match) => Number(match[1]))
    expect(missing).toHaveLength(3)
    expect(said).toEqual(['bytes not traced: the disk is too slow', `${missing[0]!} bytes not traced`])
    await clock.advance(HUSH_MS)
    expect(said.slice(2)).toEqual([`${missing[1]! + missing[2]!} bytes not traced`])
    await end()
    const written = disk.text(PATH).replaceAll(/<\d+>/g, '').length
    expect(written + missing.reduce((sum, each) => sum + each, 0)).toBe(sent)
  })

  it('keeps no more than its queue', async () => {
    const { disk, file, end } = bench()
    disk.hold()
    for (let n = 0; n < 100_000; n++) file.write(bytes('x'))
    disk.proceed()
    await end()
    expect(disk.text(PATH).replace(/<\d+>$/, '').length).toBeLessThan(QUEUE_LIMIT / 64)
  })
})

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { CaptureFileReader } from '../../../src-main/capture/files/file-reader.ts'
import { makeForm } from '../../../src-main/capture/files/forms.ts'
import { CaptureFiles } from '../../../src-main/hosts/cli/monitor/capture-file.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { temporaryFolder } from '../../e2e/cli.ts'
import { lacks } from '../../peers/need.ts'

const RECORDS = 5000

function page() {
  const store = { take: () => new Uint8Array(1024 * 1024), give: () => undefined }
  const log = new TrafficLog({ store, maxPages: 2, wallOffsetMs: () => 0 })
  for (let n = 0; n < RECORDS; n++) log.bytes(n, 'from-device', 0, Buffer.from(`${n}\n`))
  return log.pages[0]!
}

it('has all of a page that was being written when the capture was stopped', async () => {
  const path = join(temporaryFolder(), 'a.bin')
  const files = new CaptureFiles({ path, make: () => makeForm('raw') })
  await files.begin({ name: 'Desk' })
  const writing = files.page(page())
  await files.end()
  await writing
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: RECORDS }, (_, n) => `${n}\n`).join(''))
})

it('leaves no file where nothing came of it', async () => {
  const path = join(temporaryFolder(), 'a.pcapng')
  const files = new CaptureFiles({ path, make: () => makeForm('pcapng') })
  await files.begin({ name: 'Desk' })
  await files.discard()
  expect([existsSync(path), files.files]).toEqual([false, []])
})

it.skipIf(lacks.linux('mounts') || lacks.root('to mount a disk')).each(['pcapng', 'jsonl'] as const)(
  'ends a file of %s with its last whole block or line where the disk is full',
  async (form) => {
    const disk = temporaryFolder()
    // Not a multiple of what a block has: the last one cannot fit.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' })
    onTestFinished(() => void execFileSync('umount', ['-l', disk]))
    const path = join(disk, `a.${form}`)
    const files = new CaptureFiles({ path, make: () => makeForm(form) })
    await files.begin({ name: 'Desk' })
    await expect(files.page(page())).rejects.toThrow(/cannot be written any further .*Make room/)
    await expect(files.end()).rejects.toThrow(/cannot be written any further/)
    const bytes = readFileSync(path)
    expect(files.bytes).toBe(bytes.length)
    expect(bytes.length).toBeGreaterThan(60 * 1024)
    const reader = new CaptureFileReader({ maxBytes: 1e6 })
    reader.push(bytes)
    const problems = reader.end()
    // It may lack its end, and nothing else.
    expect(problems).toEqual(form === 'pcapng' ? [expect.stringContaining('no end')] : [])
    const [log] = reader.recordings.map((recording) => recording.log)
    const text = Buffer.concat(
      log!.pages.flatMap((each) => Array.from({ length: each.count }, (_, at) => Buffer.from(each.bytes(at))))
    ).toString()
    const count = text.split('\n').length - 1
    expect(count).toBeGreaterThan(100)
    expect(text).toBe(Array.from({ length: count }, (_, n) => `${n}\n`).join(''))
  }
)

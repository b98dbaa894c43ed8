import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeForm } from '../../../src-main/capture/files/forms.ts'
import { CaptureFiles } from '../../../src-main/hosts/cli/monitor/capture-file.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { temporaryFolder } from '../../e2e/cli.ts'

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

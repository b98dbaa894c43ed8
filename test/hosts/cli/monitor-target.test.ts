import { expect, it } from 'vitest'
import type { CliIo } from '../../../src-main/hosts/cli/cli-io.ts'
import { withFeed } from '../../../src-main/hosts/cli/monitor/target.ts'

it('has recordings by number in files alone', async () => {
  const wish = { target: 'sim:echo', given: {}, standalone: true, past: false, recording: 2 }
  const used = withFeed(wish, { say: () => undefined } as unknown as CliIo, () => Promise.resolve('used'))
  await expect(used).rejects.toMatchObject({
    code: 'usage',
    message: 'sim:echo is no file, and --recording is for files. Leave it out.'
  })
})

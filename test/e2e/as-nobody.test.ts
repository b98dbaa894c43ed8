import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lacks } from '../peers/need.ts'
import { Program } from './cli.ts'
import { readableCopy } from './readable-copy.ts'

const NOBODY = '65534'

/** The built command, run as a user without rights. */
function installed() {
  const { folder, farport } = readableCopy()
  const run = (...args: string[]): Program =>
    new Program(
      'setpriv',
      [...['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'], ...[process.execPath, farport, ...args]],
      // The shim may lie where only its owner may read.
      { env: { LD_PRELOAD: '' } }
    )
  /** A device node like /dev/null with these rights. */
  const node = (name: string, mode: number): string => {
    const path = join(folder, name)
    execFileSync('mknod', [path, 'c', '1', '3'])
    chmodSync(path, mode)
    return path
  }
  return { run, node }
}

describe.skipIf(lacks.linux('ways to become another user') || lacks.root('to become another user'))(
  'as another user (needs root, to become one)',
  () => {
    it('shares a printer that may only be written to', async () => {
      const { run, node } = installed()
      const printer = node('lp0', 0o222)
      const share = run('share', printer, '--listen', 'raw://127.0.0.1:0')
      await share.printed(/^listening raw/m)
      expect(await run('send', printer, 'page').ended).toMatchObject({ code: 0, stderr: '' })
    })

    it('says that a device which can only be read took nothing', async () => {
      const { run, node } = installed()
      const ended = await run('send', node('clock', 0o444), 'hello').ended
      expect(ended).toMatchObject({ code: 3, stderr: expect.stringMatching(/5 of 5 bytes/) as string })
    })

    it('says why a device is closed to it, and what to do', async () => {
      const { run, node } = installed()
      const ended = await run('share', node('closed', 0o600), '--listen', 'raw://127.0.0.1:0').ended
      expect(ended).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/sudo /) as string })
    })
  }
)

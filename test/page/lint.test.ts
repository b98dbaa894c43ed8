import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const TOP = join(import.meta.dirname, '../..')
const ESLINT = join(TOP, 'node_modules/eslint/bin/eslint.js')

it('the linter has nothing to say of the components and their types', { timeout: 600_000 }, async () => {
  const args = ['--config', 'eslint.page.config.js', '--max-warnings', '0', 'src-renderer']
  const said = await promisify(execFile)(process.execPath, [ESLINT, ...args], { cwd: TOP }).then(
    () => '',
    (error: unknown) => (error instanceof Error && 'stdout' in error ? error.stdout : error)
  )
  expect(said).toBe('')
})

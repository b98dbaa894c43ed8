import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const SOURCE = fileURLToPath(new URL('serial-shim.c', import.meta.url))
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/shim/', import.meta.url))

/**
 * The path of the compiled serial-shim.c, built when this version of the source was not yet; undefined where it cannot be
 * built: no Linux, no C compiler. Safe to call from several processes at once.
 */
export function buildShim(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)
  const library = join(CACHE, `serial-shim-${process.arch}-${hash}.so`)
  if (existsSync(library)) return library
  mkdirSync(CACHE, { recursive: true })
  const unfinished = `${library}.${process.pid}`
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', unfinished, SOURCE, '-ldl'], {
      stdio: ['ignore', 'ignore', 'inherit']
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  renameSync(unfinished, library)
  return library
}

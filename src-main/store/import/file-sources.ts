/** The files that are imported, from this computer's disk. Called by `farport import`; reads alone, and no more than a limit. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { Fault, toFault } from '../../contract/faults.ts'
import type { Sources } from './found.ts'

/** Some hundred times what a computer full of ports needs. */
export const MAX_IMPORT_BYTES = 1024 * 1024

export const FILES: Sources = { read, list, resolve: (path, from) => resolve(dirname(from), path) }

function read(path: string): string {
  try {
    // Not by name twice: what is looked at and what is read is the same file. A pipe would be waited for, without an end.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = fstatSync(fd)
      if (!stats.isFile())
        throw new Fault('usage', `${path} is no file. Name one: ser2net.yaml or ser2net.conf.`)
      if (stats.size > MAX_IMPORT_BYTES)
        throw new Fault('usage', `${path} has more than ${MAX_IMPORT_BYTES} bytes. Is it a file of ser2net?`)
      return readFileSync(fd, 'utf8')
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(
      'usage',
      `${path} cannot be read (${toFault(error).message}). See its name and who may read it.`,
      error
    )
  }
}

/** `*`, `?` and `[…]` stand for characters of names, in any part of the path; files that begin with a dot are not meant. */
function list(pattern: string, from: string): string[] {
  if (!/[*?[]/.test(pattern)) return [resolve(dirname(from), pattern)]
  return matches(isAbsolute(pattern) ? pattern : join(dirname(from), pattern)).toSorted()
}

function matches(pattern: string): string[] {
  const folder = dirname(pattern)
  const folders = folder === pattern ? [] : /[*?[]/.test(folder) ? matches(folder) : [folder]
  const name = basename(pattern)
  const wanted = expression(name)
  return folders.flatMap((each) =>
    namesIn(each)
      .filter((found) => wanted.test(found) && (name.startsWith('.') || !found.startsWith('.')))
      .map((found) => join(each, found))
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no such folder: then there is no such file either, and that is told
  }
}

function expression(name: string): RegExp {
  const source = name.replaceAll(/\[!?[^\]]*\]|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.length > 2) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`
    return `\\${part}`
  })
  try {
    return new RegExp(`^${source}$`, 'u')
  } catch {
    return /^(?!)/ // a range that is none matches nothing
  }
}

/**
 * The files of the page, read once at the start into a map of their paths: what is not in it is not there, whatever a path says. An
 * update that replaces them on the disk meanwhile changes nothing here. Called by page-host.ts.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Fault } from '../../contract/faults.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8'
}

const COMPRESSIBLE: ReadonlySet<string> = new Set(['.html', '.js', '.css', '.svg', '.json', '.txt'])

/** Less does not pay for itself. */
const LEAST_COMPRESSED = 1024

/** Vite puts what has a hash in its name there: another content has another path. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/

const compress = promisify(gzip)

export class PageFile {
  readonly type: string
  /** In quotes, as in the header. */
  readonly etag: string
  /** Its path names its content. */
  readonly isImmutable: boolean
  readonly body: Buffer
  readonly #isCompressible: boolean
  #compressed: Promise<Buffer> | undefined

  constructor(path: string, body: Buffer) {
    const extension = extname(path)
    this.type = TYPES[extension] ?? 'application/octet-stream'
    this.etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    this.isImmutable = HASHED.test(path)
    this.body = body
    this.#isCompressible = COMPRESSIBLE.has(extension) && body.length >= LEAST_COMPRESSED
  }

  /** By gzip, once; undefined: it would not become smaller. */
  compressed(): Promise<Buffer> | undefined {
    if (!this.#isCompressible) return undefined
    this.#compressed ??= compress(this.body, { level: 9 })
    return this.#compressed
  }
}

/** By the path of a request: `/`, `/assets/index-….js`. Rejects with `unsupported` where there is no page in the folder. */
export async function readPageFiles(folder: string = findPage()): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(lackingFor)) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const path = file.slice(folder.length).replaceAll(sep, '/')
    files.set(path, new PageFile(path, await readFile(file)))
  }
  const index = files.get('/index.html')
  if (!index) throw lacking()
  files.delete('/index.html')
  return files.set('/', index)
}

/** The folder `ui` beside the built command; from the sources, the one that was built last. */
function findPage(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  for (let step = 0; step < 6; step++) {
    for (const each of ['ui', 'dist/ui'])
      if (existsSync(join(directory, each, 'index.html'))) return join(directory, each)
    directory = dirname(directory)
  }
  throw lacking()
}

function lacking(cause?: unknown): Fault {
  return new Fault(
    'unsupported',
    'This installation lacks the files of the page: install Farport again.',
    cause
  )
}

function lackingFor(cause: unknown): never {
  throw lacking(cause)
}

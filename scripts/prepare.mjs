/**
 * Makes a clone ready to run: installs what is missing, builds what is older than its sources. Plain JavaScript without
 * dependencies, because it runs before anything is installed. Called by npm before `start`, `test` and `bench`.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const inTop = (path) => join(top, path)

const SOURCES = [
  'src-main',
  'src-renderer',
  'scripts/notices.ts',
  'vite.config.ts',
  'package.json',
  'package-lock.json'
]
const INSTALL_STAMP = inTop('node_modules/.farport-lock')
const BUILD_STAMP = inTop('dist/.sources')

checkNode()
installIfNeeded()
buildIfNeeded()

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Farport needs Node.js 20.19 or newer, this is ${process.version}. Install a newer one and try again.`)
}

/** `npm ci` only when the lock file is another than the one installed last. */
function installIfNeeded() {
  const lock = createHash('sha256')
    .update(readFileSync(inTop('package-lock.json')))
    .digest('hex')
  if (read(INSTALL_STAMP) === lock) return
  console.log('Installing what Farport needs …')
  // NODE_ENV=production would leave out the tools that build and test.
  npm('ci', '--include=dev')
  writeFileSync(INSTALL_STAMP, lock)
}

function buildIfNeeded() {
  const sources = fingerprint()
  if (read(BUILD_STAMP) === sources) return
  console.log('Building Farport …')
  npm('run', '--silent', 'build')
  mkdirSync(dirname(BUILD_STAMP), { recursive: true })
  writeFileSync(BUILD_STAMP, sources)
}

/** Name, size and time of each source: changes when one is edited, added or removed. */
function fingerprint() {
  const hash = createHash('sha256')
  const visit = (path) => {
    const stat = statSync(inTop(path), { throwIfNoEntry: false })
    if (!stat) return
    if (stat.isDirectory()) for (const name of readdirSync(inTop(path)).sort()) visit(`${path}/${name}`)
    else hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`)
  }
  for (const path of SOURCES) visit(path)
  return hash.digest('hex')
}

function npm(...args) {
  // npm sets npm_execpath for the scripts that it runs: the same npm again, without a shell.
  const own = process.env.npm_execpath
  const result = own
    ? spawnSync(process.execPath, [own, ...args], { cwd: top, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: top, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status !== 0) fail(`"npm ${args.join(' ')}" failed; its messages above say why.`)
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

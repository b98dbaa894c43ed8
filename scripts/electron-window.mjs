/**
 * The window of `npm start`: whether Electron can run here, and a process of it that shows the Farport of this one. Called by start.mjs.
 * Electron's binary is not in its package: it is got once, and where that takes too long there is no window.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const PACKAGE = join(top, 'node_modules/electron')
const MAIN = join(top, 'dist/electron/main.js')

/** For the one try to get Electron. */
const DOWNLOAD_MS = 20_000
/** Farport takes commands within this. */
const READY_MS = 30_000
const LOOK_MS = 50

/** Resolves with undefined where there can be one. */
export async function whyNoWindow() {
  if (process.env.CI) return 'this is CI'
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY)
    return 'there is no display here (DISPLAY and WAYLAND_DISPLAY are not set)'
  if (binary()) return undefined
  if (!existsSync(PACKAGE)) return 'Electron is not installed'
  console.log('Getting Electron, once …')
  await download()
  return binary() ? undefined : `Electron could not be downloaded within ${DOWNLOAD_MS / 1000} s`
}

/** When this process is ready for it; this process ends with it. */
export function showWindow() {
  // Of this run alone: a Farport that runs here already is left alone, and so is its window.
  const socket = ownSocket()
  process.env.FARPORT_SOCKET = socket
  const end = Date.now() + READY_MS
  const look = setInterval(() => {
    if (!existsSync(socket) && Date.now() < end) return
    clearInterval(look)
    open(socket)
  }, LOOK_MS)
  look.unref()
}

function open(socket) {
  const began = Date.now()
  const window = spawn(binary(), [MAIN, '--trial'], {
    cwd: top,
    env: { ...process.env, FARPORT_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let told = ''
  window.stderr.on('data', (bytes) => (told = `${told}${bytes}`.slice(-2000)))
  const failed = (why) =>
    console.log(`\nNo window: Electron ${why}. The page above is the same in a browser.`)
  window.on('error', ({ message }) => failed(`does not start (${message})`))
  window.on('exit', (code) => {
    if (code === 0) process.kill(process.pid, 'SIGTERM')
    else
      failed(`ended after ${Math.round((Date.now() - began) / 1000)} s (${lastLine(told) || `code ${code}`})`)
  })
  process.on('exit', () => window.kill())
}

/** The path of Electron; undefined: it is not there (yet). */
function binary() {
  const { ELECTRON_OVERRIDE_DIST_PATH: given } = process.env
  const file = join(PACKAGE, 'path.txt')
  const name = existsSync(file) ? readFileSync(file, 'utf8').trim() : given && 'electron'
  if (!name) return undefined
  const path = join(given || join(PACKAGE, 'dist'), name)
  return existsSync(path) ? path : undefined
}

/** Resolves when it is over, however. */
function download() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(PACKAGE, 'install.js')], {
      stdio: 'ignore',
      timeout: DOWNLOAD_MS
    })
    child.on('error', resolve)
    child.on('exit', resolve)
  })
}

function ownSocket() {
  if (process.platform === 'win32') return String.raw`\\.\pipe\farport-trial-${process.pid}`
  const folder = mkdtempSync(join(tmpdir(), 'farport-trial-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'farport.sock')
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}

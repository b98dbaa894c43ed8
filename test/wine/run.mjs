/**
 * `npm run test:wine`: the built command in wine, a Windows without a driver of its own: its COM4 is a pseudo-terminal. Listed, opened,
 * set, shared, and reached by pyserial from Linux; then the driver's answers to requests of its own. A smoke test, and not part of
 * `npm test`. Ends with `wine: N passed, N failed`, exit code 1 for any failure; takes some 30 s, a minute more the first time.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { until } from '../vm/wait.mjs'
import { end, farport, inApp, mapCom4, missing, prepare, start, TOP } from './machine.mjs'

const LIMIT_MS = 8 * 60_000
const SHARE_PORT = 22_717

const started = performance.now()
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`

const lacks = missing()
if (lacks.length > 0) {
  console.log(`wine: skipped, as there is no ${lacks.join(', no ')}`)
  process.exit(process.env.CI ? 1 : 0)
}

const folder = mkdtempSync(join(tmpdir(), 'wine-ports-'))
const [near, far] = ['com4', 'device'].map((name) => join(folder, name))
prepare()
const pair = spawn(
  'socat',
  [near, far].map((link) => `pty,raw,echo=0,link=${link}`),
  { stdio: 'ignore' }
)
const tidy = () => {
  end()
  pair.kill()
  rmSync(folder, { recursive: true, force: true })
}
const stop = (message) => {
  console.error(message)
  tidy()
  process.exit(1)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(`ended by ${signal}`))
const limit = setTimeout(() => stop(`wine: not done after ${LIMIT_MS / 60_000} minutes`), LIMIT_MS)
await until('the pair of terminals', () => existsSync(near) && existsSync(far))
mapCom4(near)
console.log(`ready after ${seconds(started)}`)

const CHECKS = {
  'the list has COM4': async () => {
    const list = farport('list')
    assert.equal(await list.exited, 0, list.output())
    assert.match(list.output(), /^COM4\b/m)
  },
  'a port that is not there is refused with what to do': async () => {
    const share = farport('share', 'COM44', '--listen', `raw://127.0.0.1:${SHARE_PORT}`)
    assert.notEqual(await share.exited, 0)
    assert.match(share.output(), /COM44 is not there: plug it in, or pick a port from `farport list`/)
  },
  'a share of COM4 is set and used by pyserial': async (note) => {
    const share = farport('share', 'COM4', '--listen', `rfc2217://127.0.0.1:${SHARE_PORT}`)
    await until('the share to listen', () => listens(SHARE_PORT), 30_000)
    const client = spawnSync(
      '/usr/bin/python3',
      [join(TOP, 'test/wine/client.py'), `rfc2217://127.0.0.1:${SHARE_PORT}`, far],
      { encoding: 'utf8', timeout: 60_000 }
    )
    assert.equal(client.status, 0, `${client.stderr}\n${share.output()}`)
    assert.match(client.stdout, /20480 bytes each way at 19200 bit\/s, 2 stop bits/)
    assert.match(client.stdout, /speed 57600 baud/)
    assert.match(share.output(), /COM4: port open/)
    note(client.stdout.split('\n')[0])
    end()
    await share.exited
  },
  "the driver answers requests, and com0com's with an error": async () => {
    await build({
      configFile: false,
      root: TOP,
      logLevel: 'error',
      build: {
        ssr: join(TOP, 'test/wine/probe.ts'),
        outDir: inApp('probe'),
        emptyOutDir: true,
        target: 'node20',
        rolldownOptions: { external: ['koffi'] }
      }
    })
    const probe = start(inApp('probe/probe.js'))
    assert.equal(await probe.exited, 0, probe.output())
    assert.deepEqual(probe.output().trim().split(/\r?\n/), [
      'missing: error 2',
      'file: error 6',
      'baud rate: 57600',
      'com0com: error 87',
      'lost: 0'
    ])
  }
}

let passed = 0
let failed = 0
for (const [name, check] of Object.entries(CHECKS)) {
  const from = performance.now()
  const notes = []
  try {
    await check((text) => notes.push(text))
    passed++
    console.log(`  ok    ${name}${notes.map((note) => `; ${note}`).join('')} (${seconds(from)})`)
  } catch (error) {
    failed++
    console.log(`  FAIL  ${name} (${seconds(from)})\n${error.stack.replace(/^/gm, '        ')}`)
  }
}

clearTimeout(limit)
tidy()
console.log(`took ${seconds(started)}`)
console.log(`wine: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/**
 * The programs that are measured, each as its own documentation would have it started. Called by run.mjs.
 *
 * A contender is {name, tuned?, version(), start(device, directory)}. `version` answers its version, undefined where the
 * program is missing. `start` answers {child, port}: the sharing process and where it listens, or will within 5 s.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const START_MS = 10_000

const root = join(import.meta.dirname, '..')
const farport = join(root, 'dist/main/farport.js')

const run = promisify(execFile)

/** `build(name)` answers the path of a program made from bench/name.c. */
export function contenders(build) {
  return [
    {
      name: 'C relay',
      version: async () => `bench/relay.c, ${await versionOf('cc', ['--version'])}`,
      start: (device) => listening(spawn(build('relay'), [device], QUIET))
    },
    {
      name: 'Farport',
      version: async () => {
        if (!existsSync(farport)) return undefined
        const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
        return `${version}, Node ${process.versions.node}`
      },
      start: (device) =>
        listening(spawn(process.execPath, [farport, 'share', device, '--listen', 'raw://127.0.0.1:0'], QUIET))
    },
    {
      name: 'socat, tuned',
      version: () => versionOf('socat', ['-V'], /version \S+/),
      start: async (device) => {
        const port = await freePort()
        const listen = `TCP4-LISTEN:${port},bind=127.0.0.1,reuseaddr,nodelay`
        return { child: spawn('socat', ['-b', '8192', listen, `${device},rawer,b115200`], QUIET), port }
      }
    },
    {
      name: 'socat',
      version: () => versionOf('socat', ['-V'], /version \S+/),
      start: async (device) => {
        const port = await freePort()
        const listen = `TCP4-LISTEN:${port},bind=127.0.0.1,reuseaddr`
        return { child: spawn('socat', [listen, `${device},rawer,b115200`], QUIET), port }
      }
    },
    {
      name: 'ser2net',
      version: () => versionOf('ser2net', ['-v']),
      start: async (device, directory) => {
        const port = await freePort()
        const file = join(directory, `ser2net-${port}.yaml`)
        const lines = [
          '%YAML 1.1',
          '---',
          'connection: &bench',
          `  accepter: tcp,127.0.0.1,${port}`,
          `  connector: serialdev,${device},115200n81,local`
        ]
        await writeFile(file, `${lines.join('\n')}\n`)
        return { child: spawn('ser2net', ['-n', '-u', '-c', file], QUIET), port }
      }
    }
  ]
}

/** Debian keeps ser2net where a plain user does not look. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** What they print is of no interest, but for the line that names the port and the reason of an early end. */
const QUIET = { stdio: ['ignore', 'pipe', 'pipe'], env }

/** Waits for `listening PORT` or `listening URL`. */
async function listening(child) {
  const said = []
  child.stderr.on('data', (chunk) => said.push(chunk))
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it did not say where it listens')), START_MS)
    lines.on('line', (line) => {
      const match = /^listening (?:.*:)?(\d+)$/.exec(line)
      if (!match) return
      clearTimeout(timer)
      resolve(Number(match[1]))
    })
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      reject(new Error(`it ended at once: ${Buffer.concat(said).toString().trim()}`))
    })
  }).catch((error) => {
    child.kill('SIGKILL')
    throw error
  })
  return { child, port }
}

/** A port that was free a moment ago, for programs that do not tell which one they took. */
async function freePort() {
  const server = createServer()
  await new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function versionOf(program, args, pattern = /.+/) {
  try {
    const { stdout, stderr } = await run(program, args, { env })
    return pattern.exec(stdout + stderr)?.[0]
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The programs that are measured, each as its own documentation would have it started. Called by seats.mjs.
 *
 * A contender is {name, version(), speaks?, share?(place), connect?(place)}. `version` answers its version, undefined where the
 * program is missing. `share` shares `devices` (paths), with room for `clients` on each; `speaks`: in which protocols, raw alone
 * where absent; `special`: in scenes that name it alone. `connect` brings the raw server at `port` to `link`, a path. All answer {children, ports}: the processes and,
 * in the order of the devices, where they listen or will within 5 s; `announced`: they said so, and were waited for.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { serve } from './watched.mjs'

const START_MS = 10_000

const root = join(import.meta.dirname, '..')
const farport = join(root, 'dist/main/farport.js')
const bareNode = join(import.meta.dirname, 'relay.mjs')

const run = promisify(execFile)

/** `build(name)` answers the path of a program made from bench/name.c. */
export function contenders(build) {
  return [
    {
      name: 'C relay',
      // What a telnet server can reach at the most: the bytes as they are.
      speaks: ['raw', 'telnet'],
      plain: true,
      version: async () => `bench/relay.c, ${await versionOf('cc', ['--version'])}`,
      share: ({ devices, clients }) =>
        listening(devices.length, build('relay'), [String(clients), ...devices])
    },
    ours('Farport', []),
    {
      name: 'bare Node',
      version: async () => `bench/relay.mjs, Node ${process.versions.node}`,
      share: ({ devices, clients }) =>
        listening(devices.length, process.execPath, [bareNode, 'share', String(clients), ...devices]),
      connect: ({ port, link }) => ({
        children: [spawn(process.execPath, [bareNode, 'connect', String(port), link], QUIET)],
        ports: []
      })
    },
    { ...ours('Farport, --no-record', ['--no-record']), special: true },
    served('Farport, served', false),
    served('Farport, watched', true),
    socat('socat, tuned', ['-b', '8192'], ',nodelay'),
    socat('socat', [], ''),
    {
      name: 'ser2net',
      speaks: ['raw', 'telnet'],
      version: () => versionOf('ser2net', ['-v']),
      share: async ({ devices, clients, protocol, directory }) => {
        const ports = await freePorts(devices.length)
        const accepter = protocol === 'telnet' ? 'telnet,tcp' : 'tcp'
        const connections = devices.flatMap((device, index) => [
          `connection: &bench${index}`,
          `  accepter: ${accepter},127.0.0.1,${ports[index]}`,
          `  connector: serialdev,${device},115200n81,local`,
          '  options:',
          `    max-connections: ${clients}`
        ])
        const file = join(directory, `ser2net-${ports[0]}.yaml`)
        await writeFile(file, `${['%YAML 1.1', '---', ...connections].join('\n')}\n`)
        return { children: [spawn('ser2net', ['-n', '-u', '-c', file], QUIET)], ports }
      }
    }
  ]
}

/** `options`: for all that it shares. */
function ours(name, options) {
  return {
    name,
    speaks: ['raw', 'telnet'],
    version: async () => {
      if (!existsSync(farport)) return undefined
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
      return `${version}, Node ${process.versions.node}`
    },
    share: ({ devices, protocol }) => {
      const shares = devices.flatMap((device) => [device, '--listen', `${protocol}://127.0.0.1:0`])
      return listening(devices.length, process.execPath, [farport, 'share', ...shares, ...options])
    },
    connect: ({ port, link }) => {
      const args = [farport, 'connect', `raw://127.0.0.1:${port}`, '--pty', link, ...options]
      return { children: [spawn(process.execPath, args, QUIET)], ports: [] }
    }
  }
}

/** The service; `isWatched`: somebody has a monitor of each port. */
function served(name, isWatched) {
  const { version } = ours(name, [])
  return { name, version, special: true, share: (place) => serve(farport, place, isWatched) }
}

/** One process for each device, one client for each process. */
function socat(name, options, tuning) {
  return {
    name,
    version: () => versionOf('socat', ['-V'], /version \S+/),
    share: async ({ devices, clients }) => {
      if (clients > 1) return undefined
      const ports = await freePorts(devices.length)
      const children = devices.map((device, index) => {
        const listen = `TCP4-LISTEN:${ports[index]},bind=127.0.0.1,reuseaddr${tuning}`
        return spawn('socat', [...options, listen, `${device},rawer,b115200`], QUIET)
      })
      return { children, ports }
    },
    connect: ({ port, link }) => {
      const args = [...options, `PTY,link=${link},rawer`, `TCP4:127.0.0.1:${port}${tuning}`]
      return { children: [spawn('socat', args, QUIET)], ports: [] }
    }
  }
}

/** Debian keeps ser2net where a plain user does not look. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** What they print is of no interest, but for the line that names the port and the reason of an early end. */
const QUIET = { stdio: ['ignore', 'pipe', 'pipe'], env }

/** Waits for `listening PORT` or `listening URL`, as many as there are devices. */
async function listening(count, program, args) {
  const child = spawn(program, args, QUIET)
  const ports = []
  const said = []
  child.stderr.on('data', (chunk) => said.push(chunk))
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it did not say where it listens')), START_MS)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^listening (?:.*:)?(\d+)$/.exec(line)
      if (match) ports.push(Number(match[1]))
      if (ports.length < count) return
      clearTimeout(timer)
      resolve()
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
  return { children: [child], ports, announced: true }
}

/** Ports that were free a moment ago, for programs that do not tell which ones they took. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
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

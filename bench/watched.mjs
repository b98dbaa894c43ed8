/**
 * The service with its monitors: `farport serve` that shares the devices, and whoever watches all of them at once, in this process. Called by
 * contenders.mjs; what the watching takes of this process is in nobody's figure.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { engineOf } from './traffic-bundle.mjs'

const START_MS = 20_000

const PARTS = {
  'src-main/contract/recording.ts': ['TRAFFIC_CREDIT'],
  'src-main/net/dial.ts': ['dial'],
  'src-main/net/endpoint.ts': ['parseEndpoint'],
  'src-main/rpc/client.ts': ['RpcClient'],
  'src-main/rpc/stream-channel.ts': ['streamChannel']
}

/** Answers {children, ports} as `share` does. `isWatched`: a subscription to the traffic of each device. */
export async function serve(farport, { devices, directory }, isWatched) {
  const folder = mkdtempSync(join(directory, 'serve-'))
  const [config, runtime] = [join(folder, 'config'), join(folder, 'run')]
  for (const each of [runtime, join(config, 'farport')]) mkdirSync(each, { recursive: true, mode: 0o700 })
  const shares = devices.map((target, at) => ({
    id: `share-${at}`,
    name: `share ${at}`,
    listen: ['raw://127.0.0.1:0'],
    port: { target }
  }))
  const preferences = { listen: { enabled: false }, discovery: { announce: false, browse: false } }
  writeFileSync(join(config, 'farport/settings.json'), JSON.stringify({ version: 1, preferences, shares }), {
    mode: 0o600
  })
  const socket = join(runtime, 'farport.sock')
  const env = { ...process.env, XDG_CONFIG_HOME: config, XDG_RUNTIME_DIR: runtime, FARPORT_SOCKET: socket }
  const child = spawn(process.execPath, [farport, 'serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    const ports = await readyPorts(child, devices.length)
    if (isWatched) await watch(socket, shares)
    return { children: [child], ports, announced: true }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Where each share is ready, in their order. */
function readyPorts(child, count) {
  return new Promise((resolve, reject) => {
    const ports = []
    const timer = setTimeout(() => reject(new Error('it did not say where it listens')), START_MS)
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, share, port] = /share (\d+): ready at \S+:(\d+)/.exec(line) ?? []
      if (share !== undefined) ports[Number(share)] = Number(port)
      if (Object.keys(ports).length < count) return
      clearTimeout(timer)
      resolve(ports)
    })
    child.on('exit', () => {
      clearTimeout(timer)
      reject(new Error('it ended at once'))
    })
  })
}

/** Resolves when all of them are watched; over with the program. */
async function watch(socket, shares) {
  const { TRAFFIC_CREDIT, dial, parseEndpoint, RpcClient, streamChannel } = await engineOf(PARTS)
  const client = new RpcClient(streamChannel(await dial(parseEndpoint(`raw+unix://${socket}`)), 'client'))
  await Promise.all(
    shares.map(
      ({ id }) =>
        new Promise((resolve) =>
          client.subscribe('traffic', { id, from: 'now' }, resolve, { credit: TRAFFIC_CREDIT })
        )
    )
  )
}

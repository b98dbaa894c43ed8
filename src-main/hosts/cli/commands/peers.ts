import { systemClock } from '../../../base/clock.ts'
import { Fault } from '../../../contract/faults.ts'
import type { NearbyState } from '../../../contract/state.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { shortText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { nearbyTable, type KnownPeer } from '../nearby-table.ts'
import { flag, parse, seconds } from '../options.ts'
import { running } from '../running.ts'
import { table } from '../table.ts'
import { withPeers } from '../with-peers.ts'

const OPTIONS = { timeout: { type: 'string' } } as const

/** Answers come within half a second of a question; so long without a new one, and it was the last, in ms. */
const QUIET_MS = 1000
/** Where nothing else is said. */
const MOST_MS = 3000
const MAX_SECONDS = 300

interface Found {
  readonly nearby: readonly NearbyState[]
  readonly peers: readonly KnownPeer[]
}

/** `farport peers [add | remove HOST[:PORT]]`: who is near. */
export const peers: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 2)
  const [word, place] = positionals
  const json = flag(given, 'json')
  if (word === 'add' || word === 'remove') return change(word, place, json, io)
  if (word !== undefined)
    throw new Fault('usage', `"${shortText(word)}" is neither add nor remove. See farport peers --help.`)
  const timeoutMs = seconds(given, 'timeout', 0, MAX_SECONDS)
  const client = await running(io)
  try {
    const found = client ? await ofRunning(client, timeoutMs, io) : await alone(timeoutMs, io)
    if (json) io.print(JSON.stringify(found))
    else print(found, io)
    return EXIT.done
  } finally {
    client?.dispose()
  }
}

async function change(
  word: 'add' | 'remove',
  place: string | undefined,
  json: boolean,
  io: CliIo
): Promise<number> {
  if (place === undefined)
    throw new Fault('usage', `Which computer? Give its place: farport peers ${word} HOST, or HOST:PORT.`)
  return withPeers(io, async (access) => {
    const done = await access.call(word === 'add' ? 'nearby.add' : 'nearby.remove', { place }, io.stop)
    const said = word === 'add' ? 'added' : 'removed'
    io.print(json ? JSON.stringify({ [said]: done.place }) : `${said} ${done.place}`)
    return EXIT.done
  })
}

/** It listens all the time; asked anew, it may hear more. */
async function ofRunning(client: RpcClient, timeoutMs: number | undefined, io: CliIo): Promise<Found> {
  const { StateMirror } = await import('../../../rpc/state-mirror.ts')
  const mirror = new StateMirror(client)
  try {
    await client.call('nearby.refresh', {}, io.stop)
    const size = (): string => JSON.stringify(Object.keys(mirror.tree?.nearby ?? {}))
    await quiet(mirror.onChange, size, timeoutMs, io.stop)
    const tree = mirror.tree
    return { nearby: Object.values(tree?.nearby ?? {}), peers: Object.values(tree?.peers ?? {}) }
  } finally {
    mirror.dispose()
  }
}

async function alone(timeoutMs: number | undefined, io: CliIo): Promise<Found> {
  const { knownDiscovery, knownPeers } = await import('../../../core/local-trust.ts')
  const { LocalNearby } = await import('../../../core/local-nearby.ts')
  const known = await knownPeers()
  const nearby = new LocalNearby((text) => io.say(text), {
    peerCalled: (id) => known.find((each) => each.id === id && each.trust === 'trusted')?.name
  })
  try {
    await nearby.lookAt((await knownDiscovery()).places)
    const size = (): string =>
      JSON.stringify(nearby.nearby.map(({ id, present, fault }) => [id, present, fault]))
    await nearby.ask(() => true, io.stop)
    await quiet(nearby.onChange, size, timeoutMs, io.stop)
    return { nearby: nearby.nearby, peers: known }
  } finally {
    nearby.dispose()
  }
}

/** Waits `timeoutMs`, or until nothing new came for a while. Rejects with the signal's reason. */
async function quiet(
  changed: (listener: () => void) => { dispose(): void },
  size: () => string,
  timeoutMs: number | undefined,
  signal: AbortSignal
): Promise<void> {
  const { sleep } = await import('../../../base/clock.ts')
  if (timeoutMs !== undefined) return sleep(systemClock, timeoutMs, signal)
  const enough = new AbortController()
  let before = size()
  let timer = systemClock.after(QUIET_MS, () => enough.abort())
  const subscription = changed(() => {
    if (size() === before) return
    before = size()
    timer.dispose()
    timer = systemClock.after(QUIET_MS, () => enough.abort())
  })
  try {
    await sleep(systemClock, MOST_MS, AbortSignal.any([enough.signal, signal]))
  } catch (error) {
    if (signal.aborted) throw error
  } finally {
    timer.dispose()
    subscription.dispose()
  }
}

function print({ nearby, peers: known }: Found, io: CliIo): void {
  const rows = nearbyTable(nearby, known)
  if (rows.length === 0)
    io.print(
      'No other computers found yet. Same network? VPN off? See farport doctor, or enter an address: farport peers add HOST'
    )
  const isColoured = io.stdout.isTTY
  const width = isColoured ? io.stdout.columns : undefined
  table(rows, width).forEach((line, index) => {
    const isGone = / gone\b/.test(rows[index]?.[2] === undefined ? '' : ` ${rows[index][2]}`)
    io.print(isGone && isColoured ? `\u001b[2m${line}\u001b[22m` : line)
  })
  if (nearby.some(({ kind, present }) => kind === 'port' && present))
    io.print(
      'A name in the network proves nothing: anybody there can announce it. Only paired computers are known by their keys.'
    )
}

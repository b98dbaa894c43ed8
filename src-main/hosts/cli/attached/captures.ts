/** `farport capture list|start|save|stop`: what the Farport that runs here captures, and the files of its captures folder. */
import { Fault } from '../../../contract/faults.ts'
import { CAPTURE_FORMATS, MIN_CAPTURE_BYTES, type CapturesState } from '../../../contract/recording.ts'
import type { BridgeState, StateTree } from '../../../contract/state.ts'
import { bytesCount } from '../../../traffic/event-words.ts'
import { dayWords, clockWords } from '../../../traffic/time-words.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { readDecoder, size, span } from '../monitor/arguments.ts'
import { bothEndsLines } from '../monitor/both-ends-words.ts'
import { DIRECTION_WORDS } from '../monitor/directions.ts'
import { bridgeOf } from '../monitor/target.ts'
import { filled, flag, integer, oneOf, parse, type Given } from '../options.ts'
import { withRunning } from '../running.ts'
import { table } from '../table.ts'
import { snapshot, stateWhen } from './snapshot.ts'

/** For a look into a folder, in ms. */
const LOOK_MS = 500

const WRITTEN = {
  format: { type: 'string' },
  name: { type: 'string' },
  direction: { type: 'string' },
  decode: { type: 'string' },
  last: { type: 'string' }
} as const

const SAVE = { ...WRITTEN, 'both-ends': { type: 'boolean' } } as const

const START = {
  ...WRITTEN,
  'max-size': { type: 'string' },
  'max-time': { type: 'string' },
  rotate: { type: 'string' }
} as const

const list: CliCommand = async (args, io) => {
  const { given } = parse(args, {}, 0)
  return withRunning(async (client) => {
    const { captures, bridges } = await looked(client, io)
    if (!captures) return EXIT.done
    const nameOf = (id: string): string => bridges[id]?.name ?? id
    if (flag(given, 'json')) io.print(JSON.stringify(captures))
    else for (const line of table(rowsOf(captures, nameOf), io.stdout.columns)) io.print(line)
    return EXIT.done
  })
}

const save: CliCommand = (args, io) =>
  onBridge(args, SAVE, io, async ({ client, bridge, given }) => {
    const lastMs = span(given, 'last')
    const bothEnds = flag(given, 'both-ends')
    const saved = await client.call(
      'recording.save',
      { id: bridge.id, ...written(given), ...(lastMs !== undefined && { lastMs }), bothEnds },
      io.stop
    )
    if (flag(given, 'json')) io.print(JSON.stringify(saved))
    else {
      io.print(saved.path)
      for (const line of saved.bothEnds ? bothEndsLines(saved.bothEnds) : []) io.say(line)
    }
  })

const start: CliCommand = (args, io) =>
  onBridge(args, START, io, async ({ client, bridge, given }) => {
    const lastMs = span(given, 'last')
    const maxBytes = size(given, 'max-size', MIN_CAPTURE_BYTES)
    const maxMs = span(given, 'max-time')
    const rotate = integer(given, 'rotate', 1, 10_000)
    const state = await client.call(
      'capture.start',
      {
        id: bridge.id,
        ...written(given),
        ...(lastMs !== undefined && { lastMs }),
        ...(maxBytes !== undefined && { maxBytes }),
        ...(maxMs !== undefined && { maxMs }),
        ...(rotate !== undefined && { rotate })
      },
      io.stop
    )
    io.print(flag(given, 'json') ? JSON.stringify(state) : `capturing ${bridge.name} to ${state.file}`)
  })

/** By the name of the share or link, or by the id of the capture. */
const stop: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, {}, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault('usage', 'Stop which? Name its share or link; see farport capture list.')
  return withRunning(async (client) => {
    const tree = await stateWhen(client, (each) => each.captures !== undefined, io.stop)
    const running = Object.values(tree.captures?.running ?? {})
    const bridge = bridgeOf(tree, target)
    const found = running.filter(({ id, of }) => id === target || of === bridge?.id)
    if (found.length === 0)
      throw new Fault('usage', `Nothing captures "${target}". See farport capture list.`)
    for (const { id } of found) {
      const state = await client.call('capture.stop', { capture: id }, io.stop)
      io.print(
        flag(given, 'json') ? JSON.stringify(state) : `stopped ${state.file}, ${bytesCount(state.bytes)}`
      )
    }
    return EXIT.done
  })
}

export const CAPTURE_SUBCOMMANDS: Readonly<Record<string, CliCommand | undefined>> = {
  list,
  save,
  start,
  stop
}

/** The folder is looked at while somebody watches, so at first its files are not there: that is waited for, a moment at the most. */
async function looked(client: RpcClient, io: CliIo): Promise<StateTree> {
  let last: StateTree = { bridges: {}, rotators: {} }
  const moment = AbortSignal.timeout(LOOK_MS)
  await stateWhen(
    client,
    (tree) => {
      last = tree
      if (!tree.captures) return false
      // What is being written is a file, too.
      return tree.captures.files.length > 0 || Object.keys(tree.captures.running).length === 0
    },
    AbortSignal.any([io.stop, moment])
  ).catch((error: unknown) => {
    if (io.stop.aborted || !moment.aborted) throw error
  })
  return last
}

interface OnBridge {
  readonly client: RpcClient
  readonly bridge: BridgeState
  readonly given: Given
}

async function onBridge(
  args: readonly string[],
  options: typeof START | typeof SAVE,
  io: CliIo,
  use: (on: OnBridge) => Promise<void>
): Promise<number> {
  const { positionals, given } = parse(args, options, 1)
  const [target] = positionals
  if (target === undefined) throw new Fault('usage', 'Of which share or link? Name one; see farport list.')
  return withRunning(async (client) => {
    const bridge = bridgeOf(await snapshot(client, io.stop), target)
    if (!bridge) throw new Fault('usage', `There is no share or link "${target}" here. See farport list.`)
    await use({ client, bridge, given })
    return EXIT.done
  })
}

function written(given: Given) {
  const format = oneOf(given, 'format', CAPTURE_FORMATS) ?? 'pcapng'
  const file = filled(given, 'name')
  const direction = oneOf(given, 'direction', ['tx', 'rx'])
  const decoder = readDecoder(given)
  return {
    format,
    ...(file !== undefined && { file }),
    ...(direction && { direction: DIRECTION_WORDS[direction] }),
    ...(decoder && { decoder: decoder.id })
  }
}

function rowsOf({ folder, running, files }: CapturesState, nameOf: (id: string) => string): string[][] {
  const rows = Object.values(running).map(({ file, of, bytes, fault }) => [
    file,
    bytesCount(bytes),
    fault ? `stopped: ${fault.message}` : `running, of ${nameOf(of)}`
  ])
  const others = files
    .filter(({ name }) => !rows.some(([file]) => file === name))
    .map(({ name, bytes, time }) => [
      name,
      bytesCount(bytes),
      `${dayWords({ ms: time, ns: 0 })} ${clockWords({ ms: time, ns: 0 }).slice(0, 8)}`
    ])
  return [['folder', '', folder], ...rows, ...others]
}

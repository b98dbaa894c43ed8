import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { systemClock } from '../../../base/clock.ts'
import { Fault } from '../../../contract/faults.ts'
import { FACTORS, MAX_UPLOAD_PIECE, type ReplayItem, type ReplaySpec } from '../../../contract/recording.ts'
import { bytesCount, grouped } from '../../../traffic/event-words.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { snapshot } from '../attached/snapshot.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { DIRECTION_WORDS } from '../monitor/directions.ts'
import { bridgeOf } from '../monitor/target.ts'
import { flag, oneOf, parse, PORT_OPTIONS, readPort, value, type Given } from '../options.ts'
import { running } from '../running.ts'
import { systemWords } from '../system-words.ts'
import { withCore } from '../with-core.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = {
  ...PORT_OPTIONS,
  timing: { type: 'string' },
  direction: { type: 'string' },
  settings: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  standalone: { type: 'boolean' }
} as const

type Wish = Omit<ReplaySpec, 'source' | 'to'>

/** `farport replay FILE TARGET`: sends what a capture has of one direction again. */
export const replayFile: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 2)
  const [path, target] = positionals
  if (path === undefined || target === undefined)
    throw new Fault(
      'usage',
      `Replay what, and where? Name a capture and a port or share, e.g. farport replay boot.pcapng ${exampleDevice()}`
    )
  const direction = oneOf(given, 'direction', ['tx', 'rx']) ?? 'tx'
  const wish: Wish = {
    timing: readTiming(given),
    direction: DIRECTION_WORDS[direction],
    settings: flag(given, 'settings')
  }
  await check(path)
  if (!(await isMeant(target, given, io))) return EXIT.stopped
  const progress = new Progress(io, flag(given, 'json'))
  const client = flag(given, 'standalone') ? undefined : await running(io)
  try {
    const bridge = client && bridgeOf(await snapshot(client, io.stop), target)
    if (client && bridge) await attached(client, path, { ...wish, to: { id: bridge.id } }, progress, io)
    else await alone(path, { ...wish, to: { port: readPort(target, given) } }, progress, io)
  } finally {
    client?.dispose()
    progress.end()
  }
  if (!progress.isDone) {
    io.say(`Stopped after ${bytesCount(progress.bytes)}.`)
    return EXIT.stopped
  }
  return EXIT.done
}

async function check(path: string): Promise<void> {
  const file = await open(path).catch((error: unknown) => {
    throw new Fault('usage', `${path} cannot be read (${systemWords(error)}).`, error)
  })
  await file.close()
}

function readTiming(given: Given): NonNullable<Wish['timing']> {
  const text = value(given, 'timing') ?? 'original'
  if (text === 'original' || text === 'fast') return text
  const factor = Number(/^(\d{1,4}(?:\.\d{1,3})?)x$/.exec(text)?.[1] ?? NaN)
  if (factor >= FACTORS.min && factor <= FACTORS.max) return { factor }
  throw new Fault(
    'usage',
    `--timing ${text} is not possible. Give original, fast, or how many times as fast: 2x.`
  )
}

/** A device does what it is told: a person at a terminal is asked, a script is not. */
async function isMeant(target: string, given: Given, io: CliIo): Promise<boolean> {
  if (flag(given, 'yes') || !io.stdin.isTTY || target.startsWith('sim:')) return true
  const lines = createInterface({ input: io.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`Send this to ${target}, whatever it does there? [y/N] `, {
      signal: io.stop
    })
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    lines.close()
  }
}

/** By a core of this process, which opens the port for it. */
async function alone(
  path: string,
  spec: Omit<ReplaySpec, 'source'>,
  progress: Progress,
  io: CliIo
): Promise<void> {
  const { replay } = await import('../../../core/recording/replay.ts')
  await withCore(io, 'warnings', async (core) => {
    await new Promise<void>((resolve, reject) => {
      const running = replay(
        { core, clock: systemClock, open: () => open(path) },
        {
          timing: 'original',
          direction: 'to-device',
          records: { from: 0 },
          settings: false,
          ...spec,
          source: basename(path)
        } as Parameters<typeof replay>[1],
        {
          credit: 1000,
          onCredit: undefined,
          send: (item) => {
            progress.take(item as ReplayItem)
            return true
          },
          end: (fault) => {
            io.stop.removeEventListener('abort', stop)
            if (fault) reject(fault)
            else resolve()
          }
        }
      )
      const stop = (): void => {
        running.dispose()
        resolve()
      }
      io.stop.addEventListener('abort', stop, { once: true })
      if (io.stop.aborted) stop()
    })
  })
}

/** By the Farport that has the share: the file is brought there for it, and goes again. */
async function attached(
  client: RpcClient,
  path: string,
  spec: Omit<ReplaySpec, 'source'>,
  progress: Progress,
  io: CliIo
): Promise<void> {
  const name = `replay-${process.pid}-${Date.now()}.pcapng`
  await upload(client, path, name, io.stop)
  try {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        io.stop.removeEventListener('abort', stop)
        settle()
      }
      const stop = (): void =>
        end(() => {
          subscription.dispose()
          resolve()
        })
      const subscription = client.subscribe(
        'replay',
        { ...spec, source: name },
        (item) => progress.take(item),
        {
          ended: (fault) => end(() => (fault ? reject(fault) : resolve()))
        }
      )
      io.stop.addEventListener('abort', stop, { once: true })
      if (io.stop.aborted) stop()
    })
  } finally {
    await client.call('capture.remove', { name }).catch(() => undefined)
  }
}

async function upload(client: RpcClient, path: string, name: string, signal: AbortSignal): Promise<void> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    for (let at = 0, done = false; !done;) {
      const piece = new Uint8Array(MAX_UPLOAD_PIECE)
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      done = bytesRead === 0 || at + bytesRead >= size
      await client.call('capture.upload', { name, at, bytes: piece.subarray(0, bytesRead), done }, signal)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** How far it is, on a line that is written over where there is a terminal. */
class Progress {
  readonly #io: CliIo
  readonly #json: boolean
  #isOpen = false
  bytes = 0
  isDone = false

  constructor(io: CliIo, json: boolean) {
    this.#io = io
    this.#json = json
  }

  take(item: ReplayItem): void {
    switch (item.type) {
      case 'joined':
        return
      case 'waiting':
        this.end()
        this.#io.say(item.for === 'port' ? 'Waiting for the port.' : 'Waiting for its turn to write.')
        return
      case 'progress':
        this.bytes = item.bytes
        this.#show(item.totalBytes)
        return
      case 'done':
        this.bytes = item.bytes
        this.isDone = true
        this.end()
        if (this.#json) this.#io.print(JSON.stringify({ bytes: item.bytes, lost: item.lost }))
        else
          this.#io.say(
            `${bytesCount(item.bytes)} sent, ${item.lost === 0 ? 'nothing lost' : `${bytesCount(item.lost)} not delivered`}.`
          )
    }
  }

  end(): void {
    if (this.#isOpen) process.stderr.write('\n')
    this.#isOpen = false
  }

  #show(totalBytes: number | undefined): void {
    if (!process.stderr.isTTY || this.#json) return
    this.#isOpen = true
    const of = totalBytes === undefined ? '' : ` of ${grouped(totalBytes)}`
    process.stderr.write(`\r${grouped(this.bytes)}${of} bytes `)
  }
}

/**
 * The Farport that the window shows: the one that runs on this computer already, else one of the window's own. Made by app.ts; knows
 * nothing of windows, so that it would run in a process of its own as well.
 */
import { sleep, systemClock, type Clock } from '../../base/clock.ts'
import { SHUTDOWN } from '../../contract/close.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { NoticeLine } from '../../contract/topics.ts'
import { instancePaths, prepareInstance, type InstancePaths } from '../../core/instance-paths.ts'
import type { Host } from '../../core/instance/host.ts'
import { Instance } from '../../core/instance/instance.ts'
import { attach } from '../../core/local-socket.ts'
import type { Connection } from '../../net/connection.ts'
import { takeInstanceLock } from '../../os/instance-lock.ts'
import type { Channel } from '../../rpc/channel.ts'
import { streamChannel } from '../../rpc/stream-channel.ts'
import { relay } from './relay.ts'

/** One that begins takes its lock first, and answers a moment later, in ms. */
const BEGIN_MS = 5000
const LOOK_MS = 100

/** What a quit leaves for draining, in ms. */
const DRAIN_MS = 2000

export interface Seat {
  /** `own`: it ends with this process. */
  readonly kind: 'own' | 'attached'
  /** Serves whoever is at the other end, as the owner; closes the channel where nobody is there to serve it. */
  connect(channel: Channel): void
  /** Resolves with the number of bytes that were not delivered. Never rejects. */
  close(): Promise<number>
}

export interface SeatOptions {
  readonly host: Host
  readonly report: (line: NoticeLine) => void
  readonly clock?: Clock
  readonly version: string
}

/** Rejects with the Fault why there is none: see `Instance.open` and `takeInstanceLock`. */
export async function takeSeat(options: SeatOptions): Promise<Seat> {
  const running = await findRunning()
  if (running) return attachedSeat(running)
  const paths = instancePaths('user')
  prepareInstance(paths)
  try {
    return await ownSeat(paths, options)
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'already-running') throw error
    return attachedSeat(await untilItAnswers(error, options.clock ?? systemClock))
  }
}

/** One that runs, but is not ours to command, is none. */
async function findRunning(): Promise<Connection | undefined> {
  try {
    return await attach()
  } catch (error) {
    if (error instanceof Fault && error.code === 'needs-rights') return undefined
    throw error
  }
}

/** Whoever has the lock may still begin. Rejects with `fault` where it never answers. */
async function untilItAnswers(fault: Fault, clock: Clock): Promise<Connection> {
  const end = clock.nowMs() + BEGIN_MS
  while (clock.nowMs() < end) {
    const connection = await findRunning().catch(() => undefined)
    if (connection) return connection
    await sleep(clock, LOOK_MS, new AbortController().signal)
  }
  throw fault
}

async function ownSeat(paths: InstancePaths, { host, report, version }: SeatOptions): Promise<Seat> {
  const lock = takeInstanceLock(paths.lock, 'the Farport window')
  const { FARPORT_CONFIG: settingsPath } = process.env
  try {
    const instance = await Instance.open({
      ...{ paths, version, report, host },
      ...(settingsPath && { settingsPath })
    })
    return {
      kind: 'own',
      connect: (channel) => instance.connect(channel, { type: 'owner' }),
      close: async () => {
        const lost = await instance.close(DRAIN_MS)
        lock.dispose()
        return lost
      }
    }
  } catch (error) {
    lock.dispose()
    throw error
  }
}

/** Stays with it: where it ends it is looked for again, for whoever asks next. */
function attachedSeat(first: Connection): Seat {
  let next = first as Connection | undefined
  let isClosed = false
  const open = async (): Promise<Connection | undefined> => {
    const connection = next
    next = undefined
    return connection ?? attach()
  }
  const join = async (channel: Channel): Promise<void> => {
    const connection = isClosed ? undefined : await open()
    if (connection) relay(channel, streamChannel(connection, 'client'))
    else channel.close(isClosed ? SHUTDOWN : { code: 'ended', message: 'no Farport runs here any more' })
  }
  return {
    kind: 'attached',
    connect: (channel) => {
      join(channel).catch((error: unknown) =>
        channel.close({ code: 'error', message: toFault(error).message })
      )
    },
    close: () => {
      isClosed = true
      next?.abort(SHUTDOWN)
      return Promise.resolve(0)
    }
  }
}

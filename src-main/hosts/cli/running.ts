/**
 * The Farport that runs on this computer, for commands that act on it. Where none runs that costs one look at a path: what is needed to
 * talk to it is loaded only then.
 */
import { Fault, toFault } from '../../contract/faults.ts'
import { attach } from '../../core/local-socket.ts'
import type { Connection } from '../../net/connection.ts'
import type { RpcClient } from '../../rpc/client.ts'
import type { CliIo } from './cli-io.ts'

/** A person waits for it, and on this computer a Farport that lives answers within milliseconds, in ms. */
const ANSWER_MS = 5000

/**
 * The one that runs here: this user's, else the system's; undefined: none. One that runs but is not ours to command is none for these
 * commands, which can work by themselves, and a line says so. Whoever calls this disposes of it. Rejects with a Fault of the kind
 * `peer` where it does not answer.
 */
export async function running(io: CliIo): Promise<RpcClient | undefined> {
  const connection = await attach().catch((error: unknown) => {
    const fault = toFault(error)
    if (!isClosedToUs(fault)) throw fault
    io.say(`${fault.message} Until then this command works by itself.`)
    return undefined
  })
  return connection && talkTo(connection)
}

/** The same for commands that are nothing without one. Rejects with `not-running`, or with `needs-rights`. */
export async function theRunning(): Promise<RpcClient> {
  const connection = await attach()
  if (connection) return talkTo(connection)
  throw notRunning()
}

/** Runs `use` with the one that runs here. Rejects as `theRunning`. */
export async function withRunning<T>(use: (client: RpcClient) => Promise<T>): Promise<T> {
  const client = await theRunning()
  try {
    return await use(client)
  } finally {
    client.dispose()
  }
}

export function notRunning(): Fault {
  return new Fault(
    'not-running',
    'No Farport runs here. Start one: farport serve, or farport service install'
  )
}

/**
 * The system's service and no right to it, or a directory in /tmp that somebody else made. Who names a socket wants that one and no
 * other.
 */
function isClosedToUs({ code }: Fault): boolean {
  return (code === 'needs-rights' || code === 'usage') && !process.env.FARPORT_SOCKET
}

async function talkTo(connection: Connection): Promise<RpcClient> {
  const { RpcClient, streamChannel } = await import('./rpc-client.ts')
  return new RpcClient(streamChannel(connection, 'client'), { answerMs: ANSWER_MS })
}

/**
 * Proves to both ends of a local connection that the other one is the same user, where the system does not: the pipes of Windows.
 * Node and libuv make one with the security that Windows gives by itself, by which other users may connect and read, and anybody may
 * make a pipe of our name before we do; neither takes another descriptor, nor gives its handle to whoever would set one. So both
 * show that they can read a file which lies beside the identity, in a folder that Windows gives to its user alone. Called by
 * local-socket.ts; what is said afterwards is rpc's matter.
 *
 *   client  "farport-owner-1\n", nonce C (32)
 *   server  nonce S (32), HMAC-SHA-256(secret, "server" ‖ S ‖ C ‖ path)
 *   client  HMAC-SHA-256(secret, "client" ‖ S ‖ C ‖ path), then the first of its requests
 *
 * The server is silent until somebody speaks, and a stranger learns of it a random number and its HMAC. The path keeps a program on
 * one pipe from passing on what it hears from another one. A process with SeImpersonatePrivilege or an administrator's rights can
 * read the file, and is not kept out.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { SHUTDOWN } from '../contract/close.ts'
import { AfterFirstWords } from '../net/after-first-words.ts'
import type { Refusal } from '../net/carrier.ts'
import { NOBODY_LISTENS } from '../net/carrier.ts'
import type { Connection, Listener } from '../net/connection.ts'
import { readUntil } from '../net/read-until.ts'

/** For all of it, on either side: programs of one computer, one of which may be starting up, in ms. */
export const PROOF_MS = 3000

/** Clients that have proved nothing yet; one more ends the oldest, so that strangers who wait keep nobody out. */
export const MAX_UNPROVED = 16

const GREETING = Buffer.from('farport-owner-1\n')
const NONCE = 32
const PROOF = 32

/** The other side is not this user, or has another secret. */
export class NotProved extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'NotProved'
  }
}

export interface ProofOptions {
  readonly clock?: Clock
}

/**
 * The client's part, on a connection that was just made; resolves with it, paused, once the server has proved to have the same
 * secret. Rejects with NotProved, and the connection is closed then.
 */
export async function proveToServer(
  connection: Connection,
  path: string,
  secret: Uint8Array,
  { clock = systemClock }: ProofOptions = {}
): Promise<Connection> {
  const nonce = randomBytes(NONCE)
  const late = clock.after(PROOF_MS, () => connection.abort(TOO_LATE))
  try {
    connection.write(Buffer.concat([GREETING, nonce]))
    const [said, rest] = await exactly(connection, NONCE + PROOF)
    const own = said.subarray(0, NONCE)
    if (!timingSafeEqual(said.subarray(NONCE), proof('server', own, nonce, path, secret)))
      throw new NotProved('it does not know the secret of this user')
    connection.write(proof('client', own, nonce, path, secret))
    return new AfterFirstWords(connection, rest)
  } catch (error) {
    connection.abort(STRANGER)
    throw error instanceof NotProved ? error : new NotProved(textOf(error))
  } finally {
    late.dispose()
  }
}

/** The listener, whose connections come out once they have proved to know the secret; the others are closed, and told. */
export function provenListener(
  listener: Listener,
  path: string,
  secret: Uint8Array,
  options: ProofOptions & { readonly onRefused?: (refusal: Refusal) => void } = {}
): Listener {
  const { clock = systemClock, onRefused } = options
  const proven = new Emitter<Connection>()
  const waiting = new Set<Connection>()
  const admit = async (connection: Connection): Promise<void> => {
    const late = clock.after(PROOF_MS, () => connection.abort(TOO_LATE))
    const left = { byItself: false }
    connection.onClose(({ code }) => (left.byItself = code !== 'refused'))
    try {
      const after = await provenClient(connection, path, secret)
      if (proven.hasListeners) proven.fire(after)
      else after.abort(NOBODY_LISTENS)
    } catch (error) {
      connection.abort(STRANGER)
      if (!left.byItself) onRefused?.({ remote: connection.remote, why: textOf(error) })
    } finally {
      late.dispose()
      waiting.delete(connection)
    }
  }
  listener.onConnection((connection) => {
    const [oldest] = waiting
    if (oldest && waiting.size >= MAX_UNPROVED) oldest.abort(TOO_MANY)
    waiting.add(connection)
    void admit(connection)
  })
  return {
    url: listener.url,
    onConnection: proven.event,
    close: (reason) => {
      for (const each of waiting) each.abort(SHUTDOWN)
      return listener.close(reason)
    }
  }
}

const TOO_LATE: CloseReason = { code: 'refused', message: `it proved nothing within ${PROOF_MS / 1000} s` }
const TOO_MANY: CloseReason = { code: 'refused', message: 'too many wait that have proved nothing' }
const STRANGER: CloseReason = { code: 'refused', message: 'it does not know the secret of this user' }

async function provenClient(connection: Connection, path: string, secret: Uint8Array): Promise<Connection> {
  const [said, more] = await exactly(connection, GREETING.length + NONCE)
  if (!GREETING.equals(said.subarray(0, GREETING.length)) || more.length > 0)
    throw new NotProved('it speaks something else')
  const nonce = said.subarray(GREETING.length)
  const own = randomBytes(NONCE)
  connection.write(Buffer.concat([own, proof('server', own, nonce, path, secret)]))
  const [proved, rest] = await exactly(connection, PROOF)
  if (!timingSafeEqual(proved, proof('client', own, nonce, path, secret)))
    throw new NotProved(STRANGER.message)
  return new AfterFirstWords(connection, rest)
}

/** The next `length` bytes, and what came behind them; the connection is paused then. */
function exactly(connection: Connection, length: number): Promise<[said: Buffer, rest: Buffer]> {
  let got = Buffer.alloc(0)
  return readUntil<[Buffer, Buffer]>(connection, (chunk) => {
    got = Buffer.concat([got, chunk])
    return got.length < length ? undefined : [got.subarray(0, length), got.subarray(length)]
  })
}

function proof(
  role: 'server' | 'client',
  own: Uint8Array,
  nonce: Uint8Array,
  path: string,
  secret: Uint8Array
): Buffer {
  // Windows takes the names of pipes in any case.
  return createHmac('sha256', secret)
    .update(role)
    .update(own)
    .update(nonce)
    .update(path.toLowerCase())
    .digest()
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

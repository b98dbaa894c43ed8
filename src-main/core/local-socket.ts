/**
 * The local socket: where a running instance takes commands from programs of this computer. Called by hosts, to listen and to find
 * out whether one runs. What is said over it is rpc's matter.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { ListenOptions, LocalUser } from '../net/carrier.ts'
import type { Connection, Listener } from '../net/connection.ts'
import { dial, listen } from '../net/dial.ts'
import type { Endpoint } from '../net/endpoint.ts'
import { codeOf } from '../net/network-faults.ts'
import { checkPrivate } from '../os/runtime-directory.ts'
import { type LocalSocket, type PathsEnvironment, SYSTEM_GROUP, instancePaths } from './instance-paths.ts'

/** A busy instance answers the system's call at once; only one that was stopped (SIGSTOP) does not. */
const ATTACH_TIMEOUT_MS = 3000

/**
 * Listens for programs of this computer. A dead instance's socket is replaced; `path-taken` where something else stands there,
 * `address-in-use` where another instance lives, `usage` where the group does not exist, what `ownSecret` says of its file.
 */
export async function listenLocal(socket: LocalSocket, options: ListenOptions = {}): Promise<Listener> {
  const endpoint: Endpoint = {
    ...endpointOf(socket),
    mode: socket.mode,
    ...(socket.group !== undefined && { group: socket.group })
  }
  // Before anybody can ask for it.
  const proof = socket.secret === undefined ? undefined : await proofBy(socket.secret)
  const listener = await listen(endpoint, { ...options, admitUser: (user) => whyNot(user, socket.group) })
  return proof ? proof.provenListener(listener, socket.path, proof.secret, options) : listener
}

/**
 * A connection to the instance that runs here: this user's, else the system's; undefined: none runs. `needs-rights` where only the
 * system's runs and its socket is closed to us, or where what answers is not this user's; a Fault of the kind `peer` where it does not
 * answer.
 */
export async function attach(from: PathsEnvironment = {}): Promise<Connection | undefined> {
  for (const socket of localSockets(from)) {
    const connection = await attachTo(socket)
    if (typeof connection !== 'string') return connection
  }
  return undefined
}

/** The same for one of them. `dead`: nobody is behind the socket any more, and the next one replaces it. */
export async function attachTo(socket: LocalSocket): Promise<Connection | 'none' | 'dead'> {
  const { directory } = socket
  if (directory !== undefined) {
    if (!existsSync(directory)) return 'none'
    // In a directory for temporary files anybody could have made it, to be told our commands.
    checkPrivate(directory)
  }
  try {
    // What dials is loaded where there is something to be dialled.
    if (process.platform !== 'win32' && !lstatSync(socket.path, { throwIfNoEntry: false })) return 'none'
    const connection = await dial(endpointOf(socket), { timeoutMs: ATTACH_TIMEOUT_MS })
    return await proven(connection, socket)
  } catch (error) {
    const code = codeOf(error instanceof Fault ? error.cause : error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none'
    if (code === 'ECONNREFUSED') return 'dead'
    if (code === 'EACCES' || code === 'EPERM') throw notPermitted(socket, error)
    throw error
  }
}

/** Where an instance may be found, in the order in which one is looked for: this user's, then the system's, which has a group. */
export function localSockets(from: PathsEnvironment = {}): LocalSocket[] {
  const { platform = process.platform, environment = process.env } = from
  const own = instancePaths('user', from).socket
  if (environment.FARPORT_SOCKET || platform === 'win32') return [own]
  // What systemd told some service around us is not where Farport's own one is.
  const bare = { ...environment, RUNTIME_DIRECTORY: undefined }
  const system = instancePaths('system', { ...from, environment: bare }).socket
  return [own, system]
}

async function proofBy(
  file: string
): Promise<typeof import('./owner-proof.ts') & { readonly secret: Uint8Array }> {
  const { ownSecret } = await import('./owner-secret.ts')
  return { ...(await import('./owner-proof.ts')), secret: await ownSecret(file) }
}

/** What answers may be anybody's where a socket has a secret: it hears nothing of us before it knows that as well. */
async function proven(connection: Connection, { path, secret: file }: LocalSocket): Promise<Connection> {
  if (file === undefined) return connection
  const { NotProved, proveToServer } = await import('./owner-proof.ts')
  const { secretIn } = await import('./owner-secret.ts')
  try {
    return await proveToServer(connection, path, await secretIn(file))
  } catch (error) {
    connection.abort(DONE)
    if (!(error instanceof NotProved)) throw error
    throw new Fault(
      'needs-rights',
      `What answers on ${path} is not this user's Farport (${error.message}). End that program, or start it with the settings folder of this user.`,
      error
    )
  }
}

function endpointOf({ path }: LocalSocket): Endpoint {
  return { protocol: 'raw', transport: 'unix', host: '', port: 0, path }
}

function notPermitted({ path, group }: LocalSocket, cause: unknown): Fault {
  return new Fault(
    'needs-rights',
    group === undefined
      ? `A Farport of another user runs here (${path}). Act as that user, or unset FARPORT_SOCKET.`
      : `A Farport service runs here, and you may not command it. Join its group: sudo usermod -aG ${group} $USER, then sign out and in.`,
    cause
  )
}

/**
 * The file's rights said the same already; this holds as well where its directory, or a mount, gave them away. Systems that do not
 * tell who comes have the rights alone.
 */
function whyNot({ uid, gids }: LocalUser, group: string | undefined): string | undefined {
  if (uid === 0 || uid === process.getuid?.()) return undefined
  const gid = group === undefined ? undefined : groupNumber(group)
  if (gid !== undefined && gids.includes(gid)) return undefined
  return group === undefined
    ? `user ${uid} is not the one this Farport belongs to`
    : `user ${uid} is not in the group ${SYSTEM_GROUP}`
}

/** Looked up each time: an administrator may have made it anew. */
function groupNumber(name: string): number | undefined {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`))
  const [, , gid = ''] = line?.split(':') ?? []
  return /^\d+$/.test(gid) ? Number(gid) : undefined
}

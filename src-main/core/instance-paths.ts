/**
 * Where an instance of Farport keeps what is its own: settings, identity, lock, local socket. Called by hosts, which hand the paths
 * on. Makes nothing but what `prepareInstance` says.
 *
 *               settings, identity, lock                     local socket
 *   a user's    $XDG_CONFIG_HOME/farport                     $XDG_RUNTIME_DIR/farport.sock, else /tmp/farport-UID/farport.sock
 *     macOS     ~/Library/Application Support/Farport        as above ($TMPDIR)
 *     Windows   %APPDATA%\Farport (with pipe-secret)         \\.\pipe\farport-USER
 *   the system  $STATE_DIRECTORY, /var/lib/farport           $RUNTIME_DIRECTORY/farport.sock, /run/farport/farport.sock
 *
 * Captures of a user: $XDG_DATA_HOME/farport/captures, on macOS beside the settings, %LOCALAPPDATA%\Farport\captures; of the system beside its
 * settings.
 *
 * $FARPORT_SOCKET is another path for the socket. A user's window and `serve` are one instance: the lock is between them. The
 * system's instance is another installation with its own identity.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { posix, win32 } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { runtimeDirectory, userSocket } from '../os/runtime-directory.ts'

export type InstanceKind = 'user' | 'system'

/** Who may command the system's instance. */
export const SYSTEM_GROUP = 'farport'

const SYSTEM_STATE = '/var/lib/farport'
const SYSTEM_RUNTIME = '/run/farport'

export interface LocalSocket {
  /** A file, or the name of a pipe on Windows. */
  readonly path: string
  /** 0600, or 0660 with a group: who may connect. */
  readonly mode: number
  readonly group: string | undefined
  /** In a directory for temporary files: has to be made, and checked to be ours, before it is trusted. */
  readonly directory: string | undefined
  /** The file by which both ends prove whose they are, where the socket's own rights do not (owner-proof.ts): Windows. */
  readonly secret: string | undefined
}

export interface InstancePaths {
  readonly kind: InstanceKind
  /** Mode 0700. */
  readonly directory: string
  readonly settings: string
  /** The private key and its certificate, mode 0600. */
  readonly identity: string
  readonly lock: string
  /** The folder of captures, mode 0700; made when there is one. */
  readonly captures: string
  readonly socket: LocalSocket
}

/** What decides about paths; for tests. */
export interface PathsEnvironment {
  readonly platform?: NodeJS.Platform
  readonly environment?: NodeJS.ProcessEnv
  readonly home?: string
  readonly userName?: string
}

/** The same answer for the same environment; touches no file. Throws `unsupported`: the system's instance on Windows. */
export function instancePaths(kind: InstanceKind, from: PathsEnvironment = {}): InstancePaths {
  const { platform = process.platform, environment = process.env, home = homedir() } = from
  const directory = kind === 'system' ? systemDirectory(platform, environment) : userDirectory(from, home)
  const within = (name: string): string =>
    platform === 'win32' ? win32.join(directory, name) : posix.join(directory, name)
  return {
    kind,
    directory,
    settings: within('settings.json'),
    identity: within('identity.pem'),
    lock: within('farport.lock'),
    captures: kind === 'system' ? within('captures') : userCaptures(from, home),
    socket: {
      ...localSocket(kind, platform, environment, from.userName),
      secret: platform === 'win32' ? within('pipe-secret') : undefined
    }
  }
}

/**
 * Makes the directories that are missing, the last one with mode 0700, before anything is written there. `usage` where it cannot,
 * or where others may look into them: an identity lies there.
 */
export function prepareInstance(paths: InstancePaths): void {
  const { directory } = paths
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    // Made by systemd as a rule; here for whoever starts the system's instance by another init.
    if (paths.kind === 'system') mkdirSync(posix.dirname(paths.socket.path), { recursive: true, mode: 0o755 })
    const stats = statSync(directory)
    // systemd makes the state directory of a service with the mode of its unit; it is ours to narrow.
    if (paths.kind === 'system' && stats.uid === process.getuid?.()) chmodSync(directory, 0o700)
    else if (process.platform !== 'win32' && stats.mode & 0o077)
      throw new Fault(
        'usage',
        `${directory}, where settings and identity lie, is open to other users. Mend it with: chmod 700 ${directory}`
      )
  } catch (error) {
    if (error instanceof Fault) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Fault(
      'usage',
      `Cannot make ${directory} (${why}). See who may write to the directories above it.`,
      error
    )
  }
  if (paths.socket.directory !== undefined) runtimeDirectory()
}

function userDirectory(from: PathsEnvironment, home: string): string {
  const { platform = process.platform, environment = process.env } = from
  if (platform === 'darwin') return posix.join(home, 'Library/Application Support/Farport')
  if (platform === 'win32')
    return win32.join(environment.APPDATA ?? win32.join(home, 'AppData/Roaming'), 'Farport')
  return posix.join(absolute(environment.XDG_CONFIG_HOME) ?? posix.join(home, '.config'), 'farport')
}

/** They may be large: not where settings are carried from one computer to the next. */
function userCaptures(from: PathsEnvironment, home: string): string {
  const { platform = process.platform, environment = process.env } = from
  if (platform === 'darwin') return posix.join(userDirectory(from, home), 'captures')
  if (platform === 'win32')
    return win32.join(environment.LOCALAPPDATA ?? win32.join(home, 'AppData/Local'), 'Farport', 'captures')
  return posix.join(
    absolute(environment.XDG_DATA_HOME) ?? posix.join(home, '.local/share'),
    'farport/captures'
  )
}

function systemDirectory(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string {
  if (platform === 'win32')
    throw new Fault('unsupported', 'Windows has no system service of Farport: use that of your own user.')
  // systemd.exec(5): one path for each word of StateDirectory=.
  const own = absolute(environment.STATE_DIRECTORY?.split(':')[0])
  return own ?? (platform === 'darwin' ? '/Library/Application Support/Farport' : SYSTEM_STATE)
}

function localSocket(
  kind: InstanceKind,
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
  userName: string | undefined
): Omit<LocalSocket, 'secret'> {
  const mode = kind === 'system' ? 0o660 : 0o600
  const group = kind === 'system' ? SYSTEM_GROUP : undefined
  const given = environment.FARPORT_SOCKET
  if (given !== undefined && given !== '') return { path: given, mode, group, directory: undefined }
  if (platform === 'win32') {
    const name = (userName ?? userInfo().username).replace(/[^\w.-]/g, '_').toLowerCase()
    return { path: String.raw`\\.\pipe\farport-${name}`, mode, group, directory: undefined }
  }
  if (kind === 'user') return { ...userSocket(environment), mode, group }
  const runtime = absolute(environment.RUNTIME_DIRECTORY?.split(':')[0])
  const base = runtime ?? (platform === 'darwin' ? '/var/run/farport' : SYSTEM_RUNTIME)
  return { path: posix.join(base, 'farport.sock'), mode, group, directory: undefined }
}

/** The XDG specification: a relative path is as good as none. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined
}

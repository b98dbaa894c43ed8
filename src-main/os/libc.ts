/**
 * The C library's calls that Node does not offer, as functions that throw what the system said. Called by the other files
 * of os; never by another room.
 */
import type koffi from 'koffi'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** Kept, for Node makes it anew at each call, and a driver's "cannot do that" is an everyday answer. */
let errors: ReturnType<typeof getSystemErrorMap> | undefined

/** A failed system call, shaped as Node's own: `code` is `EBUSY`, `EACCES`, …; `syscall` the call's name. */
export class SystemError extends Error {
  readonly code: string
  readonly syscall: string

  constructor(errno: number, syscall: string) {
    errors ??= getSystemErrorMap()
    const [code, text] = errors.get(-errno) ?? [`errno ${errno}`, 'unknown error']
    super(`${syscall}: ${code}, ${text}`)
    this.name = 'SystemError'
    this.code = code
    this.syscall = syscall
  }
}

export function isSystemError(
  error: unknown,
  ...codes: readonly string[]
): error is Error & { code: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && codes.includes(code)
}

interface Library {
  readonly koffi: typeof koffi
  readonly functions: ReturnType<typeof koffi.load>
}

const require = createRequire(import.meta.url)
let library: Library | undefined

/** Loaded with the first call: that takes 10 ms and 3 MiB, and a share that nobody uses yet calls nothing. */
function libc(): Library {
  if (library) return library
  const loaded = require('koffi') as typeof koffi
  // `load(null)`, not a file name: symbols that were put in front of libc's (LD_PRELOAD) must be found.
  library = { koffi: loaded, functions: loaded.load(null) }
  return library
}

type Native = (...values: unknown[]) => number

/**
 * Bound at first use: a function that this system lacks harms only who calls it. A call that a signal interrupted is made
 * again: poll() is interrupted even where it does not wait, and none of these calls waits.
 */
function bind(name: string, signature: string): Native {
  let native: Native | undefined
  return (...values) => {
    native ??= libc().functions.func(signature) as unknown as Native
    for (;;) {
      const result = native(...values)
      if (result >= 0) return result
      const errno = libc().koffi.errno()
      if (errno !== constants.errno.EINTR) throw new SystemError(errno, name)
    }
  }
}

// Variadic in C: on arm64 macOS their arguments travel another way than a fixed function's.
const ioctlNative = bind('ioctl', 'int ioctl(int fd, unsigned long request, ...)')
const fcntlNative = bind('fcntl', 'int fcntl(int fd, int command, ...)')
const pollNative = bind('poll', 'int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)')

/** `argument`: a buffer that the call reads and writes, or a number passed by value. Throws SystemError. */
export function ioctl(fd: number, request: number, argument: Uint8Array | number): number {
  return typeof argument === 'number'
    ? ioctlNative(fd, request, 'unsigned long', argument)
    : ioctlNative(fd, request, 'uint8_t *', argument)
}

export function fcntl(fd: number, command: number, argument: number): number {
  return fcntlNative(fd, command, 'int', argument)
}

export const flock = bind('flock', 'int flock(int fd, int operation)') as (
  fd: number,
  operation: number
) => number

/** `timex`: struct timex with room to spare; modes 0 changes nothing. Linux (adjtimex(2)). */
export const adjtimex = bind('adjtimex', 'int adjtimex(_Inout_ uint8_t *timex)') as (
  timex: Uint8Array
) => number

export const posixOpenpt = bind('posix_openpt', 'int posix_openpt(int flags)') as (flags: number) => number
export const grantpt = bind('grantpt', 'int grantpt(int fd)') as (fd: number) => number
export const unlockpt = bind('unlockpt', 'int unlockpt(int fd)') as (fd: number) => number

const ptsnameNative = bind('ptsname_r', 'int ptsname_r(int fd, _Out_ uint8_t *name, size_t size)')

/** The path of a PTY's slave, `/dev/pts/7`. */
export function ptsname(fd: number): string {
  const name = Buffer.alloc(128)
  const errno = ptsnameNative(fd, name, name.length)
  if (errno > 0) throw new SystemError(errno, 'ptsname_r')
  return name.toString('utf8', 0, name.indexOf(0))
}

export const POLLIN = 0x001
export const POLLOUT = 0x004
export const POLLERR = 0x008
export const POLLHUP = 0x010

const pollfd = Buffer.alloc(8)

/** What of `events` holds now for one descriptor, with POLLERR and POLLHUP beside; does not wait. */
export function pollNow(fd: number, events: number): number {
  pollfd.writeInt32LE(fd, 0)
  pollfd.writeInt16LE(events, 4)
  pollfd.writeInt16LE(0, 6)
  pollNative(pollfd, 1, 0)
  return pollfd.readInt16LE(6)
}

const setsockoptNative = bind(
  'setsockopt',
  'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)'
)

/** Sets an integer socket option. */
export function setsockopt(fd: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  setsockoptNative(fd, level, name, bytes, bytes.length)
}

const getsockoptNative = bind(
  'getsockopt',
  'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)'
)

/** Reads a socket option of at most `size` bytes; answers as many as the system gave. */
export function getsockopt(fd: number, level: number, name: number, size: number): Buffer {
  const value = Buffer.alloc(size)
  const length = Buffer.alloc(4)
  length.writeInt32LE(size)
  getsockoptNative(fd, level, name, value, length)
  return value.subarray(0, length.readInt32LE())
}

const socketpairNative = bind(
  'socketpair',
  'int socketpair(int domain, int type, int protocol, _Out_ int *fds)'
)
const AF_UNIX = 1
const SOCK_STREAM = 1

/** Two connected descriptors; the caller closes both. */
export function socketpair(): [near: number, far: number] {
  const fds = new Int32Array(2)
  socketpairNative(AF_UNIX, SOCK_STREAM, 0, fds)
  return [fds[0] ?? -1, fds[1] ?? -1]
}

const socketNative = bind('socket', 'int socket(int domain, int type, int protocol)')
const connectNative = bind('connect', 'int connect(int fd, const uint8_t *address, uint32_t length)')
const SOCK_DGRAM = 2

/** A datagram socket of the local kind; the caller closes it. */
export function localDatagramSocket(): number {
  return socketNative(AF_UNIX, SOCK_DGRAM, 0)
}

/** Connects a local socket to a path, or to an abstract name of Linux, which begins with a zero byte. */
export function connectToPath(fd: number, path: string): void {
  // sockaddr_un: BSD's has its own length in front of the family, each in one byte. Of an abstract name each byte counts.
  const end = Buffer.alloc(path.startsWith('\0') ? 0 : 1)
  const address = Buffer.concat([Buffer.alloc(2), Buffer.from(path), end])
  if (process.platform === 'linux') address.writeUInt16LE(AF_UNIX)
  else address.set([address.length, AF_UNIX])
  connectNative(fd, address, address.length)
}

const pipeNative = bind('pipe', 'int pipe(_Out_ int *fds)')
const F_SETFD = 2
const FD_CLOEXEC = 1

/** A pipe whose two descriptors no other program inherits by accident; the caller closes both. */
export function pipe(): [readEnd: number, writeEnd: number] {
  const fds = new Int32Array(2)
  pipeNative(fds)
  // Not by pipe2(), which macOS lacks. Programs are only started from this thread, so none is in between.
  for (const fd of fds) fcntl(fd, F_SETFD, FD_CLOEXEC)
  return [fds[0] ?? -1, fds[1] ?? -1]
}

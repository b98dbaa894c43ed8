/**
 * The least that can stand between serial devices and TCP clients in Node: its own streams, a write at once where nothing waits, a pause where
 * something does. No settings, no protocol, no recording, no limits, no copies; the end of a peer is the end of the program. Started by
 * run.mjs as a contender: what Farport lacks to the C relay and to socat, and this lacks too, is Node's.
 *
 *     relay.mjs share CLIENTS DEVICE...    prints `listening PORT` (loopback) for each device; a client more than those is refused
 *     relay.mjs connect PORT LINK          a virtual port at LINK for what listens there
 */
import { constants, openSync, symlinkSync, writeSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { ReadStream } from 'node:tty'
import koffi from 'koffi'

const BUFFER = 64 * 1024
const F_DUPFD_CLOEXEC = 1030
const TERMIOS_BYTES = 64

const [what, first, ...rest] = process.argv.slice(2)
const libc = koffi.load(null)
const [tcgetattr, tcsetattr, makeRaw] = [
  'int tcgetattr(int, _Out_ uint8_t *)',
  'int tcsetattr(int, int, const uint8_t *)',
  'void cfmakeraw(_Inout_ uint8_t *)'
].map((each) => libc.func(each))

if (what === 'share') for (const device of rest) share(device, Number(first))
else link(Number(first), rest[0])

function share(path, most) {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  raw(fd)
  const clients = []
  const device = end(fd, (onread) => new ReadStream(fd, { onread }), clients)
  createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    if (clients.length === most) {
      accepted.destroy()
      return
    }
    // Node gives `onread` to sockets at their making only, and makes the accepted ones itself.
    const { _handle: handle } = accepted
    accepted._handle = null
    accepted.destroy()
    clients.push(end(handle.fd, (onread) => new Socket({ handle, onread }), [device]))
    if (clients.length === most) device.stream.resume()
  }).listen(0, '127.0.0.1', function () {
    console.log(`listening ${this.address().port}`)
  })
}

function link(port, path) {
  const master = openMaster()
  symlinkSync(master.path, path)
  const [network, virtual] = [[], []]
  network.push(
    end(undefined, (onread) => connect({ port, host: '127.0.0.1', noDelay: true, onread }), virtual)
  )
  const pipe = new (pipeClass())(0)
  const fd = libc.func('int fcntl(int, int, ...)')(master.fd, F_DUPFD_CLOEXEC, 'int', 3)
  pipe.open(fd)
  virtual.push(end(fd, (onread) => new Socket({ handle: pipe, manualStart: true, onread }), network))
  for (const { stream } of virtual) stream.resume()
}

/** What reads from there goes to all of `others`, and is read no further while one of them has something left to write. */
function end(fd, open, others) {
  const buffer = Buffer.allocUnsafeSlow(BUFFER)
  let waiting = 0
  const resume = () => {
    if (--waiting === 0) stream.resume()
  }
  const callback = (length) => {
    const bytes = buffer.subarray(0, length)
    for (const other of others) {
      const taken = other.stream.writableLength === 0 ? writeNow(other, bytes) : 0
      if (taken === length) continue
      if (waiting++ === 0) stream.pause()
      other.stream.write(Buffer.from(bytes.subarray(taken)), resume)
    }
    return true
  }
  const stream = open({ buffer, callback })
  stream.on('error', () => process.exit(1)).on('end', () => process.exit(0))
  return { fd, stream }
}

function writeNow({ fd, stream }, bytes) {
  try {
    return writeSync(fd ?? stream._handle.fd, bytes)
  } catch (error) {
    if (error.code !== 'EAGAIN') process.exit(1)
    return 0
  }
}

function raw(fd) {
  const settings = Buffer.alloc(TERMIOS_BYTES)
  tcgetattr(fd, settings)
  makeRaw(settings)
  tcsetattr(fd, 0, settings)
}

function openMaster() {
  const fd = libc.func('int posix_openpt(int)')(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  libc.func('int grantpt(int)')(fd)
  libc.func('int unlockpt(int)')(fd)
  const name = Buffer.alloc(128)
  libc.func('int ptsname_r(int, _Out_ uint8_t *, size_t)')(fd, name, name.length)
  raw(fd)
  return { fd, path: name.toString('utf8', 0, name.indexOf(0)) }
}

/** Node has no public constructor for a stream on a descriptor that is no socket; one that is none of its terminals either is a pipe. */
function pipeClass() {
  const pair = new Int32Array(2)
  libc.func('int socketpair(int, int, int, _Out_ int *)')(1, 1, 0, pair)
  return new Socket({ fd: pair[0] })._handle.constructor
}

/**
 * A board on USB for the guest's kernel: a CDC-ACM device in user space, by USB/IP over a socket that vhci_hcd is handed. The real
 * cdc_acm drives it as /dev/ttyACM0. It leaves when DTR goes off at 1200 bit/s, as an Arduino Leonardo's firmware does, and comes
 * back as `back` says. Started in the guest by board-checks.mjs; ends with a signal, and the board with it.
 *
 *   usb-board.mjs '{"socket": 0, "product": 32822, "serial": "…", "back": {"socket": 0, "product": 54, "when": "/tmp/…"}}'
 *
 * socket: which one of vhci_hcd's hub, 0 to 7; or helper: the path of Farport's helper, which chooses one. Without `back` it does not heed 1200 bit/s; with `back: {}` it stays away. It comes
 * back once the file `when` is there. It knows no break, as many small firmwares. Prints a line per event: `here PRODUCT`,
 * `rate BIT/S`, `lines DTR RTS`, `left`.
 *
 * The packets: Linux's Documentation/usb/usbip_protocol.rst. All numbers are big-endian there, little-endian in USB's own parts.
 *
 *   CMD_SUBMIT  1   seqnum  devid  direction (1 = in)  endpoint  flags  length  frame  packets  interval  setup[8]   [data out]
 *   RET_SUBMIT  3   seqnum  0      0                   0         status length  frame  packets  errors    0[8]       [data in]
 *   CMD_UNLINK  2   seqnum  devid  direction           endpoint  seqnum to forget                        0[24]
 *   RET_UNLINK  4   seqnum  0      0                   0         status                                  0[24]
 */
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'

const ATTACH = '/sys/devices/platform/vhci_hcd.0/attach'
const HEADER = 48
const [CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK] = [1, 2, 3, 4]
const [EPIPE, ECONNRESET] = [-32, -104]
const FULL_SPEED = 2
const VENDOR = 0x2341
const TOUCH_RATE = 1200

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const u16 = (number) => [number & 0xff, number >> 8]

/** USB 2.0 §9.6, CDC PSTN 1.2: an interface for commands, one for data. */
const descriptorsOf = ({ product, serial }) => {
  const commands = [
    ...[9, 4, 0, 0, 1, 2, 2, 1, 0], // interface 0: one endpoint, CDC, ACM, AT commands
    ...[5, 0x24, 0, ...u16(0x110), 5, 0x24, 1, 0, 1, 4, 0x24, 2, 6, 5, 0x24, 6, 0, 1],
    ...[7, 5, 0x81, 3, ...u16(8), 16] // interrupt, in
  ]
  const data = [
    ...[9, 4, 1, 0, 2, 10, 0, 0, 0], // interface 1: two endpoints
    ...[7, 5, 0x02, 2, ...u16(64), 0, 7, 5, 0x83, 2, ...u16(64), 0] // bulk, out and in
  ]
  const length = 9 + commands.length + data.length
  const text = (string) => [2 + 2 * string.length, 3, ...Buffer.from(string, 'utf16le')]
  return {
    [0x100]: [
      18,
      1,
      ...u16(0x200),
      2,
      0,
      0,
      64,
      ...u16(VENDOR),
      ...u16(product),
      ...u16(0x100),
      1,
      2,
      serial ? 3 : 0,
      1
    ],
    [0x200]: [9, 2, ...u16(length), 2, 1, 0, 0x80, 50, ...commands, ...data],
    [0x300]: [4, 3, ...u16(0x409)],
    [0x301]: text('Farport'),
    [0x302]: text('Test board'),
    ...(serial && { [0x303]: text(serial) })
  }
}

/** Resolves when it left. */
async function plug({ socket, heedsTouch, helper, ...identity }) {
  const ours = helper === undefined ? await givenToKernel(socket) : await givenToHelper(helper)
  console.log(`here ${identity.product.toString(16).padStart(4, '0')}`)
  const descriptors = descriptorsOf(identity)
  const waiting = new Set()
  let coding = Buffer.from([0x80, 0x25, 0, 0, 0, 0, 8])
  let dtr = false

  const answer = (seqnum, status, data = Buffer.alloc(0), length = data.length) => {
    const header = Buffer.alloc(HEADER)
    header.writeUInt32BE(RET_SUBMIT, 0)
    header.writeUInt32BE(seqnum, 4)
    header.writeInt32BE(status, 20)
    header.writeUInt32BE(length, 24)
    ours.write(Buffer.concat([header, data]))
  }

  /** Answers a request to endpoint 0: what goes in; undefined for one that it does not know. */
  const control = (setup, out) => {
    const [value, length] = [setup.readUInt16LE(2), setup.readUInt16LE(6)]
    switch (setup.readUInt16BE(0)) {
      case 0x8006: // GET_DESCRIPTOR
        return descriptors[value] && Buffer.from(descriptors[value]).subarray(0, length)
      case 0x8000: // GET_STATUS
        return Buffer.from([0, 0])
      case 0x0009: // SET_CONFIGURATION
      case 0x010b: // SET_INTERFACE
        return Buffer.alloc(0)
      case 0x2120: // SET_LINE_CODING
        coding = Buffer.from(out)
        console.log(`rate ${coding.readUInt32LE(0)}`)
        return Buffer.alloc(0)
      case 0xa121: // GET_LINE_CODING
        return coding
      case 0x2122: {
        // SET_CONTROL_LINE_STATE
        const drops = dtr && !(value & 1)
        dtr = !!(value & 1)
        console.log(`lines ${value & 1} ${(value >> 1) & 1}`)
        if (heedsTouch && drops && coding.readUInt32LE(0) === TOUCH_RATE) setImmediate(() => ours.destroy())
        return Buffer.alloc(0)
      }
      default:
        return undefined
    }
  }

  const submit = (packet, out) => {
    const [seqnum, direction, endpoint, length] = [4, 12, 16, 24].map((at) => packet.readUInt32BE(at))
    if (endpoint === 0) {
      const data = control(packet.subarray(40, 48), out)
      if (data === undefined) answer(seqnum, EPIPE)
      else answer(seqnum, 0, data, direction ? data.length : length)
    } else if (direction) waiting.add(seqnum)
    else answer(seqnum, 0, undefined, length)
  }

  const unlink = (packet) => {
    const header = Buffer.alloc(HEADER)
    header.writeUInt32BE(RET_UNLINK, 0)
    header.writeUInt32BE(packet.readUInt32BE(4), 4)
    header.writeInt32BE(waiting.delete(packet.readUInt32BE(20)) ? ECONNRESET : 0, 20)
    ours.write(header)
  }

  let bytes = Buffer.alloc(0)
  ours.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= HEADER) {
      const [command, direction, length] = [0, 12, 24].map((at) => bytes.readUInt32BE(at))
      const size = HEADER + (command === CMD_SUBMIT && direction === 0 ? length : 0)
      if (bytes.length < size) return
      const packet = bytes.subarray(0, size)
      bytes = bytes.subarray(size)
      if (command === CMD_SUBMIT) submit(packet, packet.subarray(HEADER))
      else if (command === CMD_UNLINK) unlink(packet)
    }
  })
  ours.on('error', () => undefined) // the kernel let go first; `close` follows
  await once(ours, 'close')
  console.log('left')
}

/** Our end of a connection whose other end the kernel has. */
async function givenToKernel(socket) {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Paused: what comes in there is the kernel's.
  const kernels = connect({ port: server.address().port, host: '127.0.0.1', noDelay: true }).pause()
  const [ours] = await once(server, 'connection')
  server.close()
  await attach(`${socket} ${kernels._handle.fd} ${0x10002 + socket} ${FULL_SPEED}`)
  kernels.destroy()
  return ours
}

/** The same by Farport's helper, whose first line is its answer. */
async function givenToHelper(path) {
  const ours = connect({ path })
  for (let said = ''; !said.endsWith('\n');) {
    const byte = ours.read(1)
    if (byte === null) await once(ours, 'readable')
    else said += byte
    if (said.endsWith('\n')) console.log(`helper ${said.trim()}`)
  }
  return ours
}

/** The kernel needs a moment until a socket that was left is free. */
async function attach(words) {
  for (let tries = 0; ; tries++)
    try {
      return writeFileSync(ATTACH, words)
    } catch (error) {
      if (error.code !== 'EBUSY' || tries > 500) throw error
      await delay(10)
    }
}

const { back, ...first } = JSON.parse(process.argv[2])
await plug({ ...first, heedsTouch: back !== undefined })
if (back?.product !== undefined) {
  while (!existsSync(back.when)) await delay(5)
  await plug({ ...first, ...back })
}
// Away for good, until it is ended.
setInterval(() => undefined, 1000)

// hub4com for tests: takes its command line, and says to the listener what the real one says at the same moments, settings before any negotiation.
// Its standard output tells what came, a line each; what it is sent there as a signal (SIGUSR1) stands for the program at the COM port.
import { connect } from 'node:net'

const IAC = 255
const [, , ...words] = process.argv
const at = /^\*?127\.0\.0\.1:(\d+)$/.exec(words.at(-1) ?? '')
const telnet = words.some((word) => word.includes('--comport=client'))
const isPort = words.some((word) => word.startsWith('\\\\.\\'))
if (!at || !telnet || !isPort) {
  process.stderr.write(`unknown option ${words.join(' ')}\r\n`)
  process.exit(2)
}

const sub = (...bytes) => [
  IAC,
  250,
  44,
  ...bytes.flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])),
  IAC,
  240
]
const socket = connect(Number(at[1]), '127.0.0.1')
socket.on('error', () => process.exit(1))
socket.on('close', () => process.exit(3))
socket.on('connect', () => {
  socket.write(
    Buffer.from([
      ...[IAC, 251, 44],
      // 57600 7E2, DTR and RTS.
      ...sub(1, 0, 0, 0xe1, 0),
      ...sub(2, 7),
      ...sub(3, 3),
      ...sub(4, 2),
      ...sub(5, 8),
      ...sub(5, 11),
      ...Buffer.from('ready'),
      ...[IAC, IAC]
    ])
  )
})
socket.on('data', (data) => {
  // The first data byte of a program's answer: `!` ends it as a crash does.
  if (data.includes(33)) {
    process.stderr.write('\\\\.\\CNCB0 ERROR: the port is gone\r\n')
    process.exit(7)
  }
  // What may be text comes back, some bytes of telnet with it.
  const plain = [...data].filter((byte) => byte >= 97 && byte <= 122)
  if (plain.length > 0) socket.write(Buffer.from(plain))
})

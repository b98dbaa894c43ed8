// The program of the port suites: what arrives at a socket is its output, its input goes there.
import { connect } from 'node:net'

const socket = connect(process.argv[2] ?? '')
process.stdin.pipe(socket)
socket.pipe(process.stdout)
socket.on('end', () => process.stdout.write('', () => process.exit(0)))
socket.on('error', () => process.exit(1))

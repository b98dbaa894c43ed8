/**
 * VMware's virtual serial ports over the network: telnet with an option of its own, 232, which a proxy understands. ESXi
 * offers it to everybody; who refuses gets plain telnet. There is no ESXi here: this is its opening, by its documentation.
 */
import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Client, farport, portOf, shared } from '../e2e/cli.ts'
import { hex } from '../hex.ts'

/** WILL and DO of 232, SUPPRESS-GO-AHEAD and BINARY, then a subnegotiation (KNOWN-SUBOPTIONS) as for a proxy. */
const OPENING = hex(
  'FF FB E8 | FF FD E8 | FF FB 03 | FF FD 03 | FF FB 00 | FF FD 00 | FF FA E8 00 01 02 FF F0'
)
const DONT_232 = Buffer.from(hex('FF FE E8'))
const WONT_232 = Buffer.from(hex('FF FC E8'))

it.each(['telnet', 'rfc2217'])('a virtual machine that dials our %s share', async (protocol) => {
  const { urls } = await shared(['sim:echo', '--listen', `${protocol}://127.0.0.1:0`])
  const machine = new Client(portOf(urls[0]!))
  machine.socket.write(OPENING)
  await eventually(() => {
    expect(machine.got.includes(DONT_232) && machine.got.includes(WONT_232)).toBe(true)
  })
  machine.socket.write('boot\r\n')
  await eventually(() => expect(machine.got.toString('latin1')).toMatch(/boot\r\n$/))
  // The device got the text alone, so it echoed nothing else.
  expect(machine.got.filter((byte) => byte === 0xe8)).toHaveLength(2)
})

it('a virtual machine that listens, dialled by us', async () => {
  let got = Buffer.alloc(0)
  let machine: Socket | undefined
  const server = createServer((socket) => {
    machine = socket
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => (got = Buffer.concat([got, bytes])))
    socket.write(OPENING)
    socket.write('login: ')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    machine?.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const ours = farport('connect', `telnet://127.0.0.1:${port}`, '--stdio')
  await ours.printed(/^login: $/)
  ours.process.stdin!.write('root\r')
  await eventually(() => expect(got.toString('latin1')).toMatch(/root\r$/))
  expect(got.includes(DONT_232) && got.includes(WONT_232)).toBe(true)
  expect(ours.stderr).toBe('')
})

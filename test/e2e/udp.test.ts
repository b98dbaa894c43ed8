import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Client, farport, portOf, shared } from './cli.ts'

async function program(port = 0): Promise<{ socket: Socket; port: number; got: () => string }> {
  const socket = createSocket('udp4')
  let got = ''
  socket.on('message', (datagram) => (got += datagram.toString('latin1')))
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { socket, port: socket.address().port, got: () => got }
}

/** A port of loopback that was free a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** As the kernel sends them: a datagram for each line, from a port of its own; the extended form has a header in front. */
const KERNEL_LINES = [
  '[   12.345678] usb 1-1: new full-speed USB device number 5 using xhci_hcd\n',
  '[   12.512201] ftdi_sio 1-1:1.0: FTDI USB Serial Device converter detected\n'
]
const EXTENDED = '6,416,1758426,-,caller=T1;netconsole: network logging started\n'

describe('farport over UDP', () => {
  it('shares a port with whoever sends a datagram', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'raw+udp://127.0.0.1:0'])
    const { socket, got } = await program()
    socket.send('hello', portOf(urls[0]!), '127.0.0.1')
    await vi.waitFor(() => expect(got()).toBe('hello'))
  })

  it('can listen on the same port again at once', async () => {
    const first = await shared(['sim:echo', '--listen', 'raw+udp://127.0.0.1:0'])
    const { socket, got } = await program()
    socket.send('one', portOf(first.urls[0]!), '127.0.0.1')
    await vi.waitFor(() => expect(got()).toBe('one'))
    await first.program.stop()
    expect((await first.program.ended).code).toBe(0)
    const again = await shared(['sim:echo', '--listen', first.urls[0]!])
    socket.send('two', portOf(again.urls[0]!), '127.0.0.1')
    await vi.waitFor(() => expect(got()).toBe('onetwo'))
  })

  it('refuses to be open to everyone unasked', async () => {
    const ended = await farport('share', 'sim:echo', '--listen', 'raw+udp://0.0.0.0:0').ended
    expect(ended.code).toBe(5)
    expect(ended.stderr).toContain('--allow')
  })

  it('tells once of a far port that nobody has, and goes on', async () => {
    const port = await freeUdpPort()
    const end = farport('connect', `raw+udp://127.0.0.1:${port}`, '--stdio')
    end.process.stdin!.write('x')
    await end.printed(/Nothing takes datagrams on 127\.0\.0\.1:\d+/, 'stderr')
    const { socket, got } = await program(port)
    socket.on('message', (_, sender) => socket.send('answer', sender.port, sender.address))
    end.process.stdin!.write('y')
    await vi.waitFor(() => expect(got()).toContain('y'))
    await end.printed(/answer/)
    expect(end.stderr.match(/Nothing takes/g)).toHaveLength(1)
  })

  it('shows kernel messages as netconsole sends them, in a terminal', async () => {
    const [local, kernel] = [await freeUdpPort(), await program()]
    const terminal = farport('terminal', `raw+udp://127.0.0.1:6665?local=${local}`)
    await vi.waitFor(async () => {
      kernel.socket.send(EXTENDED, local, '127.0.0.1')
      await terminal.printed(/netconsole: network logging started/, 'stdout', 100)
    }, 10_000)
    for (const line of KERNEL_LINES) kernel.socket.send(line, local, '127.0.0.1')
    await terminal.printed(/xhci_hcd\s+\[ +12\.512201\] ftdi_sio .*converter detected/)
  })

  it('shares kernel messages with several readers', async () => {
    const [local, kernel] = [await freeUdpPort(), await program()]
    const target = `raw+udp://127.0.0.1:6665?local=${local}`
    const { urls } = await shared([target, '--listen', 'raw://127.0.0.1:0'])
    const readers = [new Client(portOf(urls[0]!)), new Client(portOf(urls[0]!))]
    await vi.waitFor(() => {
      kernel.socket.send(EXTENDED, local, '127.0.0.1')
      for (const { got } of readers) expect(got.toString('latin1')).toContain('logging started')
    }, 10_000)
    for (const line of KERNEL_LINES) kernel.socket.send(line, local, '127.0.0.1')
    for (const reader of readers)
      await vi.waitFor(() => expect(reader.got.toString('latin1')).toContain(KERNEL_LINES.join('')))
  })
})

import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { bootSectorArguments } from './boot-sector.ts'
import { lacks } from './need.ts'

/** Ports of loopback that were free a moment ago. */
async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    sockets.push(socket)
  }
  return sockets.map((socket) => {
    const { port } = socket.address()
    socket.close()
    return port
  })
}

async function boundUdpPorts(): Promise<number[]> {
  const table = await readFile('/proc/net/udp', 'latin1')
  return [...table.matchAll(/^ *\d+: [0-9A-F]{8}:([0-9A-F]{4})/gm)].map(([, port = '']) => parseInt(port, 16))
}

const echo = async (): Promise<number> => {
  const { urls } = await shared(['sim:echo', '--listen', 'raw+udp://127.0.0.1:0'])
  return portOf(urls[0]!)
}

/** Says it until the answer comes: nobody tells when the far side is there. */
async function converse(program: Program, text: string): Promise<void> {
  await eventually(async () => {
    program.process.stdin!.write(text)
    await program.printed(new RegExp(text), 'stdout', 300)
  }, 15_000)
}

/** A line each way. */
async function talk(near: Program, far: Program): Promise<void> {
  await eventually(async () => {
    near.process.stdin!.write('there\n')
    await far.printed(/there/, 'stdout', 300)
  }, 15_000)
  far.process.stdin!.write('back\n')
  await near.printed(/back/)
}

describe.skipIf(lacks('nc'))('UDP and netcat', () => {
  it('nc -u talks to our listener', async () => {
    await converse(new Program('nc', ['-u', '127.0.0.1', String(await echo())]), 'hello')
  })

  it('nc -u -l is a server that we dial', async () => {
    const [port = 0] = await freeUdpPorts(1)
    const nc = new Program('nc', ['-u', '-l', '127.0.0.1', String(port)])
    await talk(farport('connect', `raw+udp://127.0.0.1:${port}`, '--stdio'), nc)
  })
})

describe.skipIf(lacks('socat'))('UDP and socat', () => {
  it('socat - UDP4:… talks to our listener', async () => {
    await converse(new Program('socat', ['-', `UDP4:127.0.0.1:${await echo()}`]), 'hello')
  })

  it('several of them at once each get what the device says', async () => {
    const port = await echo()
    const [first, second] = [0, 1].map(() => new Program('socat', ['-', `UDP4:127.0.0.1:${port}`]))
    await converse(first!, 'first')
    // The second one watches: its datagram makes it a client, and the first one writes.
    await eventually(async () => {
      second!.process.stdin!.write('x')
      first!.process.stdin!.write('both')
      await second!.printed(/both/, 'stdout', 300)
    }, 10_000)
  })

  it('socat UDP4-LISTEN is a server that we dial', async () => {
    const [port = 0] = await freeUdpPorts(1)
    const socat = new Program('socat', ['-', `UDP4-LISTEN:${port},bind=127.0.0.1`])
    await talk(farport('connect', `raw+udp://127.0.0.1:${port}`, '--stdio'), socat)
  })

  it.skipIf(lacks.ipv6())('socat UDP6-LISTEN is one over IPv6', async () => {
    const [port = 0] = await freeUdpPorts(1)
    const socat = new Program('socat', ['-', `UDP6-LISTEN:${port},bind=[::1]`])
    await talk(farport('connect', `raw+udp://[::1]:${port}`, '--stdio'), socat)
  })
})

describe.skipIf(lacks('qemu-system-x86_64'))('UDP and QEMU', () => {
  it('-serial udp:HOST:PORT@:LOCAL and we have each other’s port', async () => {
    const folder = temporaryFolder()
    const [ours = 0, theirs = 0] = await freeUdpPorts(2)
    const machine = await bootSectorArguments(join(folder, 'boot.img'))
    const end = farport('connect', `raw+udp://127.0.0.1:${theirs}?local=${ours}`, '--stdio')
    // QEMU reads no more once the system told it that nobody was there (udp_chr_read), so we have to be.
    await eventually(async () => expect(await boundUdpPorts()).toContain(ours))
    new Program('qemu-system-x86_64', [...machine, '-serial', `udp:127.0.0.1:${ours}@127.0.0.1:${theirs}`])
    await end.printed(/READY\r\n/)
    await converse(end, 'hello')
  })
})

/** What ser2net does to clients beyond the port itself: it refuses, rotates, and puts one out for another. */
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { shimmedPair } from './shimmed.ts'

interface Server {
  readonly device: Device
  readonly port: number
  readonly rotator: number
}

/** One device at `port` over RFC 2217, and at `rotator` over telnet as the first free one of a pool of one. */
async function ser2net(options: string): Promise<Server> {
  const cable = await shimmedPair()
  const [port, rotator] = [await freePort(), await freePort()]
  const file = `${temporaryFolder()}/ser2net.yaml`
  writeFileSync(
    file,
    `connection: &one
  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}
  connector: serialdev,${cable.a.path},9600n81,local
  options: { ${options} }
rotator: &pool
  accepter: telnet,tcp,127.0.0.1,${rotator}
  connections: [ one ]
`
  )
  new Program(programPath('ser2net'), ['-n', '-c', file])
  await accepting(rotator)
  return { device: new Device(cable.b.path), port, rotator }
}

/** Our client with the device in hand. */
async function holder({ device, port }: Server, greeting: string): Promise<Program> {
  const client = farport('connect', `rfc2217://127.0.0.1:${port}`, '--stdio')
  client.process.stdin!.write(greeting)
  await eventually(() => expect(device.got.toString()).toContain(greeting))
  return client
}

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('our client and ser2net', () => {
  it('a link to a port in use says so, and has it once it is free', async () => {
    const server = await ser2net('')
    const first = await holder(server, 'mine')
    const link = `${temporaryFolder()}/ttyFar`
    const ours = farport('connect', `rfc2217://127.0.0.1:${server.port}`, '--pty', link)
    await ours.printed(/^ready/m)
    const reader = new Program('cat', [link])
    await ours.printed(/It said: Port already in use/, 'stderr')
    await first.stop()
    await ours.printed(/port open/, 'stderr')
    server.device.write('now yours\n')
    await reader.printed(/^now yours\n/)
  })

  it('a rotator gives the free port, and its refusal is told', async () => {
    const server = await ser2net('')
    const url = `telnet://127.0.0.1:${server.rotator}`
    const first = farport('connect', url, '--stdio')
    server.device.echo()
    first.process.stdin!.write('question')
    await first.printed(/^question$/)
    const second = await farport('connect', url, '--stdio').ended
    expect(second.code).toBe(4)
    expect(second.stderr).toContain('after it said "No free port found"')
  })

  it('kickolduser: the newcomer has the port, and who was put out says that it ended', async () => {
    const server = await ser2net('kickolduser: true')
    const first = await holder(server, 'mine')
    const second = await holder(server, 'no, mine')
    expect(await first.ended).toMatchObject({ code: 4 })
    expect(first.stderr).toMatch(/: closed; start again to go on/)
    server.device.write('for the second')
    await second.printed(/^for the second$/)
  })
})

/**
 * QEMU's serial ports, each way that it has one over TCP or a terminal. The guest says READY at boot, echoes, and says BREAK
 * for a break, as a kernel does that waits for the magic SysRq.
 */
import { readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { bootSectorArguments } from './boot-sector.ts'
import { Device } from './device.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks } from './need.ts'
import { shimmedPair } from './shimmed.ts'

async function guest(...serial: string[]): Promise<Program> {
  const args = await bootSectorArguments(`${temporaryFolder()}/boot.img`)
  return new Program('qemu-system-x86_64', [...args, '-serial', ...serial])
}

/** Our terminal on the console of a guest that listens; a key pressed until the guest answers. */
async function consoleOf(url: string): Promise<Program> {
  const terminal = farport('terminal', url)
  await terminal.printed(/Connected/, 'stderr')
  await eventually(
    () => {
      terminal.process.stdin!.write('?')
      expect(terminal.stdout).toContain('?')
    },
    10_000,
    100
  )
  return terminal
}

const LISTENING = 'server=on,wait=off'

describe.skipIf(lacks('qemu-system-x86_64', 'socat', 'cc'))("QEMU's serial port on our share", () => {
  it.each(['tcp', 'telnet'])('as a client by %s: on a raw share the guest is at the device', async (form) => {
    const cable = await shimmedPair()
    const person = new Device(cable.b.path)
    const { urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
    await guest(`${form}:127.0.0.1:${portOf(urls[0]!)}`)
    await eventually(() => expect(person.got.toString('latin1')).toBe('READY\r\n'))
    person.write(Buffer.from('root\xff\xff\xf3\r', 'latin1'))
    await eventually(() => expect(person.got.toString('latin1')).toBe('READY\r\nroot\xff\xff\xf3\r'))
  })

  it('as a client by telnet: on a telnet share the guest sees our greeting, as a raw client does, and goes on', async () => {
    const cable = await shimmedPair()
    const person = new Device(cable.b.path)
    const { urls } = await shared([cable.a.path, '--listen', 'telnet://127.0.0.1:0'])
    await guest(`telnet:127.0.0.1:${portOf(urls[0]!)}`)
    await eventually(() => expect(person.got.toString('latin1')).toMatch(/^READY\r\n/))
    person.write('root\r')
    await eventually(() => expect(person.got.toString('latin1')).toMatch(/root\r$/))
  })

  it('on the terminal of our link: the guest sets the far device', async () => {
    const cable = await shimmedPair()
    const person = new Device(cable.b.path)
    const { urls } = await shared([cable.a.path, '-b', '9600', '--listen', 'rfc2217://127.0.0.1:0'])
    const link = `${temporaryFolder()}/ttyFar`
    await farport('connect', urls[0]!, '--pty', link).printed(/^ready/m)
    await guest(readlinkSync(link))
    await eventually(() => expect(person.got.toString('latin1')).toBe('READY\r\n'))
    expect(cable.a.settings).toMatchObject({ baudRate: 115_200, stopBits: 1 })
    person.write('root\r')
    await eventually(() => expect(person.got.toString('latin1')).toBe('READY\r\nroot\r'))
  })
})

describe.skipIf(lacks('qemu-system-x86_64'))("QEMU's serial port, dialled by us", () => {
  // The guest echoes all that it gets: a negotiation that QEMU did not understand would come back as well.
  const CLEAN = /^(READY\r\n)?\?+login$/

  it.each([
    ['tcp', 'raw'],
    ['telnet', 'telnet']
  ])('%s with server=on: nothing but what is typed gets into the guest', async (form, protocol) => {
    const port = await freePort()
    await guest(`${form}:127.0.0.1:${port},${LISTENING}`)
    await accepting(port)
    const terminal = await consoleOf(`${protocol}://127.0.0.1:${port}`)
    terminal.process.stdin!.write('login')
    await terminal.printed(CLEAN)
  })

  it('telnet with server=on, shared again: a break from a client arrives in the guest', async () => {
    const port = await freePort()
    await guest(`telnet:127.0.0.1:${port},${LISTENING}`)
    await accepting(port)
    const { urls } = await shared([
      ...[`telnet://127.0.0.1:${port}`, '--writers', 'all', '--listen', 'rfc2217://127.0.0.1:0']
    ])
    const terminal = await consoleOf(urls[0]!)
    expect(await farport('send', urls[0]!, '--break').ended).toMatchObject({ code: 0, stderr: '' })
    await terminal.printed(/\?BREAK\r\n/)
  })
})

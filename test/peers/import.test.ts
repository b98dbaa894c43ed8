/**
 * `farport import`: one file of ser2net's, run by ser2net first and by Farport after the import, on the same ports and devices, with
 * the same client. What ser2net does differently from its manual stands in base/text-escapes.ts.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Client, Program, temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { Device } from './device.ts'
import { freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { shimmedPair } from './shimmed.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** WILL 44, then: which speed, size, parity and stop bits? And who are you? */
const QUESTIONS = hex('fffb2c fffa2c0100000000fff0 fffa2c0200fff0 fffa2c0300fff0 fffa2c0400fff0 fffa2c00fff0')

async function hasGot(what: { readonly got: Buffer }, text: string): Promise<void> {
  await eventually(() => expect(what.got.toString('latin1')).toContain(text), 10_000)
}

async function listens(ports: readonly number[]): Promise<void> {
  await eventually(() => {
    const tables = readFileSync('/proc/net/tcp', 'latin1') + readFileSync('/proc/net/tcp6', 'latin1')
    for (const port of ports)
      expect(tables).toMatch(new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 0+:0000 0A`))
  }, 10_000)
}

/** The answers to QUESTIONS, in hex, by what was asked. */
function answers(got: Buffer): string[] {
  return [...got.toString('hex').matchAll(/fffa2c(6[4-9a-f].*?)fff0/g)].map(([, answer = '']) => answer)
}

interface Rig {
  readonly ports: Readonly<Record<string, number>>
  readonly devices: Readonly<Record<string, Device>>
  readonly folder: string
}

async function session(port: number, device: Device, say: string): Promise<Client> {
  const client = new Client(port)
  const before = device.size
  client.socket.write(say)
  await eventually(() => expect(device.got.subarray(before).toString('latin1')).toContain(say), 10_000)
  return client
}

async function leave(client: Client): Promise<void> {
  client.socket.end()
  await eventually(() => expect(client.socket.closed).toBe(true), 10_000)
}

/** What a client and a device see of everything, in order. */
async function script(rig: Rig, ending: string): Promise<unknown> {
  const { ports, devices, folder } = rig
  const board = devices.board!
  const box = devices.box!
  const seen: Record<string, unknown> = {}
  for (const name of ['slow', 'fast']) {
    const client = await session(ports[name]!, board, `hello ${name}`)
    client.socket.write(QUESTIONS)
    await eventually(() => expect(answers(client.got).length).toBeGreaterThanOrEqual(5), 10_000)
    board.write(`back to ${name}\n`)
    await hasGot(client, `back to ${name}`)
    const text = client.got.toString('latin1')
    seen[name] = {
      // Modem and line states come when they come, and ser2net says who it is before it knows its line.
      answers: answers(client.got)
        .filter((each) => !/^6[ab]/.test(each))
        .toSorted(),
      greeting: text.includes(`on ${name} of \xfe\r\n`),
      said: text.includes(`back to ${name}\n`)
    }
    await leave(client)
  }
  const client = await session(ports.raw!, box, 'start')
  box.write('$ log')
  await hasGot(client, '$ log')
  box.write(`out${ending}`)
  await eventually(() => expect(client.socket.readableEnded).toBe(true), 10_000)
  seen.raw = client.got.toString('latin1')
  await hasGot(box, 'ATH\r')
  seen.device = box.got.toString('latin1')
  const again = await session(ports.many!, box, 'one')
  const second = new Client(ports.many!)
  second.socket.write('two')
  await hasGot(box, 'two')
  box.write('for both')
  await hasGot(again, 'for both')
  await hasGot(second, 'for both')
  seen.many = [again.got.toString('latin1'), second.got.toString('latin1')]
  await leave(again)
  await leave(second)
  const isOff = new Client(ports.off!)
  await eventually(() => expect(isOff.socket.closed || isOff.socket.errored).toBeTruthy(), 10_000)
  const read = (name: string): string => readFileSync(join(folder, name), 'latin1')
  await eventually(() => expect(read('raw-read')).toContain(`logout${ending}`), 10_000)
  seen.traces = Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]))
  return seen
}

/** `ending`: of the text that ends a connection; in ser2net 4.3.11 one of a .conf must not end with an escape. */
async function both(
  name: string,
  ending: string,
  text: (ports: Readonly<Record<string, number>>, board: string, box: string, folder: string) => string
): Promise<{ theirs: unknown; ours: unknown }> {
  const file = join(temporaryFolder(), name)
  const folder = temporaryFolder()
  const ports: Record<string, number> = {}
  for (const each of ['slow', 'fast', 'raw', 'many', 'off']) ports[each] = await freePort()
  const listening = Object.entries(ports).flatMap(([each, port]) => (each === 'off' ? [] : [port]))
  const results: unknown[] = []
  for (const isOurs of [false, true]) {
    const [one, two] = [await shimmedPair(), await shimmedPair()]
    writeFileSync(file, text(ports, one.a.path, two.a.path, folder))
    const home = new InstanceHome()
    const rig = { ports, folder, devices: { board: new Device(one.b.path), box: new Device(two.b.path) } }
    let program
    if (isOurs) {
      home.write({})
      const { code, stdout, stderr } = await home.farport('import', file).ended
      expect([code, stderr], stdout).toEqual([0, expect.stringMatching(/Imported \d shares/)])
      program = await home.serve()
    } else program = new Program(programPath('ser2net'), ['-n', '-c', file])
    await listens(listening)
    results.push(await script(rig, ending))
    await program.stop()
    for (const each of readdirSync(folder)) rmSync(join(folder, each))
  }
  return { theirs: results[0], ours: results[1] }
}

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('a file of ser2net’s, by ser2net and by us', () => {
  it('ser2net.yaml: settings, texts, traces, several clients, what is off', async () => {
    const { theirs, ours } = await both(
      'ser2net.yaml',
      '\r\n',
      (ports, board, box, folder) =>
        String.raw`%YAML 1.1
---
define: &greeting 'on \N of \376\r\n'
define: &board ${board}
default:
  name: local
  value: true
  class: serialdev
connection: &slow
  accepter: telnet(rfc2217),tcp,localhost,${ports.slow}
  connector: serialdev,*(board),9600e71
  timeout: 600
  options:
    banner: *greeting
    signature: 'box \d'
connection: &fast
  accepter: telnet(rfc2217),tcp,127.0.0.1,${ports.fast}
  connector: serialdev,
      ${board},
      57600n82
  timeout: 600
  options:
    banner: *greeting
    signature: 'box \d'
connection: &raw
  accepter: tcp,127.0.0.1,${ports.raw}
  connector: serialdev,${box},9600n81
  options:
    openstr: 'AT\r[\N]'
    closestr: 'ATH\r'
    closeon: 'log\x6fut\r\n'
    trace-read: '${folder}/\N-read'
    trace-write: ${folder}/raw-write
    trace-both: ${folder}/raw-both
    trace-both-hexdump: true
connection: &many
  accepter: tcp,127.0.0.1,${ports.many}
  connector: serialdev,${box},9600n81,local=false
  options: {max-connections: 2}
connection: &off
  accepter: tcp,127.0.0.1,${ports.off}
  enable: off
  connector: serialdev,${box},9600n81
`
    )
    expect(theirs).toMatchObject({ slow: { said: true, greeting: true }, many: ['for both', 'for both'] })
    expect(ours).toEqual(theirs)
  }, 60_000)

  it('ser2net.conf: continued texts, names, one device with two settings', async () => {
    const { theirs, ours } = await both(
      'ser2net.conf',
      '',
      (ports, board, box, folder) =>
        String.raw`# consoles
BANNER:slow:on slow \
of \376\r\n
BANNER:fast:on fast of \376\r\n
SIGNATURE:who:box \d
OPENSTR:begin:AT\r
CLOSESTR:end:ATH\r
CLOSEON:bye:logout
TRACEFILE:r:${folder}/raw-read
TRACEFILE:b:${folder}/raw-both
DEVICE:board:${board}
DEFAULT:local:true
localhost,${ports.slow}:telnet:600:board:9600 EVEN 7DATABITS 1STOPBIT remctl slow who
127.0.0.1,${ports.fast}:telnet:600:board:57600 NONE 8DATABITS 2STOPBITS remctl fast who
127.0.0.1,${ports.raw}:raw:0:${box}:9600 8DATABITS NONE 1STOPBIT begin end bye tr=r tb=b trace-both-hexdump
127.0.0.1,${ports.many}:raw:0:${box}:9600 max-connections=2
127.0.0.1,${ports.off}:off:0:${box}:9600
`
    )
    expect(theirs).toMatchObject({ slow: { said: true, greeting: true }, many: ['for both', 'for both'] })
    expect(ours).toEqual(theirs)
  }, 60_000)
})

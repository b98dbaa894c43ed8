/**
 * socat as people have it in their start scripts: a PTY that reaches a raw port, a raw port that is a device; and the same
 * with ours in its place.
 */
import { existsSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { freePort } from './free-port.ts'
import { lacks } from './need.ts'
import { shimmedPair } from './shimmed.ts'

/** Root may give it to any group, others to their own. */
const GROUP = process.getuid?.() === 0 ? 1 : (process.getgid?.() ?? 0)
const USER = process.getuid?.() ?? 0
const RIGHTS = `user=${USER},group=${GROUP},mode=660`

/** A vendor's tool: opens the port, sets it, asks, hears the answer, closes it. */
async function vendorTool(link: string, question: string, answer: string): Promise<void> {
  const script = `exec 3<>"$1"; stty raw -echo 19200 <&3; printf %s "$2" >&3; head -c ${answer.length} <&3`
  const ended = await new Program('bash', ['-c', script, 'bash', link, question]).ended
  expect(ended).toMatchObject({ code: 0, stderr: '', stdout: answer })
}

async function threeTimes(
  link: string,
  device: Device,
  between = (): Promise<unknown> => Promise.resolve()
): Promise<void> {
  device.echo()
  for (const question of ['first', 'second', 'third']) {
    await vendorTool(link, question, question)
    await between()
  }
  expect(device.got.toString()).toBe('firstsecondthird')
}

function expectRights(path: string): void {
  expect(statSync(path)).toMatchObject({ uid: USER, gid: GROUP })
  expect(statSync(path).mode & 0o777).toBe(0o660)
}

interface Served {
  readonly device: Device
  readonly port: number
  readonly ours: Program
}

async function served(): Promise<Served> {
  const cable = await shimmedPair()
  const { urls, program } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
  return { device: new Device(cable.b.path), port: portOf(urls[0]!), ours: program }
}

async function socatPty(options: string, port: number): Promise<{ socat: Program; link: string }> {
  const link = `${temporaryFolder()}/lio0`
  const socat = new Program('socat', [`pty,link=${link},${options}`, `tcp:127.0.0.1:${port}`])
  await eventually(() => expect(existsSync(link)).toBe(true))
  return { socat, link }
}

describe.skipIf(lacks('socat', 'cc'))("socat's PTY on our share", () => {
  it.each([
    ['raw and echo=0', 'raw,echo=0'],
    ['user, group, mode, nonblock, raw and ignoreeof', `${RIGHTS},nonblock,raw,ignoreeof`]
  ])('with %s: a program opens it again and again', async (_, options) => {
    const { device, port } = await served()
    const { link } = await socatPty(options, port)
    if (options.startsWith(RIGHTS)) expectRights(link)
    await threeTimes(link, device)
  })

  it('waitslave: the device here is opened only when a program there opens the port', async () => {
    const { device, port, ours } = await served()
    device.echo()
    for (const times of [0, 1]) {
      const { socat, link } = await socatPty('raw,waitslave,pty-interval=0.05', port)
      expect(ours.stderr.match(/port open/g) ?? []).toHaveLength(times)
      await vendorTool(link, 'question', 'question')
      await socat.ended
    }
    expect(device.got.toString()).toBe('questionquestion')
  })
})

describe.skipIf(lacks('socat', 'cc'))('our link in place of a PTY of socat', () => {
  const rights = ['--mode', '660', '--user', String(USER), '--group', String(GROUP)]

  it('on our share: a program opens it again and again', async () => {
    const { device, port } = await served()
    const link = `${temporaryFolder()}/lio0`
    await farport('connect', `raw://127.0.0.1:${port}`, '--pty', link, ...rights).printed(/^ready/m)
    expectRights(link)
    await threeTimes(link, device)
    expectRights(link)
  })

  it('on socat tcp-l:PORT,fork,keepalive,nodelay,reuseaddr DEVICE,b115200,raw', async () => {
    const cable = await shimmedPair()
    const port = await freePort()
    const listener = `tcp-l:${port},bind=127.0.0.1,fork,keepalive,nodelay,reuseaddr`
    const socat = new Program('socat', ['-d', '-d', listener, `${cable.a.path},b115200,raw`])
    await socat.printed(/listening/, 'stderr')
    const link = `${temporaryFolder()}/lio0`
    await farport('connect', `raw://127.0.0.1:${port}`, '--pty', link).printed(/^ready/m)
    const device = new Device(cable.b.path)
    const reader = new Program('cat', [link])
    await eventually(() => {
      device.write('boot\n')
      expect(reader.stdout).toContain('boot')
    })
    expect(cable.a.settings).toMatchObject({ baudRate: 115_200 })
    await reader.stop()
    // Each child of socat reads the device 0.5 s longer than its client stays, and would take the next one's answer.
    let gone = 0
    const childGone = (): Promise<unknown> => {
      gone += 1
      return socat.printed(new RegExp(`(exiting with status[^]*){${gone}}`), 'stderr')
    }
    await childGone()
    await threeTimes(link, device, childGone)
  })
})

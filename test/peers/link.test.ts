import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, shared, temporaryFolder } from '../e2e/cli.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'
import { Device } from './device.ts'
import { PYTHON, lacks } from './need.ts'

/** Root may give it to any group, others to their own. */
const GROUP = process.getuid?.() === 0 ? 1 : (process.getgid?.() ?? 0)

interface LinkedDevice {
  readonly cable: ShimmedPair
  readonly device: Device
  readonly link: string
  readonly ours: Program
}

/** A device, shared at 4800 8N1 over RFC 2217, and a link to it here: two of ours, end to end. */
async function linked(...options: string[]): Promise<LinkedDevice> {
  const cable = await makeShimmedPair()
  onTestFinished(() => cable.dispose())
  const { urls } = await shared([cable.a.path, '-b', '4800', '--listen', 'rfc2217://127.0.0.1:0'])
  const link = `${temporaryFolder()}/ttyFar`
  const ours = farport('connect', urls[0]!, '--pty', link, ...options)
  await ours.printed(/^ready .*ttyFar$/m)
  return { cable, device: new Device(cable.b.path), link, ours }
}

describe.skipIf(lacks('socat', 'cc'))('a link used by programs', () => {
  it('shows a program that sets nothing the far port as it is', async () => {
    const { cable, device, link } = await linked()
    const cat = new Program('cat', [link])
    await eventually(() => expect(cable.a.settings.baudRate).toBe(4800))
    const before = cable.log().filter(({ call }) => call === 'TCSETS2').length
    device.write('$GPGGA\r\n')
    await cat.printed(/\$GPGGA/)
    expect((await new Program('stty', ['-F', link]).ended).stdout).toMatch(/speed 4800 baud/)
    expect(cable.log().filter(({ call }) => call === 'TCSETS2')).toHaveLength(before)
  })

  it('stty: a setting reaches the far device while another program has the link open', async () => {
    const { cable, device, link } = await linked()
    const cat = new Program('cat', [link])
    device.write('hello\n')
    await cat.printed(/hello/)
    expect((await new Program('stty', ['-F', link, '19200', 'cstopb', 'crtscts']).ended).code).toBe(0)
    await eventually(() =>
      expect(cable.a.settings).toMatchObject({ baudRate: 19_200, stopBits: 2, flowControl: 'rtscts' })
    )
  })

  it('stty first, the program afterwards: the setting holds, as on a real port', async () => {
    const { cable, device, link, ours } = await linked()
    expect((await new Program('stty', ['-F', link, '19200']).ended).code).toBe(0)
    await ours.printed(/program closed/, 'stderr')
    const cat = new Program('cat', [link])
    await eventually(() => {
      device.write('at 19200\n')
      expect(cat.stdout).toContain('at 19200')
    })
    // What the device says on its own does not wait for the far port's settings.
    await eventually(() => expect(cable.a.settings.baudRate).toBe(19_200))
    // The next program finds the far port as it is again: at the share's own rate.
    await cat.stop()
    await ours.printed(/(program closed[^]*){2}/, 'stderr')
    const next = new Program('cat', [link])
    await eventually(() => {
      device.write('at 4800\n')
      expect(next.stdout).toContain('at 4800')
    })
    await eventually(() => expect(cable.a.settings.baudRate).toBe(4800))
  })

  it('carries parity and data bits as options of the link', async () => {
    const { cable, link } = await linked('--line', '7E1')
    new Program('cat', [link])
    await eventually(() => expect(cable.a.state).toMatchObject({ dataBits: 7, parity: 'even' }))
  })

  it('gives the virtual port the mode and owner asked for', async () => {
    const { link } = await linked('--mode', '0660', '--group', String(GROUP))
    expect(statSync(link)).toMatchObject({ gid: GROUP })
    expect(statSync(link).mode & 0o777).toBe(0o660)
  })

  it('loses nothing of what a program writes and closes at once, and removes its link at the end', async () => {
    const { device, link, ours } = await linked()
    await new Program('sh', ['-c', 'echo quick > "$0"', link]).ended
    await eventually(() => expect(device.got.toString()).toContain('quick\n'))
    expect(readlinkSync(link)).toMatch(/^\/dev\/pts\//)
    await ours.stop()
    expect(await ours.ended).toMatchObject({ code: 0 })
    expect(() => lstatSync(link)).toThrow('ENOENT')
  })
})

describe.skipIf(lacks('pyserial', 'socat', 'cc'))('a link used by pyserial', () => {
  it('follows its settings in the middle of a conversation', async () => {
    const { cable, device, link } = await linked()
    device.echo()
    const python = new Program(PYTHON, [`${import.meta.dirname}/pyserial-link.py`, link])
    await python.printed(/set/)
    expect(cable.a.settings).toMatchObject({ baudRate: 250_000, stopBits: 1 })
    python.process.stdin!.end('\n')
    const ended = await python.ended
    expect(ended.stderr).toBe('')
    expect(JSON.parse(ended.stdout.split('\n')[1]!)).toEqual([
      'one at 57600 2 stop bits\r\n',
      'two at 250000\r\n'
    ])
  })
})

describe.skipIf(lacks('minicom', 'script', 'socat', 'cc'))('a link used by minicom', () => {
  it('talks both ways at the rate that minicom sets', async () => {
    const { cable, device, link } = await linked()
    const minicom = new Program('script', ['-qec', `minicom -o -b 38400 -D ${link}`, '/dev/null'], {
      env: { TERM: 'vt100', HOME: temporaryFolder() }
    })
    await eventually(() => expect(cable.a.settings.baudRate).toBe(38_400))
    device.write('hello minicom\r\n')
    await minicom.printed(/hello minicom/)
    minicom.process.stdin!.write('typed')
    await eventually(() => expect(device.got.toString()).toContain('typed'))
    minicom.process.stdin!.write('\x01x\r')
    await minicom.ended
  })
})

/** C-Kermit 10: a console on our shares, a serial program on our link, and a file from one end to the other. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { lacks } from './need.ts'
import { payload } from './payload.ts'
import { breaksOf, shimmedPair } from './shimmed.ts'

/** Runs the lines given, without a terminal and without anybody's own init file; exits with 1 where a line fails. */
function kermit(folder: string, ...lines: readonly string[]): Program {
  const script = ['set input echo off', 'set take error on', ...lines, 'exit 0']
  const file = `${folder}/script-${script.join().length}.ksc`
  writeFileSync(file, `${script.join('\n')}\n`)
  const program = new Program('kermit', [file, '-Y', '-H', '-B'], { cwd: folder })
  program.process.stdin!.end()
  return program
}

/** Says `text` and waits until it comes back. */
const echoed = (text: string): readonly string[] => [`lineout ${text}`, `input 5 ${text}`, 'if fail exit 4']

describe.skipIf(lacks('kermit', 'socat', 'cc'))('our server and C-Kermit', () => {
  it.each([
    ['raw', '/raw-socket'],
    ['telnet', '/telnet'],
    ['rfc2217', '/telnet']
  ])('talks both ways over %s', async (protocol, how) => {
    const cable = await shimmedPair()
    // As on its own lines: it has no connection without a carrier, or it is told not to look (carrier-watch off).
    cable.a.state.setModem({ dcd: true })
    const device = new Device(cable.b.path)
    device.echo()
    const { urls } = await shared([cable.a.path, '--listen', `${protocol}://127.0.0.1:0`])
    const host = `set host 127.0.0.1 ${portOf(urls[0]!)} ${how}`
    const ended = await kermit(temporaryFolder(), host, ...echoed('console'), ...echoed('again')).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(device.got.toString()).toBe('console\ragain\r')
  })

  it('sets the far port over RFC 2217, and sends a break', async () => {
    const cable = await shimmedPair()
    new Device(cable.b.path).echo()
    const { urls } = await shared([
      cable.a.path,
      '-b',
      '9600',
      '--listen',
      'rfc2217://127.0.0.1:0',
      '--keep-settings'
    ])
    const ended = await kermit(
      temporaryFolder(),
      'set telopt com-port-control required',
      'set carrier-watch off',
      `set host 127.0.0.1 ${portOf(urls[0]!)} /telnet`,
      'set flow none',
      'set speed 57600',
      'set parity hardware even',
      'set stop-bits 2',
      'output \\B',
      ...echoed('set'),
      'show communications'
    ).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(/Signature +: Farport\s+Speed +: 57600/)
    expect(ended.stdout).toMatch(/Parity +: even\s+Data Size +: 8\s+Stop Bits +: 2/)
    expect(cable.a.settings).toMatchObject({ baudRate: 57_600, stopBits: 2, flowControl: 'none' })
    expect(cable.a.state).toMatchObject({ dataBits: 8, parity: 'even' })
    expect(breaksOf(cable)).toBe(1)
  })
})

describe.skipIf(lacks('kermit', 'socat', 'cc'))('C-Kermit on a link', () => {
  it('takes the link as its line and sends a file to C-Kermit on the console of the other computer', async () => {
    const cable = await shimmedPair()
    const folder = temporaryFolder()
    const sent = payload(100_000)
    writeFileSync(`${folder}/sent.bin`, sent)
    const near = await shared([cable.a.path, '--keep-settings', '--listen', 'rfc2217://127.0.0.1:0'])
    const far = await shared([cable.b.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const link = `${folder}/ttyFar`
    await farport('connect', near.urls[0]!, '--pty', link).printed(/^ready/m)
    const quiet = ['set transfer display none', 'set file type binary', 'set flow none']
    const receiving = kermit(
      folder,
      ...quiet,
      'set carrier-watch off',
      `set host 127.0.0.1 ${portOf(far.urls[0]!)} /telnet`,
      'receive got.bin',
      'if fail exit 5'
    )
    const sending = await kermit(
      folder,
      ...quiet,
      'set carrier-watch off',
      `set line ${link}`,
      'set speed 57600',
      'send sent.bin',
      'if fail exit 6'
    ).ended
    expect(sending).toMatchObject({ code: 0, stderr: '' })
    expect(await receiving.ended).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(`${folder}/got.bin`).equals(sent)).toBe(true)
    expect(cable.a.settings).toMatchObject({ baudRate: 57_600 })
  })
})

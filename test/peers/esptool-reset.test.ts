import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, shared } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { lineCalls } from './line-calls.ts'
import { PYTHON, lacks } from './need.ts'
import { shimmedPair } from './shimmed.ts'

const SCRIPT = `${import.meta.dirname}/pyserial-esptool-reset.py`

describe.skipIf(lacks('pyserial', 'socat', 'cc'))("pyserial playing esptool's reset over RFC 2217", () => {
  it('reaches the board in exactly that order, with its times', async () => {
    const cable = await shimmedPair()
    const device = new Device(cable.b.path)
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const python = new Program(PYTHON, [SCRIPT, urls[0]!])
    await eventually(() => expect(device.got.toString()).toBe('ready'))
    const before = lineCalls(cable).length
    python.process.stdin!.write('\n')
    await python.printed(/\{.*\}\n/)
    const download = lineCalls(cable).slice(before)
    expect(download).toEqual(['dtr off', 'rts on', 'dtr on', 'rts off', 'dtr off'])
    expect(cable.a.state).toMatchObject({ dtr: false, rts: false })
    python.process.stdin!.write('\n')
    const [line] = await python.printed(/\[.*\]/)
    expect(lineCalls(cable).slice(before + download.length)).toEqual(['rts on', 'rts off'])
    const [classic = 0, hard = 0] = JSON.parse(line) as number[]
    // The waits are the client's own: each level is in force before the next wait begins, so none of them is shorter.
    expect(classic).toBeGreaterThanOrEqual(0.15)
    expect(hard).toBeGreaterThanOrEqual(0.1)
    // pyserial looks for each of 5 answers every 50 ms.
    expect(classic).toBeLessThan(2)
    await eventually(() => expect(device.got.toString()).toBe('readydone'))
    python.process.stdin!.end('\n')
    expect(await python.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('is answered and not driven where the lines are never to be touched', async () => {
    const cable = await shimmedPair()
    const device = new Device(cable.b.path)
    const { urls } = await shared([cable.a.path, '--never-reset', '--listen', 'rfc2217://127.0.0.1:0'])
    const python = new Program(PYTHON, [SCRIPT, urls[0]!])
    await eventually(() => expect(device.got.toString()).toBe('ready'))
    python.process.stdin!.write('\n')
    const [line] = await python.printed(/\{.*\}\n/)
    expect(JSON.parse(line)).toEqual({ dtr: false, rts: false })
    python.process.stdin!.write('\n')
    await python.printed(/\[.*\]/)
    python.process.stdin!.end('\n')
    expect(await python.ended).toMatchObject({ code: 0, stderr: '' })
    expect(lineCalls(cable)).toEqual([])
    expect(cable.a.state).toMatchObject({ dtr: true, rts: true })
  })
})

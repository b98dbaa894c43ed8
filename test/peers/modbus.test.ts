import { describe, expect, it } from 'vitest'
import { Program, farport, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { PYTHON, lacks, programPath } from './need.ts'

describe.skipIf(lacks('pymodbus', 'serial_asyncio'))('our Modbus device and pymodbus over raw TCP', () => {
  it.each([
    ['rtu', 'sim:modbus'],
    ['ascii', 'sim:modbus-ascii']
  ])('as %s: reads, writes, masks, is refused and told who answers', async (framing, device) => {
    const { urls } = await shared([device, '--listen', 'raw://127.0.0.1:0'])
    const client = new Program(PYTHON, [
      `${import.meta.dirname}/modbus-client.py`,
      String(portOf(urls[0]!)),
      framing
    ])
    const ended = await client.ended
    expect(ended.stderr).toBe('')
    const seen = JSON.parse(ended.stdout) as Record<string, unknown>
    expect(seen).toMatchObject({
      written: [1, 123],
      holding: [215, ...Array.from({ length: 123 }, (_, at) => at), 0],
      'coils written': 1800,
      coils: [false, false, false, true, false, true, true, false, true],
      discrete: false,
      coil: true,
      lamp: true,
      register: 0x12,
      mask: 22,
      masked: [0x17, 4711],
      'no such address': 2,
      identity: ['Farport', 'SIM-MODBUS', '1']
    })
  })
})

describe.skipIf(lacks('mbpoll'))('our Modbus device and mbpoll on our virtual port', () => {
  it('reads, writes and asks for the name, by RTU at 19200 8E1', async () => {
    const { urls } = await shared(['sim:modbus?unit=17', '--listen', 'rfc2217://127.0.0.1:0'])
    const link = `${temporaryFolder()}/ttyModbus`
    // A virtual port carries no parity: the link is told.
    const ours = farport('connect', urls[0]!, '--pty', link, '--line', '8E1', '--hold')
    await ours.printed(/ready /)
    const mbpoll = async (...args: string[]): Promise<string> => {
      const common = ['-m', 'rtu', '-b', '19200', '-P', 'even', '-a', '17', '-o', '5', '-0', '-1']
      const { code, stdout, stderr } = await new Program(programPath('mbpoll'), [...common, ...args]).ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      return stdout
    }
    expect(await mbpoll('-t', '4', '-r', '20', link, '4711', '4712')).toContain('Written 2 references')
    expect(await mbpoll('-t', '4', '-r', '20', '-c', '2', link)).toMatch(/\[20\]:\s+4711\s+\[21\]:\s+4712/)
    expect(await mbpoll('-t', '3', '-r', '0', '-c', '1', link)).toMatch(/\[0\]:\s+2[12]\d/)
    expect(await mbpoll('-u', link)).toContain('Farport SIM-MODBUS')
    await ours.stop()
  })
})

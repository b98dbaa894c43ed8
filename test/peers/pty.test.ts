/** Programs that people really use, on a virtual port: what they set and send arrives, and what they get is right. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PtyRig, until } from '../sessions/pty-rig.ts'
import { lacks, programPath, PYTHON } from './need.ts'

const run = promisify(execFile)

let rig: PtyRig

beforeEach(() => {
  rig = new PtyRig()
})

afterEach(async () => {
  await rig.dispose()
})

describe.skipIf(lacks('pyserial'))('pyserial on a virtual port', () => {
  const python = async (program: string): Promise<string> =>
    (await run(PYTHON, ['-c', `import serial\n${program}`, rig.link], { timeout: 20_000 })).stdout

  it('sets what it opens with, in front of its data, and talks', async () => {
    rig.open({
      greet: (visit) => {
        visit.tell({ baudRate: 4800 })
        visit.session.onData((chunk) => visit.session.write(chunk))
      }
    })
    const output = await python(`
import sys
port = serial.Serial(sys.argv[1], 250000, stopbits=2, rtscts=True, timeout=5, exclusive=True)
port.write(bytes(range(256)))
print(port.read(256) == bytes(range(256)))
port.baudrate = 74880
port.write(b"x")
print(port.read(1))
port.close()
`)
    expect(output).toBe("True\nb'x'\n")
    const [visit] = rig.visits
    await until(() => visit!.closed)
    expect(visit!.data).toHaveLength(257)
    const wishes = Object.assign({}, ...visit!.wishes.slice(0, -1)) as object
    expect(wishes).toMatchObject({ baudRate: 250_000, stopBits: 2, flowControl: 'rtscts' })
    expect(visit!.wishes.at(-1)).toEqual({ baudRate: 74_880 })
    const kinds = visit!.log.map((entry) => entry.split(' ')[0])
    expect(kinds.indexOf('apply')).toBeLessThan(kinds.indexOf('data'))
    expect(visit!.log.at(-2)).toBe('data 1')
  })

  it('purges by reset_input_buffer and reset_output_buffer', async () => {
    rig.open()
    await python(`
import sys
port = serial.Serial(sys.argv[1], 9600)
port.reset_input_buffer()
port.write(b"between")
import time
time.sleep(0.1)
port.reset_output_buffer()
port.close()
`)
    const visit = await rig.visit()
    await until(() => visit.closed)
    expect(visit.purges.at(0)).toBe('receive')
    expect(visit.purges.at(-1)).toBe('transmit')
  })

  it('sends one megabyte to a slow reader and loses nothing', async () => {
    rig.open({
      greet: (visit) => {
        visit.session.onData(() => {
          visit.session.pause()
          setImmediate(() => {
            visit.session.resume()
          })
        })
      }
    })
    await python(`
import sys
port = serial.Serial(sys.argv[1], 115200)
port.write(bytes(i * 7 & 255 for i in range(1 << 20)))
port.close()
`)
    const visit = await rig.visit()
    await until(() => visit.closed)
    const expected = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 7) & 255))
    expect(visit.data.equals(expected)).toBe(true)
  })
})

describe.skipIf(lacks('socat'))('socat on a virtual port', () => {
  it('reads to its end what a device sent', async () => {
    rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
    const reading = run(programPath('socat'), ['-u', `${rig.link},raw,b19200,readbytes=5`, '-'])
    const visit = await rig.visit()
    await until(() => visit.wishes.length > 0)
    visit.session.write(Buffer.from('hello'))
    expect((await reading).stdout).toBe('hello')
    await until(() => visit.closed)
    expect(visit.wishes).toHaveLength(1)
    expect(visit.wishes[0]).toMatchObject({ baudRate: 19_200 })
  })
})

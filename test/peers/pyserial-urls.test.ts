/** pyserial's further forms of a URL on our share and our link: options that change what it asks and waits for. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Program, farport, shared, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { PYTHON, lacks } from './need.ts'
import { shimmedPair } from './shimmed.ts'

describe.skipIf(lacks('pyserial', 'python3', 'socat', 'cc'))("our server and pyserial's URLs", () => {
  it('ign_set_control, poll_modem, spy:// on a link, and one opened again and again', async () => {
    const cable = await shimmedPair()
    new Device(cable.b.path).echo()
    cable.a.state.setModem({ cts: true, dsr: false, ri: false, dcd: true })
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const folder = temporaryFolder()
    const [link, spied] = [`${folder}/ttyFar`, `${folder}/spied`]
    await farport('connect', urls[0]!, '--pty', link).printed(/^ready/m)
    const python = new Program(PYTHON, [`${import.meta.dirname}/pyserial-urls.py`, urls[0]!, link, spied])
    await python.printed(/changing/)
    cable.a.state.setModem({ cts: false, dsr: true })
    python.process.stdin!.end('\n')
    const ended = await python.ended
    expect(ended.stderr).toBe('')
    expect(JSON.parse(ended.stdout.split('\n')[1]!)).toEqual({
      ign_set_control: 'ignoring',
      poll_modem: [true, false, false, true],
      polled: [false, true, false, true],
      spy: 'spied',
      once: 'once',
      twice: 'twice'
    })
    expect(readFileSync(spied, 'utf8')).toMatch(/TX[^]*73 70 69 65 64[^]*RX[^]*73 70 69 65 64/)
  })
})

/**
 * The Cyclades client brings a port of a terminal server here as a local device; here it is one of ours. Its
 * pauses are its own: 2 s before it speaks, 0.2 s behind every answer.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, portOf, shared, temporaryFolder } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { OWN_MOUNTS, PYTHON, lacks, lacksOwnMounts, programPath } from './need.ts'
import { breaksOf, shimmedPair } from './shimmed.ts'

/** Where Debian puts them. */
const LIBRARY = '/usr/lib/libcyclades-ser-cli.so'
const LIST = '/etc/cyclades-devices'

const TIOCM_DTR = 2

interface Client {
  readonly link: string
  readonly client: Program
}

/** It adds a port's number to a base; port 1 and our port less one make ours. */
async function cyclades(url: string, ...options: string[]): Promise<Client> {
  const link = `${temporaryFolder()}/ttyC1`
  const client = new Program(programPath('cyclades-ser-cli'), [
    ...['-x', '-d', '1', '-p', String(portOf(url) - 1), ...options],
    ...[link, '127.0.0.1', '1']
  ])
  await eventually(() => expect(existsSync(link)).toBe(true))
  return { link, client }
}

/** Runs the program with the client's library, in a mount namespace where the list of its devices is ours. */
function program(link: string, ...args: string[]): Program {
  const list = `${link}.list`
  writeFileSync(list, `${link}:prts:127.0.0.1:1:rtelnet:\n`)
  const script = `mount --bind "$1" ${LIST} && shift && LD_PRELOAD=${LIBRARY}:$LD_PRELOAD exec "$@"`
  const [command, ...own] = OWN_MOUNTS
  return new Program(command, [
    ...[...own, 'sh', '-c', script, 'sh', list],
    ...[PYTHON, `${import.meta.dirname}/cyclades-program.py`, link, ...args]
  ])
}

describe.skipIf(lacks('cyclades-ser-cli', 'python3', 'socat', 'cc') || lacksOwnMounts())(
  'our server and the Cyclades client',
  () => {
    it('carries data, settings, a break, DTR and the carrier over RFC 2217', async () => {
      const cable = await shimmedPair()
      const device = new Device(cable.b.path)
      device.echo()
      const { urls } = await shared([cable.a.path, '-b', '9600', '--listen', 'rfc2217://127.0.0.1:0'])
      const { link, client } = await cyclades(urls[0]!)
      const ours = program(link, 'settings')
      // It raises DTR for the program, and lets it talk once the modem has a carrier.
      await client.printed(/PTY_OPENING[^]*\(rn_cmdok\)/, 'stderr')
      expect(device.size).toBe(0)
      cable.a.state.setModem({ dcd: true })
      await ours.printed(/hello\nset\n/)
      expect(device.got.toString()).toBe('helloset')
      expect(cable.a.settings).toMatchObject({ baudRate: 19_200, stopBits: 2 })
      expect(cable.a.state.seen).toMatchObject({ dataBits: 7, parity: 'odd', dtr: true, sendingBreak: false })
      expect(breaksOf(cable)).toBe(1)
      const dtr = cable.log().filter(({ call }) => call === 'TIOCMBIC' || call === 'TIOCMBIS')
      expect(dtr.map(({ call, value }) => [call, value])).toEqual([
        ['TIOCMBIC', TIOCM_DTR],
        ['TIOCMBIS', TIOCM_DTR]
      ])
      ours.process.stdin!.end('\n')
      expect(await ours.ended).toMatchObject({ code: 0, stderr: '' })
    })

    it('talks both ways as a plain socket (-s)', async () => {
      const cable = await shimmedPair()
      new Device(cable.b.path).echo()
      const { urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
      const { link } = await cyclades(urls[0]!, '-s', '-m', '1')
      const ours = program(link)
      await ours.printed(/hello\n/)
      ours.process.stdin!.end('\n')
      expect(await ours.ended).toMatchObject({ code: 0, stderr: '' })
    })
  }
)

/**
 * A lab: sixteen instruments on adapters of one make, that nothing tells apart but the sockets of the hubs they are in. The file that
 * ser2net had for them is imported, and two other computers measure with them.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../os/sysfs-fixture.ts'
import { lacks, PYTHON } from '../../peers/need.ts'
import { describeWithShim } from '../../shim/shim.ts'
import { type Program, temporaryFolder } from '../cli.ts'
import { Network } from '../endurance/network.ts'
import { within } from './promise.ts'
import { lacksUsbComputers, UsbComputer, type Plugged } from './usb-computer.ts'

const COUNT = 16
const FIRST_PORT = 4001

const READY_MS = 3000
const OPEN_MS = 1000
const CLOSED_MS = 2000
const REPLUGGED_MS = 1000
/** Thirty-two connections, questions and answers, and Python's own start twice. */
const ANSWERED_MS = 5000

/** Two hubs with hubs behind them; numbers from 0. */
const socketOf = (number: number): string => `1-1.${1 + Math.floor(number / 4)}.${1 + (number % 4)}`
const byPathOf = (number: number): string =>
  `/dev/serial/by-path/pci-0000:00:14.0-usb-0:${socketOf(number).slice(2)}:1.0-port0`
const nameOf = (number: number): string => `meter${String(number + 1).padStart(2, '0')}`
const identityOf = (number: number): string => `ACME,DMM-${number % 3},SN${1000 + number},1.0`

/** What stands behind one adapter: it says who it is when it is asked. */
function instrument(number: number, say: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let line = ''
  return (bytes) => {
    const parts = (line + bytes.toString('latin1')).split('\n')
    line = parts.pop() ?? ''
    for (const each of parts) if (each === '*IDN?') say(Buffer.from(`${identityOf(number)}\n`))
  }
}

const YAML = `%YAML 1.1
---
# /etc/ser2net.yaml of the lab: by-path, since these adapters have no serial numbers
default:
  name: local
  value: true
  class: serialdev
define: &line 9600n81
${Array.from(
  { length: COUNT },
  (_, number) => `
connection: &${nameOf(number)}
  accepter: tcp,${FIRST_PORT + number}
  connector: serialdev,${byPathOf(number)},*(line)
  options:
    max-connections: 3`
).join('')}
`

class Bench {
  readonly computer: UsbComputer
  readonly plugged: Plugged[] = []

  constructor(computer: UsbComputer) {
    this.computer = computer
  }

  plug(number: number, tty: string): void {
    const plugged: Plugged = this.computer.plug(
      ADAPTERS.ch340,
      socketOf(number),
      tty,
      instrument(number, (bytes) => plugged.device.write(bytes))
    )
    this.plugged[number] = plugged
  }
}

/** From both computers at once. */
async function identify(all: readonly (() => Program)[]): Promise<void> {
  const from = performance.now()
  const ended = await Promise.all(all.map((each) => each().ended))
  await within('32 answers from two computers', ANSWERED_MS, () => undefined, from)
  const answers = Array.from(
    { length: COUNT },
    (_, number) => `${FIRST_PORT + number} ${identityOf(number)}\n`
  )
  for (const each of ended) expect(each).toMatchObject({ stdout: answers.join(''), stderr: '', code: 0 })
}

describe.skipIf(lacksUsbComputers || lacks('pyserial'))('a lab', () => {
  describeWithShim('sixteen adapters that are all alike', () => {
    it('keep their names by their sockets, and answer two computers at once', async () => {
      const network = new Network()
      const other = network.another()
      const computer = await UsbComputer.start(network)
      const bench = new Bench(computer)
      for (let number = 0; number < COUNT; number++) bench.plug(number, `ttyUSB${number}`)
      const file = join(temporaryFolder(), 'ser2net.yaml')
      writeFileSync(file, YAML)
      computer.home.write({})

      const imported = await computer.farport('import', file, '--allow', '10.77.0.0/16').ended
      expect(imported).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/Imported 16 shares/) as string
      })
      expect(imported.stdout.trim().split('\n')).toHaveLength(1 + COUNT)
      const from = performance.now()
      const service = await computer.serve()
      await within(
        '16 shares ready',
        READY_MS,
        () => expect(service.stderr.match(/ready at/g)).toHaveLength(COUNT),
        from
      )
      // Nobody needs to guess which is which.
      const listed = (await computer.farport('list').ended).stdout
      for (let number = 0; number < COUNT; number++) {
        expect(listed).toMatch(
          new RegExp(`^/dev/ttyUSB${number} +usb-${socketOf(number)}:1.0 +USB Serial +1a86:7523 `, 'm')
        )
        expect(listed).toMatch(new RegExp(`^${nameOf(number)} +${byPathOf(number)} +idle `, 'm'))
        expect(imported.stdout).toMatch(
          new RegExp(
            `^\\d+ +${byPathOf(number)} +raw://\\[::\\]:${FIRST_PORT + number} +share ${nameOf(number)}$`,
            'm'
          )
        )
      }
      const script = `${import.meta.dirname}/identify.py`
      const clients = [
        () => network.there(PYTHON, script, network.server, String(FIRST_PORT), String(COUNT)),
        () => other.run(PYTHON, script, other.server, String(FIRST_PORT), String(COUNT))
      ]
      await identify(clients)

      // Pulled out together while somebody uses them, and put back in another order: the kernel gives the lowest number that is free.
      const moved = [2, 6, 11, 15]
      const isOpen = (is: boolean) => () =>
        expect(moved.map((number) => bench.plugged[number]!.device.open)).toEqual(moved.map(() => is))
      await within('four ports closed that nobody uses', CLOSED_MS, isOpen(false))
      const stays = moved.map((number) => network.there('nc', network.server, String(FIRST_PORT + number)))
      await within('four ports open', OPEN_MS, isOpen(true))
      // The service's log counts what repeats; here each line is told.
      const follow = computer.farport('list', '--follow')
      await follow.printed(/Farport runs here|SHARE/)
      for (const number of moved) bench.plugged[number]!.unplug(service.process.pid!)
      for (const number of moved) await follow.printed(new RegExp(`${nameOf(number)}: port closed`))
      const free = moved.map((number) => bench.plugged[number]!.tty)
      for (const number of moved.toReversed()) bench.plug(number, free.shift()!)
      expect(moved.map((number) => bench.plugged[number]!.tty)).toEqual([
        'ttyUSB15',
        'ttyUSB11',
        'ttyUSB6',
        'ttyUSB2'
      ])
      await within('four adapters back in other places', REPLUGGED_MS, isOpen(true))
      for (const [index, number] of moved.entries()) {
        stays[index]!.process.stdin!.write('*IDN?\n')
        await stays[index]!.printed(new RegExp(`^${identityOf(number)}\n$`))
      }
      await identify(clients)
    }, 90_000)
  })
})

/**
 * Home automation: the Zigbee stick is plugged in where the aerial is, and the program that talks to it runs on another computer. A
 * stick, a cable or a service that fails for a moment is nothing that anybody has to get up for.
 */
import { describe, expect, it } from 'vitest'
import { lineCalls } from '../../peers/line-calls.ts'
import { lacks, PYTHON } from '../../peers/need.ts'
import { describeWithShim } from '../../shim/shim.ts'
import type { Program } from '../cli.ts'
import { Network } from '../endurance/network.ts'
import { within } from './promise.ts'
import { lacksUsbComputers, UsbComputer, type Plugged } from './usb-computer.ts'
import { BY_ID, ZIGBEE_STICK, ZigbeeStick } from './zigbee-stick.ts'

const BACK_AFTER_CUT_MS = 5000
const BACK_AFTER_REPLACEMENT_MS = 1000
/** The service begins within a second, and the client tries five times a second. */
const BACK_AFTER_KILL_MS = 2000

const PORT = 6638

interface House {
  readonly network: Network
  readonly computer: UsbComputer
  readonly plugIn: (tty: string) => { stick: ZigbeeStick; plugged: Plugged }
  /** On the far computer; it connects anew after so many seconds without an answer. */
  readonly client: (silenceSeconds: number) => Client
}

async function house(): Promise<House> {
  const network = new Network()
  const computer = await UsbComputer.start(network)
  return {
    network,
    computer,
    plugIn: (tty) => {
      const stick = new ZigbeeStick()
      const plugged = computer.plug(ZIGBEE_STICK, '1-1.2', tty, (bytes) =>
        plugged.device.write(stick.hear(bytes))
      )
      return { stick, plugged }
    },
    client: (silenceSeconds) =>
      new Client(
        network.there(
          PYTHON,
          `${import.meta.dirname}/zigbee-client.py`,
          `socket://${network.server}:${PORT}`,
          String(silenceSeconds)
        )
      )
  }
}

class Client {
  readonly program: Program

  constructor(program: Program) {
    this.program = program
  }

  /** Of which sockets there was an answer, the latest last; each answer counts. */
  get pongs(): number[] {
    return [...this.program.stdout.matchAll(/ pong (\d+)$/gm)].map(([, port]) => Number(port))
  }

  get sockets(): number[] {
    return [...this.program.stdout.matchAll(/ connected (\d+)$/gm)].map(([, port]) => Number(port))
  }

  pinged(more: number): () => void {
    const before = this.pongs.length
    return () =>
      expect(this.pongs.length, this.program.stdout.slice(-500)).toBeGreaterThanOrEqual(before + more)
  }
}

const LISTEN = { url: `raw://0.0.0.0:${PORT}`, allow: ['10.77.0.0/24'] }
const SHARE = {
  id: 'zigbee',
  name: 'zigbee',
  port: { target: BY_ID, settings: { baudRate: 115_200 } },
  listen: [LISTEN]
}

describe.skipIf(lacksUsbComputers || lacks('pyserial'))('home automation', () => {
  describeWithShim('a Zigbee stick, a service and a client on another computer', () => {
    it('is pinged from there, survives a cable, a stick and a service that fail, and has its lines left alone', async () => {
      const { network, computer, plugIn, client } = await house()
      const first = plugIn('ttyUSB0')
      computer.home.write({ shares: [SHARE] })
      const service = await computer.serve()
      const pings = client(30)
      await within('the first answer', 2000, pings.pinged(3))
      expect(pings.sockets).toHaveLength(1)
      expect(lineCalls(first.plugged.terminal)).toEqual([])

      first.plugged.unplug(service.process.pid!)
      await service.printed(/zigbee.*(?:unplugged|port closed)/, 'stderr')
      const second = plugIn('ttyUSB1')
      await within('another stick, same socket', BACK_AFTER_REPLACEMENT_MS, pings.pinged(1))
      expect(second.stick.pings).toBeGreaterThan(0)
      expect(pings.sockets).toEqual([pings.pongs.at(-1)])
      expect(lineCalls(second.plugged.terminal)).toEqual([])

      await service.stop('SIGKILL')
      const killed = performance.now()
      const next = await computer.serve()
      await within('a service that was killed', BACK_AFTER_KILL_MS, pings.pinged(1), killed)
      expect(pings.sockets).toHaveLength(2)
      const [socket] = pings.sockets
      expect(lineCalls(second.plugged.terminal)).toEqual([])
      expect(second.plugged.terminal.state.seen).toMatchObject({ dtr: true, rts: true, sendingBreak: false })

      network.replacePeer(pings.sockets.at(-1)!)
      const back = performance.now()
      const again = client(2)
      await within('the same address after a cut', BACK_AFTER_CUT_MS, again.pinged(1), back)
      expect(socket).not.toBe(again.sockets[0])
      expect(next.stderr).toMatch(/zigbee: client \d+ left.*vanished/)
      expect(lineCalls(second.plugged.terminal)).toEqual([])
    }, 90_000)
  })
})

/** OpenIPMI's BMC simulator with a console of the test's own behind its serial port. Ended with the test. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { programPath } from './need.ts'

export const USER = 'admin'
export const PASSWORD = 'open-sesame'

/** What ipmi_sim 2.0.33 sends over TCP for a break: telnet's IAC BRK. */
export const SOL_BREAK = Buffer.from([0xff, 0xf3])

export class Bmc {
  /** UDP, on loopback. */
  readonly port: number
  readonly #console: Socket
  #got = Buffer.alloc(0)

  private constructor(port: number, console: Socket) {
    this.port = port
    this.#console = console
    console.on('data', (bytes) => (this.#got = Buffer.concat([this.#got, bytes])))
  }

  /** All that the console received. */
  get got(): Buffer {
    return this.#got
  }

  say(bytes: string | Uint8Array): void {
    this.#console.write(bytes)
  }

  /** `ipmitool` for this BMC, as far as the command. Suite 3, as the simulator leaves the question for suites unanswered for 10 s. */
  command(command: string): string {
    return `ipmitool -I lanplus -C 3 -H 127.0.0.1 -p ${this.port} -U ${USER} -E ${command}`
  }

  static async start(): Promise<Bmc> {
    const folder = temporaryFolder()
    const port = await freeUdpPort()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: consolePort } = server.address() as { port: number }
    const auths = 'none md2 md5 straight'
    writeFileSync(
      join(folder, 'lan.conf'),
      [
        'name "test"',
        'startlan 1',
        `  addr 127.0.0.1 ${port}`,
        '  priv_limit admin',
        ...['callback', 'user', 'operator', 'admin'].map((each) => `  allowed_auths_${each} ${auths}`),
        '  guid a123456789abcdefa123456789abcdef',
        'endlan',
        `sol "tcp:127.0.0.1:${consolePort}" 115200`,
        `user 2 true "${USER}" "${PASSWORD}" admin 10 ${auths}`
      ].join('\n') + '\n'
    )
    writeFileSync(
      join(folder, 'commands'),
      'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n'
    )
    mkdirSync(join(folder, 'state'))
    const connected = once(server, 'connection')
    new Program(programPath('ipmi_sim'), ['-c', 'lan.conf', '-f', 'commands', '-s', 'state', '-n'], {
      cwd: folder
    })
    const [socket] = (await connected) as [Socket]
    socket.on('error', () => undefined)
    onTestFinished(() => {
      socket.destroy()
      server.close()
    })
    return new Bmc(port, socket)
  }
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

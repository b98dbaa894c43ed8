/**
 * A computer with USB serial adapters of the test's own: its processes see a /sys and a /dev that are laid out as Linux does, in a
 * mount namespace on one end of a Network's cable. A node is the slave of a pseudo-terminal that the test holds, so everything that
 * Farport knows an adapter by (node, by-id, by-path, maker, serial number, socket) is there, and nothing of it is told to Farport apart.
 */
import { execFileSync } from 'node:child_process'
import { readlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { SysfsFixture, type UsbAdapter } from '../../os/sysfs-fixture.ts'
import { lacks } from '../../peers/need.ts'
import { ShimmedTerminal } from '../../shim/shimmed-terminal.ts'
import { atTestEnd } from '../at-test-end.ts'
import { FARPORT, Program, temporaryFolder } from '../cli.ts'
import { Network, lacksNetworks } from '../endurance/network.ts'
import { Pluggable } from '../endurance/pluggable.ts'
import { InstanceHome } from '../instance.ts'

export const lacksUsbComputers = lacksNetworks || lacks('nsenter', 'mount')

/** What a program finds in /dev beside adapters. A mount in a place of its own can be moved over /dev, whatever is mounted there. */
const SET_UP = `set -e
mount --bind "$1" "$1"
cd "$1"
mkdir pts
mount --rbind /dev/pts pts
for name in null zero full random urandom tty; do : > $name; mount --bind /dev/$name $name; done
ln -s pts/ptmx ptmx
cd /
mount --move "$1" /dev
mount --bind "$2" /sys
echo ready
exec cat`

/** An adapter that is plugged in. */
export interface Plugged {
  /** `ttyUSB0` */
  readonly tty: string
  /** What programs did to its lines, and how they stand. */
  readonly terminal: ShimmedTerminal
  readonly device: Pluggable
  /** Pulls it out. `user`: the Farport that has it open. */
  unplug(user: number): void
}

export class UsbComputer {
  readonly network: Network
  readonly home = new InstanceHome()
  readonly #fixture = new SysfsFixture()
  readonly #holder: Program

  private constructor(network: Network) {
    this.network = network
    atTestEnd(() => this.#fixture.dispose())
    const { devRoot, sysRoot } = this.#fixture
    this.#holder = network.here('sh', '-c', SET_UP, 'sh', devRoot, sysRoot)
  }

  static async start(network: Network): Promise<UsbComputer> {
    const computer = new UsbComputer(network)
    await computer.#holder.printed(/ready/)
    return computer
  }

  /** A program on this computer. */
  run(...command: string[]): Program {
    const env = Object.entries(this.home.env).map(([name, value]) => `${name}=${value ?? ''}`)
    return new Program('nsenter', [...this.#enter(), '--net', 'env', ...env, ...command])
  }

  farport(...args: string[]): Program {
    return this.run(process.execPath, FARPORT, ...args)
  }

  async serve(): Promise<Program> {
    const program = this.farport('serve')
    await program.printed(/ready/)
    return program
  }

  /**
   * Plugs one into a socket (`1-1.2`); the kernel calls it `tty`. `received` gets what Farport sends. The node comes first and udev's
   * names after it, as they do.
   */
  plug(adapter: UsbAdapter, socket: string, tty: string, received: (bytes: Buffer) => void): Plugged {
    const device = new Pluggable(temporaryFolder(), received)
    atTestEnd(() => device.dispose())
    device.plug()
    const slave = readlinkSync(device.path)
    const terminal = new ShimmedTerminal(Number(basename(slave)))
    atTestEnd(() => terminal.dispose())
    writeFileSync(this.#fixture.node(tty), '')
    execFileSync('nsenter', [...this.#enter(), 'mount', '--bind', slave, `/dev/${tty}`])
    this.#fixture.plug(adapter, socket, tty)
    return {
      tty,
      terminal,
      device,
      unplug: (user) => {
        device.unplug(user)
        terminal.dispose()
        // A node that another namespace has mounted something on goes with that.
        this.#fixture.unplug(socket, tty)
      }
    }
  }

  #enter(): string[] {
    return [`--target=${this.#holder.process.pid}`, '--mount']
  }
}

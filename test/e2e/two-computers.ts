/** Two installations, each on a computer of its own: network namespaces with a cable between them. Called by the tests of pairing. */
import { Program, FARPORT } from './cli.ts'
import { Network } from './endurance/network.ts'
import { InstanceHome, type GivenSettings } from './instance.ts'

export class Computer {
  readonly home = new InstanceHome()
  readonly address: string
  readonly #run: Network['here']

  constructor(address: string, run: Network['here'], settings: GivenSettings) {
    this.address = address
    this.#run = run
    this.home.write({ preferences: {}, ...settings })
  }

  /** A command on this computer, for its own Farport. */
  farport(...args: string[]): Program {
    return this.run(process.execPath, FARPORT, ...args)
  }

  /** Any program there. */
  run(...command: string[]): Program {
    const env = Object.entries(this.home.env).map(([name, value]) => `${name}=${value ?? ''}`)
    return this.#run('env', ...env, ...command)
  }

  async serve(): Promise<Program> {
    const program = this.farport('serve')
    await program.printed(/ready/)
    return program
  }

  /** What `farport list --json` tells. */
  async state(): Promise<Listed> {
    return JSON.parse((await this.farport('list', '--json').ended).stdout) as Listed
  }
}

export interface Listed {
  readonly self: { readonly pid: number }
  readonly bridges: readonly { readonly name: string; readonly sessions: readonly unknown[] }[]
  readonly peers: readonly { readonly id: string; readonly name: string; readonly connections: number }[]
  readonly pairings: readonly { readonly name: string; readonly code?: string }[]
}

/** They are off. `bob`: what his settings have beside his name. */
export function twoComputers(
  bob: GivenSettings = {},
  network = new Network()
): { alice: Computer; bob: Computer } {
  return {
    alice: new Computer(network.server, (...all) => network.here(...all), { name: 'alice' }),
    bob: new Computer(network.peer, (...all) => network.there(...all), { name: 'bob', ...bob })
  }
}

/** Alice asks; both have accepted the digits that the other one shows. */
export async function paired(alice: Computer, bob: Computer): Promise<void> {
  const asks = alice.farport('pair', bob.address)
  const digits = (await asks.printed(/digits: (\d{3} \d{3})/))[1]!
  const accepts = bob.farport('pair', 'accept', 'alice', ...digits.split(' '), '--permit', 'control')
  asks.process.stdin?.write(`${digits}\n`)
  for (const { code, stderr } of await Promise.all([asks.ended, accepts.ended]))
    if (code !== 0) throw new Error(stderr)
}

import { execFileSync } from 'node:child_process'
import { atTestEnd } from '../at-test-end.ts'
import { FARPORT, Program } from '../cli.ts'
import { lacks } from '../../peers/need.ts'

/** Network namespaces need root, and a kernel that has them. */
export const lacksNetworks =
  lacks.linux('network namespaces') ||
  lacks.root('to make networks') ||
  lacks('ip', 'nc') ||
  lacks.part(mayMake(), 'the right to make networks')

const SERVER = '10.77.0.1'
const PEER = '10.77.0.2'

let made = 0

/** Two computers of the test's own and a cable between them: network namespaces joined by a pair of virtual adapters. */
export class Network {
  readonly server = SERVER
  readonly peer = PEER
  readonly #here: string
  #there: string
  #others = 0

  constructor() {
    this.#here = this.#makeNamespace()
    ip('-n', this.#here, 'link', 'set', 'lo', 'up')
    this.#there = this.#makeNamespace()
    this.#plug()
  }

  /** What stands in front of a command that runs on the computer with the device … */
  get prefixHere(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#here]
  }

  /** … and on the far one. */
  get prefixThere(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#there]
  }

  /** On the computer with the device. */
  here(command: string, ...args: string[]): Program {
    return new Program('ip', ['netns', 'exec', this.#here, command, ...args])
  }

  /** On the far one. */
  there(command: string, ...args: string[]): Program {
    return new Program('ip', ['netns', 'exec', this.#there, command, ...args])
  }

  farport(...args: string[]): Program {
    return this.here(process.execPath, FARPORT, ...args)
  }

  /** One more computer, at an adapter of its own; programs run there, and reach the computer with the device by the address `server`. */
  another(): { readonly server: string; run(command: string, ...args: string[]): Program } {
    const name = this.#makeNamespace()
    const subnet = `10.77.${++this.#others}`
    ip(
      'link',
      'add',
      `near${this.#others}`,
      'netns',
      this.#here,
      'type',
      'veth',
      'peer',
      'name',
      'far',
      'netns',
      name
    )
    for (const [namespace, device, host] of [
      [this.#here, `near${this.#others}`, 1],
      [name, 'far', 2]
    ] as const) {
      ip('-n', namespace, 'addr', 'add', `${subnet}.${host}/24`, 'dev', device)
      ip('-n', namespace, 'link', 'set', device, 'up')
    }
    return {
      server: `${subnet}.1`,
      run: (command, ...args) => new Program('ip', ['netns', 'exec', name, command, ...args])
    }
  }

  /** The far computer's adapter is down: nothing that happens there is heard here any more. */
  cut(): void {
    ip('-n', this.#there, 'link', 'set', 'far', 'down')
  }

  /** The end of `cut`. */
  restore(): void {
    ip('-n', this.#there, 'link', 'set', 'far', 'up')
  }

  /** The far computer stays plugged in and has no address any more. */
  flush(): void {
    ip('-n', this.#there, 'addr', 'flush', 'dev', 'far')
  }

  /** What a firewall does that drops: connections to this port of the server get no answer, those that it makes go on. */
  dropNewcomers(port: number): void {
    const rule = (...args: string[]): void => ip('-n', this.#here, 'rule', ...args)
    // The table of its own addresses comes before all rules, but for one that is put in front of it.
    rule('add', 'pref', '100', 'lookup', 'local')
    rule('del', 'pref', '0')
    rule('add', 'pref', '10', 'iif', 'near', 'ipproto', 'tcp', 'dport', String(port), 'blackhole')
  }

  /** Another computer at the old one's place and address. It says nothing about connections from `silentPort`. */
  replacePeer(silentPort: number): void {
    this.cut()
    ip('-n', this.#here, 'link', 'del', 'near')
    this.#there = this.#makeNamespace()
    ip('-n', this.#there, 'rule', 'add', 'ipproto', 'tcp', 'sport', String(silentPort), 'blackhole')
    this.#plug()
  }

  /** The server's own address appears, or goes. */
  setServerAddress(there: boolean): void {
    ip('-n', this.#here, 'addr', there ? 'add' : 'del', `${SERVER}/24`, 'dev', 'near')
  }

  /** Another address for the server, in the same network. */
  addServerAddress(address: string): void {
    ip('-n', this.#here, 'addr', 'add', `${address}/24`, 'dev', 'near')
  }

  #plug(): void {
    ip(
      'link',
      'add',
      'near',
      'netns',
      this.#here,
      'type',
      'veth',
      'peer',
      'name',
      'far',
      'netns',
      this.#there
    )
    ip('-n', this.#here, 'addr', 'add', `${SERVER}/24`, 'dev', 'near')
    ip('-n', this.#there, 'addr', 'add', `${PEER}/24`, 'dev', 'far')
    ip('-n', this.#here, 'link', 'set', 'near', 'up')
    ip('-n', this.#there, 'link', 'set', 'far', 'up')
  }

  #makeNamespace(): string {
    const name = `farport-${process.pid}-${++made}`
    ip('netns', 'add', name)
    atTestEnd(() => {
      ip('netns', 'del', name)
    })
    return name
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function mayMake(): boolean {
  const name = `farport-${process.pid}-try`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return true
  } catch {
    return false
  }
}

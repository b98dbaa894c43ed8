/** What the tests of `farport serve` see it by: its owner's commands, clients with traffic, the sockets that it has. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { PortState, StateTree } from '../../src-main/contract/state.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { dial } from '../../src-main/net/dial.ts'
import { RpcClient } from '../../src-main/rpc/client.ts'
import { StateMirror } from '../../src-main/rpc/state-mirror.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { eventually } from '../eventually.ts'
import { atTestEnd } from './at-test-end.ts'
import type { InstanceHome } from './instance.ts'

/** Whoever may command this instance. */
export async function owner(home: InstanceHome): Promise<RpcClient> {
  const connection = await dial(parseEndpoint(`raw+unix://${home.socket}`))
  const client = new RpcClient(streamChannel(connection, 'client'))
  atTestEnd(() => client.dispose())
  return client
}

/** The state as it is now; the newest at each look. */
export function watched(client: RpcClient): () => StateTree {
  const mirror = new StateMirror(client)
  atTestEnd(() => mirror.dispose())
  return () => {
    if (!mirror.tree) throw new Error('no state yet')
    return mirror.tree
  }
}

export function waiting(state: PortState | undefined): PortState & { type: 'waiting' } {
  if (state?.type !== 'waiting') throw new Error(`not waiting: ${JSON.stringify(state)}`)
  return state
}

/** Sends to an echo and checks what comes back, without a pause. */
export class Talker {
  readonly socket: Socket
  /** Bytes that came back as they were sent. */
  echoed = 0
  /** Why it is not going on. */
  trouble: string | undefined
  #sent = 0
  readonly #step: number

  private constructor(port: number, step: number) {
    this.#step = step
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (bytes) => {
      for (const byte of bytes) {
        if (byte !== this.#at(this.echoed)) this.trouble ??= `byte ${this.echoed} is ${byte}`
        this.echoed++
      }
      if (this.echoed === this.#sent) this.#send()
    })
    this.socket.on('error', ({ message }) => (this.trouble ??= message))
    this.socket.on('close', () => (this.trouble ??= 'closed'))
    atTestEnd(() => void this.socket.destroy())
  }

  /** Resolves once something came back. */
  static async begin(port: number, step = 7): Promise<Talker> {
    const talker = new Talker(port, step)
    talker.#send()
    await talker.goesOn()
    return talker
  }

  /** Resolves when more has come back by now. */
  async goesOn(bytes = 1): Promise<void> {
    const had = this.echoed
    await eventually(() => {
      if (this.trouble === undefined && this.echoed < had + bytes)
        throw new Error(`${this.echoed - had} bytes of ${bytes} came back`)
    })
    if (this.trouble !== undefined) throw new Error(this.trouble)
  }

  #send(): void {
    const bytes = Buffer.alloc(200)
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#at(this.#sent + at)
    this.#sent += bytes.length
    this.socket.write(bytes)
  }

  #at(position: number): number {
    return (position * this.#step) & 0xff
  }
}

/** The sockets with which a process listens on loopback: the inode of each by its port. */
export function listeners(pid: number): Map<number, string> {
  const own = new Set<string>()
  for (const fd of readdirSync(`/proc/${pid}/fd`))
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
      if (inode !== undefined) own.add(inode)
    } catch {
      // Closed meanwhile.
    }
  const found = new Map<number, string>()
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    if (state === '0A' && own.has(inode)) found.set(parseInt(local.split(':')[1] ?? '', 16), inode)
  }
  return found
}

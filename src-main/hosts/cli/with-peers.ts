/** The commands about other Farports, asked of the one that runs here, or of this very process where none does. */
import type { ServiceCommand, ServiceInput, ServiceResult } from '../../contract/service-commands.ts'
import type { StateTree } from '../../contract/state.ts'
import { instancePaths, prepareInstance } from '../../core/instance-paths.ts'
import type { NearbyCommands } from '../../core/instance/nearby-commands.ts'
import type { PairingCommands } from '../../core/instance/pairing-commands.ts'
import type { PeerCommands } from '../../core/instance/peer-commands.ts'
import { takeInstanceLock } from '../../os/instance-lock.ts'
import { snapshot } from './attached/snapshot.ts'
import type { CliIo } from './cli-io.ts'
import { running } from './running.ts'

type Name = keyof (PairingCommands & PeerCommands & NearbyCommands) & ServiceCommand

export interface PeerAccess {
  /** Nothing runs here: nobody else can accept what this process asks. */
  readonly isAlone: boolean
  call<Each extends Name>(
    name: Each,
    args: ServiceInput<Each>,
    signal?: AbortSignal
  ): Promise<ServiceResult<Each>>
  /** What runs; undefined where nothing does. */
  state(): Promise<StateTree | undefined>
}

const forever = new AbortController().signal

/** Rejects as `use` does, as `running`, or with `already-running` where another process has the settings. */
export async function withPeers<T>(io: CliIo, use: (access: PeerAccess) => Promise<T>): Promise<T> {
  const client = await running(io)
  if (!client) return alone(io, use)
  try {
    return await use({
      isAlone: false,
      call: (name, args, signal) => client.call(name, args, signal),
      state: () => snapshot(client, io.stop)
    })
  } finally {
    client.dispose()
  }
}

async function alone<T>(io: CliIo, use: (access: PeerAccess) => Promise<T>): Promise<T> {
  const paths = instancePaths('user')
  prepareInstance(paths)
  const lock = takeInstanceLock(paths.lock, 'farport pair')
  try {
    const { openPeersAlone } = await import('../../core/instance/peers-alone.ts')
    const peers = await openPeersAlone(paths, process.env.FARPORT_CONFIG, (text) => io.say(text))
    try {
      return await use({
        isAlone: true,
        call: (name, args, signal = forever) =>
          // Each command takes what its own name has.
          (peers.commands[name] as (...all: unknown[]) => Promise<never>)(args, { type: 'owner' }, signal),
        state: () => Promise.resolve(undefined)
      })
    } finally {
      peers.dispose()
      await peers.close()
    }
  } finally {
    lock.dispose()
  }
}

/** The host of an instance, as its clients see it. Implemented by hosts; where none is given, this process is a bare service. */
import type { Event } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { HostState, HostWish } from '../../contract/host.ts'
import type { Handlers, House } from './house.ts'

export interface Host {
  readonly state: HostState
  /** `state` changed. Absent: it never does. */
  readonly onChange?: Event<void>
  /** Resolves when it is so. Asked only for what `state` has. Rejects with the Fault why not. */
  change(wish: HostWish): Promise<void>
}

/** Whoever started it ends it, and starts it at login or not. */
export function bareHost(log?: string): Host {
  return {
    state: { kind: 'service', platform: process.platform, ...(log !== undefined && { log }) },
    change: () => Promise.resolve()
  }
}

type HostCommands = Pick<Handlers, 'host.read' | 'host.change'>

export function hostCommands({ host }: Pick<House, 'host'>): HostCommands {
  return {
    'host.read': () => Promise.resolve(host.state),
    'host.change': async (wish) => {
      for (const field of ['startAtLogin', 'keepAwake'] as const)
        if (wish[field] !== undefined && host.state[field] === undefined) throw notHere(field, host)
      await host.change(wish)
      return host.state
    }
  }
}

function notHere(field: keyof HostWish, { state }: Host): Fault {
  const what = field === 'startAtLogin' ? 'started at login' : 'kept awake'
  return new Fault(
    'unsupported',
    state.kind === 'service'
      ? `This is a service without a window: it cannot be ${what} from here. See farport service --help.`
      : `It cannot be ${what} on this computer.`
  )
}

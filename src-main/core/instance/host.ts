/** The host of an instance, as its clients see it. Implemented by hosts; where none is given, this process is a bare service. */
import type { Event } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { BrowserState, HostState, HostWish, PageLink, SignOutWish } from '../../contract/host.ts'
import type { Handlers, House } from './house.ts'

export interface Host {
  readonly state: HostState
  /** `state` changed. Absent: it never does. */
  readonly onChange?: Event<void>
  /** Resolves when it is so. Asked only for what `state` has. Rejects with the Fault why not. */
  change(wish: HostWish): Promise<void>
  /** Absent: it can serve no page. */
  readonly page?: PageDesk
}

/** Who may come by a browser. All reject with the Fault why nobody can. */
export interface PageDesk {
  link(): Promise<PageLink>
  browsers(): Promise<readonly BrowserState[]>
  /** Resolves with the number of pages that were open. */
  signOut(wish: SignOutWish): Promise<number>
}

/** Whoever started it ends it, and starts it at login or not. */
export function bareHost(log?: string): Host {
  return {
    state: { kind: 'service', platform: process.platform, ...(log !== undefined && { log }) },
    change: () => Promise.resolve()
  }
}

type HostCommands = Pick<
  Handlers,
  'host.read' | 'host.change' | 'page.link' | 'page.browsers' | 'page.sign-out'
>

export function hostCommands({ host }: Pick<House, 'host'>): HostCommands {
  return {
    'host.read': () => Promise.resolve(host.state),
    'host.change': async (wish) => {
      for (const field of ['startAtLogin', 'keepAwake'] as const)
        if (wish[field] !== undefined && host.state[field] === undefined) throw notHere(field, host)
      await host.change(wish)
      return host.state
    },
    'page.link': () => pageOf(host).link(),
    'page.browsers': async () => ({ browsers: await pageOf(host).browsers() }),
    'page.sign-out': async (wish) => ({ count: await pageOf(host).signOut(wish) })
  }
}

function pageOf({ page }: Host): PageDesk {
  if (page) return page
  throw new Fault(
    'unsupported',
    'The Farport that runs here serves no page for browsers. Run it as a service: farport serve --http 127.0.0.1:7373'
  )
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

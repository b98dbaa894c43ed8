/** From listeners as people ask for them to sources of Sessions that accept. Called for shares and for rotators. */
import { SHUTDOWN } from '../contract/close.ts'
import type { CommandArguments } from '../contract/commands.ts'
import type { Fault } from '../contract/faults.ts'
import { AllowList, checkExposure } from '../net/allow-list.ts'
import { listenWhenPossible } from '../net/awaited-listener.ts'
import { checkServed, listen } from '../net/dial.ts'
import type { ListenOptions } from '../net/carrier.ts'
import { formatEndpoint, parseEndpoint, type Endpoint } from '../net/endpoint.ts'
import type { Greeting } from '../sessions/greeting.ts'
import { RemoteSource } from '../sessions/remote-source.ts'
import type { Terms } from '../sessions/session.ts'
import type { Context, NamedShare } from './context.ts'
import type { ShareWords, Words } from './share-words.ts'

type ListenerArguments = CommandArguments<'share.start'>['listen'][number]

export interface Door {
  readonly endpoint: Endpoint
  readonly allowList: AllowList
  readonly terms: Terms
  readonly words: Words
  /** A client that takes nothing for so long is closed, in ms; absent: the carrier's default. */
  readonly stallTimeoutMs?: number
}

/** The words are for those that say nothing of their own, too. */
export interface DoorsSpec extends Words {
  readonly listen: readonly ListenerArguments[]
  /** For those that say nothing of their own. */
  readonly allow: readonly string[]
  readonly stallTimeoutMs?: number | undefined
}

/** What a client gets behind a door: one of these shares; and what people call that. */
export interface Behind {
  readonly shares: readonly NamedShare[]
  readonly name: string
}

/** As they were asked for; throws a Fault of kind `config`. Opens nothing. */
export function readDoors({ listen: listeners, allow, stallTimeoutMs, ...shared }: DoorsSpec): Door[] {
  return listeners.map((listener) => {
    const given = typeof listener === 'string' ? { url: listener } : listener
    const { url, settings, observe } = given
    const endpoint = parseEndpoint(url, 'listen')
    const allowList = new AllowList(given.allow ?? allow)
    checkServed(endpoint)
    checkExposure(endpoint, allowList)
    return {
      endpoint,
      allowList,
      terms: { ...(settings && { settings }), ...(observe && { observe }) },
      words: wordsOf({ ...shared, ...given }),
      ...(stallTimeoutMs !== undefined && { stallTimeoutMs })
    }
  })
}

/**
 * What becomes of one that cannot listen. `no`: that is a Fault; `address`: an address that this computer does not have yet is waited
 * for; `whatever`: told, and tried until it can.
 */
export type Waiting = 'no' | 'address' | 'whatever'

/** What all doors of one share have in common. */
export interface DoorsContext extends Pick<Context, 'report' | 'tls' | 'whose'> {
  readonly behind: Behind
  readonly texts: ShareWords
}

/** All of them accept, in the order given; or a Fault of kind `config`, and none does. */
export async function openDoors(doors: readonly Door[], context: DoorsContext): Promise<RemoteSource[]> {
  const sources: RemoteSource[] = []
  try {
    for (const door of doors) sources.push(await openDoor(door, 'no', context))
    return sources
  } catch (error) {
    await Promise.all(sources.map((source) => source.close(SHUTDOWN)))
    throw error
  }
}

/** It accepts, or waits where that was said. Rejects with a Fault of kind `config`. */
export async function openDoor(
  { endpoint, allowList, terms, words, stallTimeoutMs }: Door,
  waiting: Waiting,
  { behind: { shares, name: subject }, texts, report, tls, whose }: DoorsContext
): Promise<RemoteSource> {
  const say = (level: 'info' | 'warning', text: string): void => report({ level, subject, text })
  const options: ListenOptions = {
    allowList,
    ...(tls && { tls: () => tls.listening(shares, subject) }),
    ...(stallTimeoutMs !== undefined && { stallTimeoutMs }),
    onRefused: ({ remote, why }) => say('warning', `client refused: ${remote} (${why})`),
    warn: (text) => say('warning', text)
  }
  const tell = async (fault: Fault): Promise<void> => {
    const { message } = whose ? await whose(fault, formatEndpoint(endpoint)) : fault
    say('warning', `cannot listen yet, and tries on: ${message}`)
  }
  const listener =
    waiting === 'no'
      ? await listen(endpoint, options)
      : await listenWhenPossible(endpoint, {
          ...options,
          whateverItIs: waiting === 'whatever',
          onWaiting: (fault) =>
            waiting === 'whatever'
              ? void tell(fault)
              : say('warning', `waits for its address: ${fault.message}`),
          onFault: (fault) => say('warning', fault.message)
        })
  if (waiting === 'whatever') listener.onAccepting?.(() => say('info', `listens at ${listener.url} now`))
  const greet = (address: string): Greeting =>
    texts.greeting({ url: listener.url, words, settings: terms.settings }, address)
  return new RemoteSource(listener, endpoint.protocol, terms, greet)
}

/** The words alone; a text that is undefined is absent. */
export function wordsOf({ banner, signature, closeOn }: Words): Words {
  return {
    ...(banner !== undefined && { banner }),
    ...(signature !== undefined && { signature }),
    ...(closeOn !== undefined && { closeOn })
  }
}

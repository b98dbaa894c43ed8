/** From listeners as people ask for them to sources of Sessions that accept. Called for shares and for rotators. */
import { SHUTDOWN } from '../contract/close.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { AllowList, checkExposure } from '../net/allow-list.ts'
import { listenWhenPossible } from '../net/awaited-listener.ts'
import { checkServed, listen } from '../net/dial.ts'
import type { ListenOptions } from '../net/carrier.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'
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
}

/** The words are for those that say nothing of their own, too. */
export interface DoorsSpec extends Words {
  readonly listen: readonly ListenerArguments[]
  /** For those that say nothing of their own. */
  readonly allow: readonly string[]
  readonly stallTimeoutMs?: number | undefined
  /** An address that this computer does not have yet is waited for. */
  readonly wait?: boolean | undefined
}

/** What a client gets behind a door: one of these shares; and what people call that. */
export interface Behind {
  readonly shares: readonly NamedShare[]
  readonly name: string
}

/** As they were asked for; throws a Fault of kind `config`. Opens nothing. */
export function readDoors({ listen: listeners, allow, ...shared }: DoorsSpec): Door[] {
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
      words: wordsOf({ ...shared, ...given })
    }
  })
}

/** All of them accept, in the order given, or wait for their addresses where that was said; or a Fault of kind `config`, and none does. */
export async function openDoors(
  doors: readonly Door[],
  { stallTimeoutMs, wait = false }: DoorsSpec,
  { shares, name: subject }: Behind,
  { report, tls }: Pick<Context, 'report' | 'tls'>,
  texts: ShareWords
): Promise<RemoteSource[]> {
  const sources: RemoteSource[] = []
  try {
    for (const { endpoint, allowList, terms, words } of doors) {
      const options: ListenOptions = {
        allowList,
        ...(tls && { tls: () => tls.listening(shares, subject) }),
        ...(stallTimeoutMs !== undefined && { stallTimeoutMs }),
        onRefused: ({ remote, why }) =>
          report({ level: 'warning', subject, text: `client refused: ${remote} (${why})` }),
        warn: (text) => report({ level: 'warning', subject, text })
      }
      const listener = await (wait
        ? listenWhenPossible(endpoint, {
            ...options,
            onWaiting: ({ message }) =>
              report({ level: 'warning', subject, text: `waits for its address: ${message}` }),
            onFault: ({ message }) => report({ level: 'warning', subject, text: message })
          })
        : listen(endpoint, options))
      const greet = (address: string): Greeting =>
        texts.greeting({ url: listener.url, words, settings: terms.settings }, address)
      sources.push(new RemoteSource(listener, endpoint.protocol, terms, greet))
    }
    return sources
  } catch (error) {
    await Promise.all(sources.map((source) => source.close(SHUTDOWN)))
    throw error
  }
}

/** The words alone; a text that is undefined is absent. */
export function wordsOf({ banner, signature, closeOn }: Words): Words {
  return {
    ...(banner !== undefined && { banner }),
    ...(signature !== undefined && { signature }),
    ...(closeOn !== undefined && { closeOn })
  }
}

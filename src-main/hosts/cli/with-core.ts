import { Core } from '../../core/core.ts'
import { localFarports } from '../../core/local-farports.ts'
import { LocalNearby } from '../../core/local-nearby.ts'
import { localTls } from '../../core/local-tls.ts'
import type { CliIo } from './cli-io.ts'

/** What SIGTERM leaves for draining, in ms. */
const DRAIN_MS = 2000

/**
 * Runs `use` with a core of its own, which is drained at the end, whatever it is. `says`: which of its notices stand on standard
 * error; a command that a person or a script waits for keeps to warnings.
 */
export async function withCore<T>(
  io: CliIo,
  says: 'everything' | 'warnings',
  use: (core: Core) => Promise<T>
): Promise<T> {
  const nearby = new LocalNearby((text) => io.say(text))
  const tls = localTls((text) => io.say(text))
  const core = new Core({ farports: localFarports({}, nearby), announced: nearby.ports, tls })
  tls.onPermissions((obey) => obey(core))
  core.onNotice(({ level, subject, text }) => {
    if (level === 'debug' || (level !== 'warning' && says !== 'everything')) return
    // A port without a name of its own goes by its target, with which many a text begins anyway.
    const told = text.startsWith(`${subject}: `) || (/[/:]/.test(subject) && text.startsWith(subject))
    io.say(told ? text : `${subject}: ${text}`)
  })
  try {
    return await use(core)
  } finally {
    const lost = await core.close(DRAIN_MS)
    nearby.dispose()
    if (lost > 0) io.say(`${lost} bytes could not be delivered before the end.`)
  }
}

/** A timer has no longer period. */
const LONGEST_MS = 2 ** 31 - 1

/** Resolves when the signal is aborted; until then the process lives, also where nothing else of it waits (a simulated device). */
export function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, LONGEST_MS)
    const end = (): void => {
      clearInterval(alive)
      resolve()
    }
    if (stop.aborted) end()
    else stop.addEventListener('abort', end, { once: true })
  })
}

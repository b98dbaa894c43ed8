/**
 * Plays a console script on an open port. Called by play-script.ts, which opens and closes the port; prints nothing, but tells its
 * host what the device says and which statement is done.
 */
import { sleep, type Clock } from '../base/clock.ts'
import { drained } from '../bridge/drained.ts'
import { Fault, toFault } from '../contract/faults.ts'
import { profileOf } from '../contract/reset.ts'
import type { Port } from '../ports/port.ts'
import { Heard } from './heard.ts'
import { requireBreak } from './require-break.ts'
import { runReset } from './run-reset.ts'
import type { Script, Statement } from './script.ts'

/** `shown`: as the script has it, variables by their names. */
export type ScriptEvent =
  | { readonly event: 'sent'; readonly where: string; readonly shown: string }
  | { readonly event: 'matched'; readonly where: string; readonly shown: string; readonly bytes: Uint8Array }
  | { readonly event: 'log'; readonly where: string; readonly text: string }

export interface ScriptOptions {
  /** For each `expect`, until the script says another, in ms. */
  readonly timeoutMs: number
  /** What the device says, as it comes. Answers a promise where it shall not go on before that. */
  readonly onReceived: (bytes: Uint8Array) => Promise<unknown> | undefined
  readonly onEvent: (event: ScriptEvent) => void
}

/** How people name the port, and whose fault it is when it ends without a cause of its own. */
export interface ScriptTarget {
  readonly label: string
  readonly far: 'device' | 'peer'
}

const ENDED = { device: 'device-io', peer: 'peer-closed' } as const

/** What of the device's words stands in a message, in characters. */
const SHOWN_LENGTH = 200

/**
 * Resolves when every statement is done. Rejects with a Fault that begins with the statement's place: `device-timeout` for what
 * did not come, `unsupported` for a break that the port cannot carry, the port's own when it ended, `usage` for a regular expression that takes too long; or with the signal's reason.
 */
export async function runScript(
  port: Port,
  { label, far }: ScriptTarget,
  script: Script,
  options: ScriptOptions,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  const heard = new Heard()
  const broken = new AbortController()
  // Of a port that ended in order only what was not sent or said is missed: a console that was told to quit may do so.
  const usable = AbortSignal.any([signal, broken.signal])
  const closed = port.onClose(({ code, message }) => {
    const fault = new Fault(
      code === 'unplugged' ? 'device-unplugged' : ENDED[far],
      `${label} ended: ${message}`
    )
    heard.end(fault)
    if (code !== 'done') broken.abort(fault)
  })
  const data = port.onData((chunk) => {
    const taken = options.onReceived(chunk)
    if (taken) {
      port.pause()
      void taken.finally(() => port.resume())
    }
    heard.hear(chunk)
  })
  port.resume()
  let { timeoutMs } = options

  const run = async (statement: Statement): Promise<void> => {
    const { where } = statement
    switch (statement.do) {
      case 'send':
        heard.throwIfEnded()
        port.write(statement.bytes)
        await drained(port, clock, signal)
        signal.throwIfAborted()
        heard.throwIfEnded()
        if (port.queued > 0)
          throw new Fault('device-io', `${label} takes nothing. Is its flow control holding it?`)
        options.onEvent({ event: 'sent', where, shown: statement.shown })
        break
      case 'expect': {
        const { pattern } = statement
        const bytes = await heard.wait(pattern, timeoutMs, clock, signal)
        if (!bytes) throw missing(pattern.shown, timeoutMs, heard.recent, script.secrets)
        options.onEvent({ event: 'matched', where, shown: pattern.shown, bytes })
        break
      }
      case 'timeout':
        timeoutMs = statement.ms
        break
      case 'wait':
        await sleep(clock, statement.ms, usable)
        break
      case 'break':
        requireBreak(port, label)
        await whileUsable(port.sendBreak(statement.ms), usable)
        break
      case 'reset':
        await runReset(port, label, profileOf(statement.profile), clock, usable)
        break
      case 'set':
        await port.apply(statement.settings, usable)
        break
      case 'lines':
        await whileUsable(port.control(statement.wish), usable)
        break
      case 'log':
        options.onEvent({ event: 'log', where, text: statement.text })
        break
    }
  }

  try {
    for (const statement of script.statements) {
      signal.throwIfAborted()
      await run(statement).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : placed(statement.where, error)
      })
    }
  } finally {
    closed.dispose()
    data.dispose()
  }
}

/** Rejects with the signal's reason as soon as it is aborted; what goes on then ends with its port. */
function whileUsable(action: Promise<unknown>, usable: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(usable.reason as Error)
    usable.addEventListener('abort', onAbort, { once: true })
    if (usable.aborted) onAbort()
    void action.then(resolve, reject).finally(() => usable.removeEventListener('abort', onAbort))
  })
}

/** What did not come, and what came instead: the end of it, without control characters, without values of variables. */
function missing(
  shown: string,
  timeoutMs: number,
  recent: Buffer,
  secrets: ReadonlyMap<string, string>
): Fault {
  const letters = lastOf(recent.toString(), secrets)
  // No UTF-8: another baud rate, or a binary protocol. Then its bytes say more.
  const clean = letters.includes('\ufffd') ? lastOf(recent.toString('latin1'), secrets, /[^ -~]/) : letters
  const last = clean === '' ? 'Nothing came: is it on, at this baud rate?' : `The last that came: "${clean}".`
  return new Fault('device-timeout', `${shown} did not come within ${timeoutMs / 1000} s. ${last}`)
}

/** The end of a text in printable characters. `unfit`: what is shown by its number. */
function lastOf(text: string, secrets: ReadonlyMap<string, string>, unfit = /[\p{C}\p{Zl}\p{Zp}]/u): string {
  let shown = text
  for (const [name, value] of secrets) if (value !== '') shown = shown.replaceAll(value, `$${name}`)
  return Array.from(shown.slice(-SHOWN_LENGTH), (character) => escaped(character, unfit)).join('')
}

function escaped(character: string, unfit: RegExp): string {
  const short = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' }[character]
  if (short !== undefined) return short
  if (!unfit.test(character)) return character
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
}

function placed(where: string, error: unknown): Fault {
  const { code, message, cause } = toFault(error)
  return new Fault(code, where === '' ? message : `${where}: ${message}`, cause)
}

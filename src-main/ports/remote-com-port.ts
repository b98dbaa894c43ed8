/**
 * The client's side of RFC 2217 towards one server: agreement, questions, answers and notifications; and so what is known of the far
 * port. Called by remote.ts; sets nothing that it is not asked to set.
 */
import { Fault } from '../contract/faults.ts'
import type { ControlLines, LineSettings, LineState, ModemState } from '../contract/line.ts'
import { DEFAULT_SETTINGS, UNKNOWN_MODEM_STATE, sameSettings } from '../contract/line.ts'
import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import type { TelnetLink } from '../net/telnet-link.ts'
import { comPort, decodeComPort } from '../protocol/rfc2217.ts'
import type { ComPortMessage } from '../protocol/rfc2217.ts'
import { INITIAL_MODEM_MASK, LINE_ERRORS, lineStateOf, modemStateOf } from '../protocol/rfc2217-codes.ts'
import { OPTION } from '../protocol/telnet.ts'
import { LINE_QUERIES, SETTINGS_QUERIES, abortable, nameOf, queryFor, settingIn } from './remote-questions.ts'
import { RequestQueue } from './remote-requests.ts'
import type { Urgency } from './remote-requests.ts'

/** How long a server may take to say DO COM-PORT-OPTION, in ms; gensio waits as long. Then it is plain telnet to us. */
export const AGREEMENT_TIMEOUT_MS = 4000

/** After this many unanswered questions about settings no more are asked: opening takes 4 s longer at the most. */
const MAX_UNANSWERED = 2

const SIGNATURE = 'Farport'

type Control = ComPortMessage & { readonly type: 'control' }

/** What opening came to: `agreed`, or why not. */
export type Agreement = 'agreed' | 'refused' | 'silent'

export interface ComPortClientOptions {
  /** The server's name in warnings. */
  readonly remote: string
  readonly clock: Clock
  /** Told what does not stop us, in one line; more than once the same. */
  readonly warn: (message: string) => void
}

export class ComPortClient {
  readonly #link: TelnetLink
  readonly #remote: string
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #requests: RequestQueue

  #active = false
  #settings = DEFAULT_SETTINGS
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #modemState = UNKNOWN_MODEM_STATE
  /** What the server once did not acknowledge: for the next of these we wait less. */
  readonly #silentAbout = new Set<string>()

  readonly #agreements = new Emitter<Agreement>()
  readonly #modemChanges = new Emitter<ModemState>()
  readonly #lineReports = new Emitter<LineState>()
  readonly #settingsChanges = new Emitter<LineSettings>()

  readonly onModemState = this.#modemChanges.event
  readonly onLineState = this.#lineReports.event
  /** Changes that nobody here asked for, and answers that came too late. */
  readonly onSettings = this.#settingsChanges.event

  constructor(link: TelnetLink, { remote, clock, warn }: ComPortClientOptions) {
    this.#link = link
    this.#remote = remote
    this.#clock = clock
    this.#warn = warn
    this.#requests = new RequestQueue((request) => {
      link.send(comPort('client', request))
    }, clock)
    link.onOption(({ option, enabled }) => {
      if (option === OPTION.comPort) this.#hearAgreement(enabled)
    })
    link.onSubnegotiation(({ option, bytes }) => {
      if (option !== OPTION.comPort) return
      const reply = decodeComPort('server', bytes)
      if (reply.type === 'violation') warn(`${remote} sent ${reply.what}; it was ignored.`)
      else this.#hear(reply)
    })
    link.onClose(() => {
      this.#requests.stop()
    })
  }

  /** The server speaks RFC 2217: requests make sense. */
  get active(): boolean {
    return this.#active
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  get modemState(): ModemState {
    return this.#modemState
  }

  /** Offers RFC 2217. Rejects with the reason of `signal`, which must also end with the connection. */
  agree(signal: AbortSignal): Promise<Agreement> {
    const said = new Promise<Agreement>((resolve) => {
      const subscription = this.#agreements.event((agreement) => {
        subscription.dispose()
        timer.dispose()
        resolve(agreement)
      })
      const timer = this.#clock.after(AGREEMENT_TIMEOUT_MS, () => {
        this.#agreements.fire('silent')
      })
    })
    this.#link.negotiate(
      ['us', OPTION.comPort, true],
      ['us', OPTION.binary, true],
      ['him', OPTION.binary, true],
      ['us', OPTION.suppressGoAhead, true],
      ['him', OPTION.suppressGoAhead, true]
    )
    return abortable(said, signal, () => {
      this.#agreements.fire('refused')
    })
  }

  /** Gives up on RFC 2217: a DO that comes later must not find us half agreed. */
  forgo(): void {
    this.#link.negotiate(['us', OPTION.comPort, false])
    this.#requests.stop()
  }

  /** Learns what is in force over there. Questions only: the far port stays as it is. */
  async interview(signal: AbortSignal): Promise<void> {
    let unanswered = 0
    for (const query of SETTINGS_QUERIES) {
      if (!(await abortable(this.ask(query, 'question'), signal))) unanswered += 1
      if (unanswered >= MAX_UNANSWERED) break
    }
    if (unanswered > 0)
      this.#warn(
        `${this.#remote} does not tell all of its settings; what is in force may differ from what is shown.`
      )
    // Who does not answer one of these answers none (pyserial's server).
    for (const query of LINE_QUERIES) if (!(await abortable(this.ask(query, 'optional'), signal))) break
    void this.ask({ type: 'modemStateMask', mask: INITIAL_MODEM_MASK }, 'background')
    void this.ask({ type: 'lineStateMask', mask: LINE_ERRORS }, 'background')
  }

  /**
   * One request; resolves with whether it was acknowledged, by then its actual value is known. A wish that is not acknowledged is
   * asked about (ser2net refuses without a word, for example 1.5 stop bits); who is silent about that as well is taken to
   * have obeyed, with a warning, and a late answer corrects that. Never rejects.
   */
  async ask(request: ComPortMessage, urgency: Urgency = 'wish'): Promise<boolean> {
    if (!this.#active) return false
    const name = nameOf(request)
    const isKnownSilent = urgency === 'wish' && this.#silentAbout.has(name)
    const acknowledged = await this.#requests.ask(request, isKnownSilent ? 'optional' : urgency)
    if (acknowledged || this.#requests.stopped) return acknowledged
    this.#learn(request)
    if (urgency !== 'wish') return false
    this.#silentAbout.add(name)
    this.#warn(`${this.#remote} does not acknowledge ${name}; it may not have taken effect.`)
    const query = queryFor(request)
    if (query) await this.#requests.ask(query, 'optional')
    return false
  }

  /** A server that says WILL itself has agreed too (pyserial's says both). */
  #hearAgreement(enabled: boolean): void {
    if (this.#requests.stopped) return
    const speaks = this.#link.enabled('us', OPTION.comPort) || this.#link.enabled('him', OPTION.comPort)
    if (this.#active && !speaks) {
      this.#requests.stop()
      this.#warn(`${this.#remote} withdrew RFC 2217: going on as plain telnet.`)
    }
    this.#active = speaks
    if (speaks === enabled) this.#agreements.fire(enabled ? 'agreed' : 'refused')
  }

  #hear(reply: ComPortMessage): void {
    switch (reply.type) {
      case 'suspend':
        this.#link.suspend()
        break
      case 'resume':
        this.#link.release()
        break
      case 'signature':
        // Either side may ask for the other's; an empty text is the question.
        if (reply.text === '') this.#link.send(comPort('client', { type: 'signature', text: SIGNATURE }))
        break
      case 'modemState':
        this.#requests.offer(reply)
        this.#hearModemState(modemStateOf(reply.bits ?? 0))
        break
      case 'lineState':
        this.#requests.offer(reply)
        this.#hearLineState(reply.bits ?? 0)
        break
      case 'baudRate':
      case 'dataSize':
      case 'parity':
      case 'stopSize':
      case 'control':
      case 'lineStateMask':
      case 'modemStateMask':
      case 'purge':
        this.#hearAnswer(reply)
        break
    }
  }

  #hearAnswer(reply: ComPortMessage): void {
    const before = this.#settings
    const request = this.#requests.offer(reply)
    if (reply.type === 'control' && (reply.about === 'break' || request?.type === 'control'))
      this.#hearControl(reply, request)
    else this.#learn(reply)
    if (!request && !sameSettings(before, this.#settings)) this.#settingsChanges.fire(this.#settings)
  }

  /**
   * An answer about another thing than was asked says no more than that the request was heard. And a break is on only where we asked
   * for it: ser2net 4.3 says "on" to whoever asks.
   */
  #hearControl(reply: Control, request: ComPortMessage | undefined): void {
    if (request?.type !== 'control') return
    const isRefusedBreak = reply.about === 'break' && 'on' in reply && reply.on === false
    const isBelieved = request.about === 'break' ? isRefusedBreak : reply.about === request.about
    this.#learn(isBelieved ? reply : request)
    // A query that comes back as it went (ser2net, of a device without these lines): a wish will not be acknowledged either.
    if ('on' in reply && reply.on === undefined) this.#silentAbout.add(nameOf(request))
  }

  #learn(message: ComPortMessage): void {
    this.#settings = { ...this.#settings, ...settingIn(message) }
    if (message.type === 'control' && 'on' in message && message.on !== undefined)
      this.#lines = { ...this.#lines, [message.about]: message.on }
  }

  #hearModemState(state: ModemState): void {
    const old = this.#modemState
    this.#modemState = state
    if (old.cts !== state.cts || old.dsr !== state.dsr || old.dcd !== state.dcd || old.ri !== state.ri)
      this.#modemChanges.fire(state)
  }

  #hearLineState(bits: number): void {
    if ((bits & LINE_ERRORS) !== 0) this.#lineReports.fire(lineStateOf(bits))
  }
}

/** Why there is no RFC 2217, for people. */
export function disagreement(
  remote: string,
  agreement: Exclude<Agreement, 'agreed'>
): { readonly fact: string; readonly fault: Fault } {
  const why = agreement === 'refused' ? 'it refused' : `no answer within ${AGREEMENT_TIMEOUT_MS / 1000} s`
  const fact = `${remote} does not speak RFC 2217 (${why})`
  return { fact, fault: new Fault('peer-protocol', `${fact}. Use telnet:// or raw:// instead.`) }
}

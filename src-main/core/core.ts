/**
 * The composition root: implements the command table, owns every share and link and the state tree. Called by hosts; the
 * only room that knows how all the others fit together.
 */
import * as v from 'valibot'
import { Emitter } from '../base/event.ts'
import type { Junction } from '../bridge/junction.ts'
import {
  COMMANDS,
  type CommandArguments,
  type CommandInput,
  type CommandName,
  type CommandResult,
  type PortSpec
} from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import type { StateTree } from '../contract/state.ts'
import { listPorts } from '../ports/list-ports.ts'
import type { ConsoleSource } from '../sessions/console.ts'
import { converse, type ConverseOptions } from './converse.ts'
import { examine } from './doctor.ts'
import { firstOpening } from './first-opening.ts'
import { makeConsoleLink, makeLink } from './links.ts'
import { freeName, nameOf } from './names.ts'
import type { Notice } from './notice.ts'
import { send } from './send.ts'
import { makeShare } from './shares.ts'

type Handlers = {
  readonly [Name in CommandName]: (
    args: CommandArguments<Name>,
    signal: AbortSignal
  ) => Promise<CommandResult<Name>>
}

const forever = new AbortController().signal

export class Core {
  readonly #bridges = new Map<string, Junction>()
  readonly #notices = new Emitter<Notice>()
  readonly #states = new Emitter<void>()
  #lastId = 0

  readonly onNotice = this.#notices.event
  /** `state` changed in more than its byte counts. */
  readonly onState = this.#states.event

  get state(): StateTree {
    return { bridges: Object.fromEntries([...this.#bridges].map(([id, bridge]) => [id, bridge.state])) }
  }

  readonly #handlers: Handlers = {
    'ports.list': () => listPorts(),
    'share.start': async (spec) => {
      const { id, name } = this.#newBridge(spec.name, spec.port.target)
      const share = this.#add(await makeShare(id, name, spec, this.#report))
      this.#tellFaults(share)
      return share.state
    },
    'link.start': async (spec, signal) => {
      const { id, name } = this.#newBridge(spec.name, spec.port.target)
      const link = this.#add(await makeLink(id, name, spec, this.#report))
      if (spec.hold) await firstOpening(link, signal)
      this.#tellFaults(link)
      return link.state
    },
    'bridge.stop': async ({ id }) => {
      const bridge = this.#bridges.get(id)
      if (!bridge) throw new Fault('usage', `There is no share or link with the id ${id}.`)
      return { lost: await this.#stop(id, bridge, 10_000) }
    },
    send: (args, signal) => send(args, this.#report, signal),
    doctor: () => examine()
  }

  /**
   * Runs a command of the table. Rejects with a Fault: `usage` or `bad-settings` where an argument does not fit, else what the
   * command names; with the signal's reason when it is aborted.
   */
  async call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    signal: AbortSignal = forever
  ): Promise<CommandResult<Name>> {
    const args = v.safeParse(COMMANDS[name].args, input)
    if (!args.success) throw misfit(name, args.issues[0])
    return this.#handlers[name](args.output, signal)
  }

  /**
   * Puts a terminal or a pipe of the host's own on a port, until it leaves. No command: a stream of bytes cannot be an
   * argument. Rejects with a Fault when the port cannot be opened at first, or breaks and shall not be opened again.
   */
  async attach(
    port: PortSpec,
    source: ConsoleSource,
    options: Omit<ConverseOptions, 'onOpened'>,
    signal: AbortSignal
  ): Promise<void> {
    const { id } = this.#newBridge(undefined, port.target)
    const link = this.#add(makeConsoleLink(id, port, source, this.#report))
    await converse(link, source, { ...options, onOpened: () => this.#tellFaults(link) }, signal)
    await this.#stop(id, link, 10_000)
  }

  /** Ends everything within `timeoutMs`; resolves with the number of bytes that were not delivered. Never rejects. */
  async close(timeoutMs: number): Promise<number> {
    const ends = [...this.#bridges].map(([id, bridge]) => this.#stop(id, bridge, timeoutMs))
    return (await Promise.all(ends)).reduce((sum, lost) => sum + lost, 0)
  }

  readonly #report = (notice: Notice): void => {
    this.#notices.fire(notice)
  }

  #newBridge(wish: string | undefined, target: string): { id: string; name: string } {
    const taken = [...this.#bridges.values()].map((bridge) => bridge.state.name)
    return { id: String(++this.#lastId), name: freeName(wish ?? nameOf(target), taken) }
  }

  #add<Bridge extends Junction>(bridge: Bridge): Bridge {
    const { id, name: subject } = bridge.state
    this.#bridges.set(id, bridge)
    bridge.onNotice((notice) => this.#report({ ...notice, subject }))
    bridge.onState(() => this.#states.fire())
    this.#states.fire()
    return bridge
  }

  /** From now on: a fault of the first opening is for whoever waits for that. */
  #tellFaults(bridge: Junction): void {
    const { name: subject } = bridge.state
    bridge.onFault(({ message }) => this.#report({ level: 'warning', subject, text: message }))
  }

  async #stop(id: string, bridge: Junction, timeoutMs: number): Promise<number> {
    const lost = await bridge.close(timeoutMs)
    this.#bridges.delete(id)
    this.#states.fire()
    return lost
  }
}

function misfit(name: string, issue: v.BaseIssue<unknown>): Fault {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  const code = path.includes('settings') ? 'bad-settings' : 'usage'
  return new Fault(code, `${name}: ${path === '' ? 'arguments' : path}: ${issue.message}`)
}

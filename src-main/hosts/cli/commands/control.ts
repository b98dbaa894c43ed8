/** `farport ask`, `take-over`, `grant`, `decline`: who has the control of a share here, or of a far one that a link uses. */
import { Fault } from '../../../contract/faults.ts'
import type { BridgeState } from '../../../contract/state.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { named } from '../attached/named.ts'
import { snapshot } from '../attached/snapshot.ts'
import { shortText, timeText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse, type Parsed } from '../options.ts'
import { withRunning } from '../running.ts'

type Verb = 'ask' | 'take-over' | 'grant' | 'decline'

/** Who may be given the control, or asks for it. */
interface Candidate {
  readonly session: number
  readonly label: string
  readonly asks: boolean
}

/** `ask LINK`: whoever has the control there is told. */
export const ask: CliCommand = (args, io) =>
  onBridge('ask', parse(args, {}, 1), io, async (client, link, tell) => {
    refuseShare(link, 'ask')
    const { far } = link
    const name = shortText(link.name)
    if (far?.type === 'known' && far.writer) {
      const why = far.holdsSince === undefined ? 'writes already: everybody may' : 'has the control already'
      tell({ asked: link.name, writer: true }, `${name} ${why}`)
      return
    }
    await client.call('link.ask', { id: link.id }, io.stop)
    const holder = far?.type === 'known' ? far.holder : undefined
    const has = holder
      ? `: ${shortText(holder.label)} has it since ${timeText(holder.since, new Date())}`
      : ''
    tell({ asked: link.name, writer: false }, `asked for the control of ${name}${has}`)
  })

/** `take-over LINK`: whoever had it watches, and is told. */
export const takeOver: CliCommand = (args, io) =>
  onBridge('take-over', parse(args, {}, 1), io, async (client, link, tell) => {
    refuseShare(link, 'take over')
    await client.call('link.take-over', { id: link.id }, io.stop)
    tell({ taken: link.name }, `${shortText(link.name)} has the control`)
  })

/** `grant NAME [CLIENT]`: to one who asks, and of a share here to anybody who uses it. */
export const grant: CliCommand = (args, io) => {
  const parsed = parse(args, {}, 2)
  return onBridge('grant', parsed, io, async (client, bridge, tell) => {
    const to = meant(bridge, parsed.positionals[1], 'grant')
    const command = bridge.kind === 'share' ? 'session.grant' : 'link.grant'
    await client.call(command, { id: bridge.id, session: to.session }, io.stop)
    const { session, label } = to
    tell(
      { granted: bridge.name, session, label },
      `${shown(to)} has the control of ${shortText(bridge.name)}`
    )
  })
}

/** `decline NAME [CLIENT]`: it shall not have what it asked for. */
export const decline: CliCommand = (args, io) => {
  const parsed = parse(args, {}, 2)
  return onBridge('decline', parsed, io, async (client, bridge, tell) => {
    const to = meant(bridge, parsed.positionals[1], 'decline')
    const command = bridge.kind === 'share' ? 'session.decline' : 'link.decline'
    await client.call(command, { id: bridge.id, session: to.session }, io.stop)
    const { session, label } = to
    tell(
      { declined: bridge.name, session, label },
      `${shown(to)} is not given the control of ${shortText(bridge.name)}`
    )
  })
}

type Tell = (fields: object, text: string) => void

async function onBridge(
  verb: Verb,
  { positionals, given }: Parsed,
  io: CliIo,
  act: (client: RpcClient, bridge: BridgeState, tell: Tell) => Promise<void>
): Promise<number> {
  const [name] = positionals
  if (name === undefined)
    throw new Fault(
      'usage',
      `The control of what? Name a ${verb === 'grant' || verb === 'decline' ? 'share or link' : 'link'}: farport ${verb} NAME; see farport list.`
    )
  return withRunning(async (client) => {
    const entry = named(await snapshot(client, io.stop), name)
    if (entry.kind === 'rotator')
      throw new Fault(
        'usage',
        `${shortText(entry.name)} is a rotator: each of its shares has a control of its own. Name the share; see farport list.`
      )
    const { id, kind } = entry
    await act(client, entry, (fields, text) =>
      io.print(flag(given, 'json') ? JSON.stringify({ ...fields, kind, id }) : text)
    )
    return EXIT.done
  })
}

function refuseShare({ kind, name }: BridgeState, what: string): void {
  if (kind !== 'share') return
  const shown = shortText(name)
  throw new Fault(
    'usage',
    `${shown} is shared from here, so there is nobody to ${what === 'ask' ? 'ask' : `${what} from`}: give its control to one of its clients with farport grant ${shown} CLIENT; see farport list ${shown}.`
  )
}

/** Throws `usage` where it is not clear who is meant: then it says who could be. */
function meant(bridge: BridgeState, text: string | undefined, verb: 'grant' | 'decline'): Candidate {
  const name = shortText(bridge.name)
  const all = candidatesOf(bridge)
  const asking = all.filter(({ asks }) => asks)
  if (text === undefined) {
    const [only, ...others] = asking
    if (only && others.length === 0) return only
    if (only)
      throw new Fault(
        'usage',
        `Several ask for the control of ${name}: ${asking.map(shown).join(', ')}. Say which: farport ${verb} ${name} ${only.session}`
      )
    const how =
      verb === 'grant' && bridge.kind === 'share'
        ? ` Name a client to give it to all the same: farport grant ${name} CLIENT; see farport list ${name}.`
        : ''
    throw new Fault('usage', `Nobody asks for the control of ${name}.${how}`)
  }
  if (/^\d{1,9}$/.test(text)) {
    const session = Number(text)
    // Who is not there any more is the other side's to say.
    return all.find((each) => each.session === session) ?? { session, label: '', asks: false }
  }
  const called = all.filter(({ label }) => label === text)
  const found = called.some(({ asks }) => asks) ? called.filter(({ asks }) => asks) : called
  const [only, ...others] = found
  if (only && others.length === 0) return only
  throw new Fault(
    'usage',
    only
      ? `Several are called "${shortText(text)}": ${found.map(shown).join(', ')}. Give the number of one.`
      : `No client of ${name} is called "${shortText(text)}". Give its number: ${all.map(shown).join(', ') || `nobody uses it`}.`
  )
}

function candidatesOf({ kind, name, sessions, far }: BridgeState): Candidate[] {
  if (kind === 'share')
    return sessions.map(({ id, label, asksSince }) => ({ session: id, label, asks: asksSince !== undefined }))
  if (far?.type !== 'known') return []
  if (far.holdsSince === undefined) {
    const has = far.holder ? `: ${shortText(far.holder.label)} has it` : ''
    const link = shortText(name)
    throw new Fault('usage', `${link} does not have the control${has}. Ask for it: farport ask ${link}`)
  }
  return far.asks.map(({ session, label }) => ({ session, label, asks: true }))
}

function shown({ session, label }: Candidate): string {
  return `client ${session}${label === '' ? '' : ` (${shortText(label)})`}`
}

/** `farport enable`, `disable`, `remove`, `disconnect`: a share, link or rotator of the running Farport, by name or id. */
import { Fault } from '../../../contract/faults.ts'
import type { FaultRecord } from '../../../contract/faults.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { failureOf } from '../attached/failure.ts'
import { named, type Entry } from '../attached/named.ts'
import { snapshot } from '../attached/snapshot.ts'
import { grouped, shortText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT, exitCode } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { withRunning } from '../running.ts'

/** It is on from now on, also where it cannot run yet: then the exit code says why. */
export const enable: CliCommand = (args, io) =>
  onEntry('enable', args, io, async (client, { id, kind, name }, tell) => {
    await client.call('entry.enable', { id, enabled: true })
    const tree = await snapshot(client, io.stop)
    const fault = failureOf(tree.bridges[id] ?? tree.rotators[id])
    tell('enabled', { kind, id, ...(fault && { fault: fault.toJSON() }) })
    if (!fault) return EXIT.done
    io.say(`${shortText(name)} cannot run yet: ${fault.message}`)
    return exitCode(fault)
  })

export const disable: CliCommand = (args, io) =>
  onEntry('disable', args, io, async (client, { id, kind }, tell) => {
    const { lost } = await client.call('entry.enable', { id, enabled: false })
    tell('disabled', { kind, id, lost })
    return EXIT.done
  })

/** Out of the settings. */
export const remove: CliCommand = (args, io) =>
  onEntry('remove', args, io, async (client, { id, kind }, tell) => {
    const { lost } = await client.call('entry.remove', { id })
    tell('removed', { kind, id, lost })
    return EXIT.done
  })

/** `disconnect NAME [CLIENT]`: one client, or all. They may come again. */
export const disconnect: CliCommand = (args, io) => {
  const text = parse(args, {}, 2).positionals[1]
  const session = text === undefined ? undefined : clientNumber(text)
  return onEntry('disconnect', args, io, async (client, entry, tell) => {
    const { id, kind, name } = entry
    if (kind === 'rotator')
      throw new Fault(
        'usage',
        `${shortText(name)} is a rotator: its clients are those of its shares. Name the share; see farport list.`
      )
    const { count } = await client.call('session.disconnect', { id, ...(session && { session }) })
    tell('disconnected', { kind, id, count }, ` (${count} ${count === 1 ? 'client' : 'clients'})`)
    return EXIT.done
  })
}

interface Told {
  readonly kind: Entry['kind']
  readonly id: string
  readonly lost?: number
  readonly count?: number
  readonly fault?: FaultRecord
}
type Tell = (done: string, told: Told, behind?: string) => void

async function onEntry(
  verb: string,
  args: readonly string[],
  io: CliIo,
  act: (client: RpcClient, entry: Entry, tell: Tell) => Promise<number>
): Promise<number> {
  const { positionals, given } = parse(args, {}, verb === 'disconnect' ? 2 : 1)
  const [name] = positionals
  if (name === undefined)
    throw new Fault(
      'usage',
      `Which one? Name a share, link or rotator: farport ${verb} NAME; see farport list.`
    )
  return withRunning(async (client) => {
    const entry = named(await snapshot(client, io.stop), name)
    return act(client, entry, (done, told, behind = '') => {
      if (flag(given, 'json')) io.print(JSON.stringify({ [done]: entry.name, ...told }))
      else {
        io.print(`${done} ${shortText(entry.name, 255)}${behind}`)
        if (told.lost) io.say(`${grouped(told.lost)} bytes could not be delivered before the end.`)
      }
    })
  })
}

function clientNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number < 1)
    throw new Fault(
      'usage',
      `"${shortText(text)}" is no client's number. They stand in farport list, column NO.`
    )
  return number
}

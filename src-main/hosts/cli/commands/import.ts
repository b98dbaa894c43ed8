import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { Fault, toFault } from '../../../contract/faults.ts'
import {
  FRESH_SETTINGS,
  rotatorEntrySchema,
  shareEntrySchema,
  type RotatorEntry,
  type Settings,
  type ShareEntry
} from '../../../contract/settings.ts'
import type { Core } from '../../../core/core.ts'
import { instancePaths, prepareInstance, type InstancePaths } from '../../../core/instance-paths.ts'
import { newId } from '../../../core/instance/wishes.ts'
import { AllowList } from '../../../net/allow-list.ts'
import { takeInstanceLock } from '../../../os/instance-lock.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { FILES } from '../../../store/import/file-sources.ts'
import type { Found, Remark } from '../../../store/import/found.ts'
import { planFor, type Plan } from '../../../store/import/plan.ts'
import { readSer2net } from '../../../store/import/read-ser2net.ts'
import { readPrivate } from '../../../store/private-file.ts'
import { SettingsFile } from '../../../store/settings-file.ts'
import type { SettingsPlace } from '../../../store/settings-place.ts'
import { readSettings } from '../../../store/settings-text.ts'
import { failureOf } from '../attached/failure.ts'
import { importRows, importTable } from '../attached/import-table.ts'
import { snapshot } from '../attached/snapshot.ts'
import { allOrNothing } from '../attached/taken-back.ts'
import { shortText } from '../attached/words.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse, values } from '../options.ts'
import { running } from '../running.ts'
import { withCore } from '../with-core.ts'

const OPTIONS = { 'dry-run': { type: 'boolean' }, allow: { type: 'string' } } as const

/** `farport import FILE [--allow WHO] [--dry-run]`: what ser2net does by that file is what Farport does from now on. */
export const importFile: CliCommand = async (args, io) => {
  const { given, positionals } = parse(args, OPTIONS, 1)
  const [name] = positionals
  if (name === undefined)
    throw new Fault('usage', 'Which file? For instance: farport import /etc/ser2net.yaml --dry-run')
  const allow = values(given, 'allow')
  // Throws for what nobody could be allowed by.
  new AllowList(allow)
  const file = resolve(name)
  const found = readSer2net(file, { sources: FILES, allow })
  const isDry = flag(given, 'dry-run')
  const client = await running(io)
  try {
    const target = client ? attached(client, io) : settingsFile(isDry)
    const plan = await target.plan((settings) => checkedPlan(found, settings, io))
    if (!isDry) await target.add(plan)
    tell(plan, file, flag(given, 'json'), isDry, io)
    sum(plan, found, isDry, client !== undefined, io)
    return exitFor(plan, found)
  } finally {
    client?.dispose()
  }
}

/** Where entries are put: all of them, or none. */
interface Target {
  plan(make: (settings: Settings) => Promise<Plan>): Promise<Plan>
  add(plan: Plan): Promise<void>
}

function attached(client: RpcClient, io: CliIo): Target {
  return {
    plan: async (make) => make(await client.call('settings.read', {})),
    add: (plan) =>
      allOrNothing(client, io, async (keep) => {
        const ids = new Set<string>()
        for (const { wish } of plan.shares) {
          ids.add(keep(await client.call('share.add', wish)).id)
          io.stop.throwIfAborted()
        }
        for (const { wish } of plan.rotators) {
          ids.add(keep(await client.call('rotator.add', wish)).id)
          io.stop.throwIfAborted()
        }
        const { bridges, rotators } = await snapshot(client, io.stop)
        for (const each of [...Object.values(bridges), ...Object.values(rotators)]) {
          const fault = ids.has(each.id) ? failureOf(each) : undefined
          // Most often ser2net itself is still there: it is tried again.
          if (fault) io.say(`${shortText(each.name)} waits: ${fault.message}`)
        }
      })
  }
}

/** For the next `farport serve`. */
function settingsFile(isDry: boolean): Target {
  const paths = instancePaths('user')
  const { FARPORT_CONFIG: named } = process.env
  const place: SettingsPlace = named
    ? { path: resolve(named), ownFolder: false }
    : { path: paths.settings, ownFolder: true }
  return {
    plan: async (make) => make(isDry ? await readOnly(place) : await withFile(paths, place, readNow)),
    add: async (plan) => {
      await withFile(paths, place, async (file) => {
        await file.update((settings) => withPlan(settings, plan))
      })
    }
  }
}

const readNow = (file: SettingsFile): Promise<Settings> => Promise.resolve(file.settings)

/** Makes nothing, not even a folder. */
async function readOnly({ path }: SettingsPlace): Promise<Settings> {
  const text = existsSync(path) ? await readPrivate(path) : undefined
  return text === undefined ? FRESH_SETTINGS : readSettings(text, path).settings
}

async function withFile<T>(
  paths: InstancePaths,
  place: SettingsPlace,
  use: (file: SettingsFile) => Promise<T>
): Promise<T> {
  prepareInstance(paths)
  const lock = takeInstanceLock(paths.lock, 'farport import')
  try {
    const faults: Fault[] = []
    const file = await SettingsFile.open({ place, report: (fault) => void faults.push(fault) })
    try {
      const [fault] = faults
      // What is broken must not be built upon.
      if (fault) throw fault
      return await use(file)
    } finally {
      await file.close()
    }
  } finally {
    lock.dispose()
  }
}

function withPlan(settings: Settings, plan: Plan): Settings {
  // Somebody may have edited the file since it was looked at.
  const again = planFor({ ...plan, remarks: [], needAllow: 0 }, settings)
  if (again.there > 0)
    throw new Fault('usage', 'The settings changed meanwhile, and nothing was imported. Try once more.')
  const shares = [...settings.shares, ...plan.shares.map(shareEntry)]
  const idOf = new Map(shares.map(({ id, name }) => [name, id]))
  const rotators = plan.rotators.map((each) => rotatorEntry(each, idOf))
  return { ...settings, shares, rotators: [...settings.rotators, ...rotators] }
}

function shareEntry({ name, wish }: Plan['shares'][number]): ShareEntry {
  return v.parse(shareEntrySchema, { ...wish, id: newId(), name })
}

function rotatorEntry(
  { name, wish }: Plan['rotators'][number],
  idOf: ReadonlyMap<string, string>
): RotatorEntry {
  const shares = wish.shares.map((each) => idOf.get(each) ?? each)
  return v.parse(rotatorEntrySchema, { ...wish, id: newId(), name, shares })
}

/** Each entry is put to the same test as one that is added by hand; what fails is told with its lines. */
function checkedPlan(found: Found, settings: Settings, io: CliIo): Promise<Plan> {
  return withCore(io, 'warnings', async (core) => {
    const remarks: Remark[] = []
    const shares: Found['shares'][number][] = []
    for (const share of found.shares) {
      const reason = await refusal(core, { kind: 'share', entry: shareEntry(share) })
      if (reason === undefined) shares.push(share)
      else for (const { file, line, name } of share.sources) remarks.push({ file, line, text: name, reason })
    }
    const rotators: Found['rotators'][number][] = []
    for (const rotator of found.rotators) {
      const reason = await refusal(core, { kind: 'rotator', entry: rotatorEntry(rotator, new Map()) })
      const { file, line, name } = rotator
      if (reason === undefined) rotators.push(rotator)
      else remarks.push({ file, line, text: name, reason })
    }
    return planFor({ ...found, shares, rotators, remarks: [...found.remarks, ...remarks] }, settings)
  })
}

async function refusal(core: Core, what: Parameters<Core['check']>[0]): Promise<string | undefined> {
  try {
    await core.check(what)
    return undefined
  } catch (error) {
    return toFault(error).message
  }
}

function tell(plan: Plan, file: string, json: boolean, isDry: boolean, io: CliIo): void {
  const rows = importRows(plan)
  if (json) for (const row of rows) io.print(JSON.stringify({ ...row, ...(isDry && { dryRun: true }) }))
  else
    for (const line of importTable(rows, file, io.stdout.isTTY ? io.stdout.columns : undefined))
      io.print(line)
}

function sum(
  { shares, rotators }: Plan,
  { needAllow }: Found,
  isDry: boolean,
  isRunning: boolean,
  io: CliIo
): void {
  const added = [
    counted(shares.length, 'share'),
    ...(rotators.length > 0 ? [counted(rotators.length, 'rotator')] : [])
  ]
  const what = added.join(' and ')
  if (shares.length + rotators.length === 0)
    io.say(needAllow > 0 ? 'Nothing is imported like this.' : 'There is nothing new to import.')
  else if (isDry) io.say(`Nothing was changed. Without --dry-run: ${what}.`)
  else if (isRunning)
    io.say(`Imported ${what} into the running Farport, which remembers them. See farport list.`)
  else io.say(`Imported ${what} into the settings. They begin with farport serve, once ser2net is stopped.`)
  if (needAllow > 0)
    io.say(
      `${counted(needAllow, 'entry')} would be open to other computers, without a password. Say who may come: --allow 192.168.1.0/24, or --allow anyone, as ser2net does.`
    )
}

function counted(count: number, what: string): string {
  const many = what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`
  return `${count} ${count === 1 ? what : many}`
}

/** Nothing came of it at all: that is no success. */
function exitFor({ shares, rotators, there }: Plan, { needAllow }: Found): number {
  if (shares.length + rotators.length + there > 0) return EXIT.done
  return needAllow > 0 ? EXIT.listen : EXIT.usage
}

/** The commands that change what there is to be: shares, links, rotators, preferences. */
import { Fault } from '../../contract/faults.ts'
import type { Added } from '../../contract/service-commands.ts'
import { shareCalled, type Settings } from '../../contract/settings.ts'
import { nameOf } from '../names.ts'
import type { Placed } from '../placed.ts'
import type { Handlers, House } from './house.ts'
import { nameIn, newId } from './wishes.ts'

type EntryCommands = Pick<
  Handlers,
  | 'share.add'
  | 'link.add'
  | 'rotator.add'
  | 'share.change'
  | 'link.change'
  | 'rotator.change'
  | 'entry.remove'
  | 'entry.enable'
  | 'retry.now'
  | 'settings.read'
  | 'settings.reload'
  | 'preferences.change'
>

/** Any of them: the file's schema checks what it is. */
interface Named {
  readonly id: string
  readonly name: string
}

type List = 'shares' | 'links' | 'rotators'
const LISTS: readonly List[] = ['shares', 'links', 'rotators']

export function entryCommands(house: House): EntryCommands {
  const changeEntry = async (list: List, what: Placed): Promise<Added> => {
    const { entry } = what
    await house.core.check(what)
    await house.change((settings) => {
      if (!settings[list].some(({ id }) => id === entry.id)) throw unknownEntry(entry.id)
      return replaced(settings, list, entry)
    })
    return { id: entry.id, name: entry.name }
  }
  return {
    'share.add': async (wish) => {
      const id = newId()
      await house.core.check({ kind: 'share', entry: { ...wish, id, name: wish.name ?? id } })
      await house.change((settings) => {
        const name = nameIn(settings, 'shares', wish.name, nameOf(wish.port.target))
        return { ...settings, shares: [...settings.shares, { ...wish, id, name }] }
      })
      return added(house, 'shares', id)
    },
    'link.add': async (wish) => {
      const id = newId()
      await house.core.check({ kind: 'link', entry: { ...wish, id, name: wish.name ?? id } })
      await house.change((settings) => {
        const name = nameIn(settings, 'links', wish.name, nameOf(wish.port.target))
        return { ...settings, links: [...settings.links, { ...wish, id, name }] }
      })
      return added(house, 'links', id)
    },
    'rotator.add': async (wish) => {
      const id = newId()
      await house.core.check({ kind: 'rotator', entry: { ...wish, id, name: wish.name ?? id } })
      await house.change((settings) => {
        const name = nameIn(settings, 'rotators', wish.name, 'rotator')
        const shares = wish.shares.map((share) => shareId(settings, share))
        return { ...settings, rotators: [...settings.rotators, { ...wish, id, name, shares }] }
      })
      return added(house, 'rotators', id)
    },
    'share.change': (entry) => changeEntry('shares', { kind: 'share', entry }),
    'link.change': (entry) => changeEntry('links', { kind: 'link', entry }),
    'rotator.change': (entry) => changeEntry('rotators', { kind: 'rotator', entry }),
    'entry.remove': async ({ id }) => {
      const lost = await house.change((settings) => without(settings, id))
      return { lost }
    },
    'entry.enable': async ({ id, enabled }) => {
      const lost = await house.change((settings) => {
        const list = listOf(settings, id)
        const entry = settings[list].find((each) => each.id === id)
        const switched = entry && { ...entry, enabled }
        return switched ? replaced(settings, list, switched) : settings
      })
      return { lost }
    },
    'retry.now': ({ id }) => {
      if (!house.retry(id)) throw unknownEntry(id ?? '')
      return Promise.resolve({})
    },
    'settings.read': () => Promise.resolve(house.settings),
    'settings.reload': async () => ({ changed: await house.reload() }),
    'preferences.change': async ({ name, ...preferences }) => {
      await house.change((settings) => ({
        ...settings,
        ...(name !== undefined && { name }),
        preferences: { ...settings.preferences, ...preferences }
      }))
      return house.settings.preferences
    }
  }
}

/** The id of a share that is named by its id or its name; throws `usage`. */
export function shareId(settings: Settings, share: string): string {
  const found = shareCalled(settings, share)
  if (!found) throw new Fault('usage', `There is no share "${share}". See farport list.`)
  return found.id
}

function added(house: House, list: List, id: string): Added {
  const name = house.settings[list].find((each) => each.id === id)?.name ?? ''
  return { id, name }
}

function replaced(settings: Settings, list: List, entry: Named): Settings {
  const all: readonly { readonly id: string }[] = settings[list]
  return { ...settings, [list]: all.map((each) => (each.id === entry.id ? entry : each)) }
}

function without(settings: Settings, id: string): Settings {
  const list = listOf(settings, id)
  const needed = settings.rotators.find(({ shares }) => shares.includes(id))
  if (needed)
    throw new Fault(
      'usage',
      `The rotator ${needed.name} gives this share to its clients. Remove that one first, or take the share out of it.`
    )
  const all: readonly { readonly id: string }[] = settings[list]
  return { ...settings, [list]: all.filter((each) => each.id !== id) }
}

function listOf(settings: Settings, id: string): List {
  const list = LISTS.find((each) => settings[each].some((entry) => entry.id === id))
  if (list) return list
  throw unknownEntry(id)
}

/** For an id that stands nowhere in the settings. */
export function unknownEntry(id: string): Fault {
  return new Fault('usage', `There is nothing with the id ${id} here. See farport list --json.`)
}

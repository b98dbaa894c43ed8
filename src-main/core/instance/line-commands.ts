/** The commands with which the owner acts on the line of a share or link himself, whoever has the control of it. */
import type { LineWish } from '../../contract/line.ts'
import type { Settings } from '../../contract/settings.ts'
import { onlyWatches } from '../../bridge/junction.ts'
import { watchedBy } from '../targets.ts'
import { unknownEntry } from './entry-commands.ts'
import type { Handlers, House } from './house.ts'

type LineCommands = Pick<Handlers, 'line.apply' | 'line.control' | 'line.break'>

export function lineCommands(house: House): LineCommands {
  const isOpen = (id: string): boolean => {
    const state = house.core.stateOf(id)
    return state !== undefined && state.kind !== 'rotator' && state.state.type === 'open'
  }
  return {
    'line.apply': async ({ id, wish }) => {
      const link = house.settings.links.find((each) => each.id === id)
      if (link?.observe && watchedBy(link.port) === 'here') throw onlyWatches(link.name)
      if (!isOpen(id)) {
        const own = await keepOwn(house, id, wish)
        return { to: 'own', settings: own }
      }
      const settings = await house.core.users(id).applyForOwner(wish)
      if (link) await keepOwn(house, id, lastingOf(wish, link.port.settings))
      return { to: 'port', settings }
    },
    'line.control': ({ id, ...wish }) => house.core.users(id).controlForOwner(wish),
    'line.break': async ({ id, ms }) => {
      await house.core.users(id).sendBreakForOwner(ms)
      return {}
    }
  }
}

/** Of what a link's program cannot choose, and what it is not left to choose already. */
function lastingOf({ dataBits, parity, ...others }: LineWish, own: LineWish): LineWish {
  const fixed = Object.entries(others).filter(([field]) => Object.hasOwn(own, field))
  return {
    ...(dataBits !== undefined && { dataBits }),
    ...(parity !== undefined && { parity }),
    ...Object.fromEntries(fixed)
  }
}

/** Answers what its own settings are then. Throws `usage` where there is no such share or link in the settings. */
async function keepOwn(house: House, id: string, wish: LineWish): Promise<LineWish> {
  await house.change((settings) => {
    const list = settings.shares.some((each) => each.id === id) ? 'shares' : 'links'
    const all = settings[list]
    if (!all.some((each) => each.id === id)) throw unknownEntry(id)
    return Object.keys(wish).length === 0 ? settings : withOwn(settings, list, id, wish)
  })
  const state = house.state.bridges[id]
  return state?.own ?? wish
}

function withOwn(settings: Settings, list: 'shares' | 'links', id: string, wish: LineWish): Settings {
  const all: readonly { readonly id: string; readonly port: { readonly settings: LineWish } }[] =
    settings[list]
  const changed = all.map((each) =>
    each.id === id ? { ...each, port: { ...each.port, settings: { ...each.port.settings, ...wish } } } : each
  )
  return { ...settings, [list]: changed }
}

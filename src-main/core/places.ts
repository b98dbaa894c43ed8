/** Places in a core for things that have ids and names of their own, and how each is switched on and off there. Called by core.ts. */
import { SWITCHED_OFF, type CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { ShareEntry } from '../contract/settings.ts'
import { shuttingDown, type Keep } from './keep.ts'
import type { Kept } from './kept.ts'
import type { Placed, Switch } from './placed.ts'
import { checkWords, startShare } from './shares.ts'
import { SwitchedShare } from './switched-share.ts'
import { readTarget, withDefaults } from './targets.ts'

/** It is off. A device, an address or a share that is not there is waited for. */
export function placeIn(keep: Keep, first: Placed): Switch {
  const { id } = first.entry
  let { name } = first.entry
  let what = first
  const end = async (timeoutMs: number, reason: CloseReason): Promise<number> => {
    const thing = keep.get(id)
    if (thing) return keep.stop(thing, timeoutMs, reason)
    keep.forget(id, reason)
    return 0
  }
  return {
    on: () =>
      keep.listening(
        what.kind === 'link' ? [] : what.entry.listen,
        id,
        switchOn(keep, what, () => name)
      ),
    off: async (timeoutMs) => {
      const share = keep.share(id)
      return share ? share.disable(timeoutMs) : end(timeoutMs, SWITCHED_OFF)
    },
    end,
    rename: (called) => {
      name = called
      keep.rename(id, called)
    },
    tune: (settings) => {
      what = tuned(what, settings)
      // What is known of the device holds where nothing is asked for, also of a share; a link leaves that to its program.
      keep.tune(
        id,
        what.kind === 'share' ? withDefaults(readTarget(what.entry.port, keep.context)) : settings
      )
    },
    record: (on) => {
      if (what.kind === 'link') what = { ...what, entry: { ...what.entry, record: on } }
      keep.record(id, on)
    },
    shed: async (entry) => {
      // What is wrong with it is said when it is to be that.
      await keep
        .share(id)
        ?.shed(specOf(entry))
        .catch(() => undefined)
    },
    amend: async (entry) => {
      what = { kind: 'share', entry }
      checkWords(specOf(entry), keep.context)
      await keep.share(id)?.amend(specOf(entry))
    }
  }
}

function tuned(what: Placed, settings: LineWish): Placed {
  switch (what.kind) {
    case 'share':
      return { ...what, entry: { ...what.entry, port: { ...what.entry.port, settings } } }
    case 'link':
      return { ...what, entry: { ...what.entry, port: { ...what.entry.port, settings } } }
    case 'rotator':
      return what
  }
}

/** `called`: by its name of the moment, which may change while it begins. */
async function switchOn(keep: Keep, what: Placed, called: () => string): Promise<void> {
  const { id } = what.entry
  const had = keep.get(id)
  if (had && !(had instanceof SwitchedShare)) return
  if (keep.closed) throw shuttingDown()
  const thing = had ?? (await make(keep, what, called()))
  if (!had) keep.tellFaults(keep.add(thing))
  keep.rename(id, called())
  if (thing instanceof SwitchedShare) await thing.enable()
  if (!isClosed(keep)) return
  await keep.stop(thing, 0)
  throw new Fault('usage', `${called()} cannot begin: ${shuttingDown().message}`)
}

async function make(keep: Keep, what: Placed, name: string): Promise<Kept> {
  const { id } = what.entry
  const { useOfEntry } = await import('./use.ts')
  const context = { ...keep.contextOf(id), use: useOfEntry(id) }
  switch (what.kind) {
    case 'share':
      return startShare(id, name, specOf(what.entry), context)
    case 'link':
      return (await import('./links.ts')).makeLink(id, name, { ...what.entry, wait: true }, context)
    case 'rotator': {
      const { makeRotator } = await import('./rotators.ts')
      // Shares come and go in the settings, under the same id.
      const pool = (): SwitchedShare[] => what.entry.shares.flatMap((share) => keep.share(share) ?? [])
      return makeRotator(id, name, what.entry, pool, context)
    }
  }
}

/** Paired computers reach it without a listener. */
function specOf(entry: ShareEntry): Parameters<typeof startShare>[2] {
  return { ...entry, pooled: true, wait: true, disabled: true }
}

/** A call and not the field itself, since it may change while something is made. */
function isClosed({ closed }: Keep): boolean {
  return closed
}

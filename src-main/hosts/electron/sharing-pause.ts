/** "Pause all sharing": which shares were switched off by it is remembered, so that the same ones are switched on again. */
import type { DesktopFile } from './desktop-settings.ts'
import type { AppCore } from './watched-core.ts'

/** Rejects with the first Fault; the others were switched all the same. */
export async function pauseSharing(core: AppCore, file: DesktopFile): Promise<void> {
  const shares = Object.values(core.tree?.bridges ?? {}).filter(
    ({ kind, enabled }) => kind === 'share' && enabled
  )
  const ids = shares.map(({ id }) => id)
  const before = file.settings.paused.filter((id) => core.tree?.bridges[id]?.enabled === false)
  await file.change({ paused: [...new Set([...before, ...ids])] })
  await switchAll(core, ids, false)
}

/** As `pauseSharing`. One that was removed meanwhile is forgotten. */
export async function resumeSharing(core: AppCore, file: DesktopFile): Promise<void> {
  const ids = file.settings.paused.filter((id) => core.tree?.bridges[id]?.enabled === false)
  await switchAll(core, ids, true)
  await file.change({ paused: [] })
}

async function switchAll(core: AppCore, ids: readonly string[], enabled: boolean): Promise<void> {
  const all = await Promise.allSettled(ids.map((id) => core.call('entry.enable', { id, enabled })))
  const failed = all.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

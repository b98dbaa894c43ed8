import { Rotator } from '../bridge/rotator.ts'
import type { CommandArguments } from '../contract/commands.ts'
import type { Context } from './context.ts'
import { openDoors, readDoors } from './doors.ts'
import { ShareWords } from './share-words.ts'
import type { SwitchedShare } from './switched-share.ts'

/** Rejects with a Fault of kind `config`. `pool`: asked anew for each newcomer. */
export async function makeRotator(
  id: string,
  name: string,
  spec: CommandArguments<'rotator.start'>,
  pool: () => readonly SwitchedShare[],
  context: Context
): Promise<Rotator> {
  // Its clients are greeted before it is known which device they get.
  const texts = new ShareWords({ device: '', name, settings: {} }, () => undefined)
  const names = new Map(pool().map(({ state }) => [state.id, state.name]))
  const shares = spec.shares.map((share) => ({ id: share, name: names.get(share) ?? share }))
  const to = { shares, name }
  const sources = await openDoors(readDoors(spec), { ...context, behind: to, texts })
  return new Rotator({ id, name, sources, pool })
}

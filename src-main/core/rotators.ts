import { Rotator } from '../bridge/rotator.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { openDoors, readDoors } from './doors.ts'
import type { Report } from './notice.ts'
import { ShareWords } from './share-words.ts'
import type { SwitchedShare } from './switched-share.ts'

/** Rejects with a Fault of kind `config`: `find` throws it for a share that is not there. Shares that are stopped later leave the pool. */
export async function makeRotator(
  id: string,
  name: string,
  spec: CommandArguments<'rotator.start'>,
  find: (share: string) => SwitchedShare,
  report: Report
): Promise<Rotator> {
  const shares = spec.shares.map(find)
  // Its clients are greeted before it is known which device they get.
  const texts = new ShareWords({ device: '', name, settings: {} }, () => undefined)
  const sources = await openDoors(readDoors(spec), spec, name, report, texts)
  return new Rotator({ id, name, sources, pool: () => shares.filter(({ ended }) => !ended) })
}

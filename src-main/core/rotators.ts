import { Rotator } from '../bridge/rotator.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { openDoors, readDoors } from './doors.ts'
import type { Report } from './notice.ts'
import { ShareWords } from './share-words.ts'
import type { SwitchedShare } from './switched-share.ts'

/** Rejects with a Fault of kind `config`. `pool`: asked anew for each newcomer. */
export async function makeRotator(
  id: string,
  name: string,
  spec: CommandArguments<'rotator.start'>,
  pool: () => readonly SwitchedShare[],
  report: Report
): Promise<Rotator> {
  // Its clients are greeted before it is known which device they get.
  const texts = new ShareWords({ device: '', name, settings: {} }, () => undefined)
  const sources = await openDoors(readDoors(spec), spec, name, report, texts)
  return new Rotator({ id, name, sources, pool })
}

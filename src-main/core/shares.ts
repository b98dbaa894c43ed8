import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import { checkServed } from '../net/dial.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import { shownTarget } from '../ports/program/secrets.ts'
import type { Context } from './context.ts'
import { readDoors } from './doors.ts'
import { SharePlan, type ShareArguments } from './share-plan.ts'
import { SwitchedShare } from './switched-share.ts'
import { readTarget, withDefaults } from './targets.ts'

/** A share that can be switched; on unless the spec says otherwise. Rejects as `SharePlan.make`. */
export async function startShare(
  id: string,
  name: string,
  spec: ShareArguments,
  context: Context
): Promise<SwitchedShare> {
  checkWords(spec, context)
  const { defaults } = readTarget(spec.port, context)
  const own = (settings: LineWish): LineWish => withDefaults({ defaults, settings })
  const off = { id, name, port: shownTarget(spec.port.target), own: own(spec.port.settings) }
  const share = new SwitchedShare(off, new SharePlan(id, spec, context))
  if (!spec.disabled) await share.enable()
  return share
}

/** What can be found wrong without looking at the device: also for a share that starts switched off. Throws a Fault. */
export function checkWords(spec: ShareArguments, context: Context): void {
  if (spec.listen.length + spec.dial.length === 0 && !spec.pooled)
    throw new Fault('usage', `Where shall ${shownTarget(spec.port.target)} be reached? Give it a listener.`)
  checkRules(spec)
  readTarget(spec.port, context)
  readDoors(spec)
  for (const { url } of spec.dial) checkServed(parseEndpoint(url))
}

/** Rules that have no effect beside each other would leave whoever wrote them in a wrong belief. */
function checkRules({ newcomer, writers, maxClients, oneWay, dial }: ShareArguments): void {
  const takesOver = newcomer === 'take-over'
  if (takesOver && maxClients === 1)
    throw new Fault(
      'usage',
      'Where one client alone has a place, nobody can come and take over. Allow more clients, or have newcomers kick-old.'
    )
  if (takesOver && writers !== 'one')
    throw new Fault(
      'usage',
      `Nobody can take over where ${writers === 'all' ? 'all write' : 'nobody writes'}. Leave out one of the two.`
    )
  if (oneWay === 'to-device' && dial.some(({ when }) => when === 'data'))
    throw new Fault(
      'usage',
      'Where bytes go to the device alone, nobody is called because of what that says. Use --dial, or both ways.'
    )
}

/** Where a capture may be replayed to, and which of its records. Pure. */
import type { ReplaySpec } from '../../../src-main/contract/recording.ts'
import type { StateTree } from '../../../src-main/contract/state.ts'
import { portName, portTarget } from '../port-names.ts'

export interface ReplayTarget {
  /** For a select. */
  readonly key: string
  readonly name: string
  readonly kind: 'bridge' | 'port'
  readonly to: ReplaySpec['to']
}

/** Where bytes can be sent: what is shared or connected, and ports of this computer that are neither. */
export function replayTargets({ bridges, ports }: StateTree): readonly ReplayTarget[] {
  const open = Object.values(bridges).filter(
    ({ enabled, passing, onlyWatches }) => enabled && !passing && !onlyWatches
  )
  const used = new Set(open.map(({ portId }) => portId))
  return [
    ...open.map(({ id, name }) => ({ key: `bridge ${id}`, name, kind: 'bridge' as const, to: { id } })),
    ...Object.values(ports ?? {})
      .filter(({ id }) => !used.has(id))
      .map((port) => ({
        ...{ key: `port ${port.id}`, name: `${portName(port)} (${port.path})`, kind: 'port' as const },
        to: { port: { target: portTarget(port) } }
      }))
  ]
}

/** What stands in the two fields, both included, as records `from` up to, and without, `to`. Undefined: that is no range. */
export function rangeOf(
  from: number | null,
  until: number | null
): { readonly from?: number; readonly to?: number } | undefined {
  const isNumber = (value: number | null): boolean =>
    value === null || (Number.isSafeInteger(value) && value >= 0)
  if (!isNumber(from) || !isNumber(until) || (until !== null && until < (from ?? 0))) return undefined
  return { ...(from !== null && { from }), ...(until !== null && { to: until + 1 }) }
}

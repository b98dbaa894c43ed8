/** An address that another share or rotator of this Farport has: who is sent to look for another program looks in vain. */
import type { CommandArguments } from '../contract/commands.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { BridgeState, RotatorState } from '../contract/state.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'

const EVERYWHERE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::'])

/**
 * Why it could not listen at `listen`: the same Fault, or, where that is `address-in-use` by one of `others`, one that names it. A
 * share that may not be among them is the one that could not.
 */
export function whoseAddress(
  error: unknown,
  listen: CommandArguments<'share.start'>['listen'],
  others: readonly (BridgeState | RotatorState)[]
): Fault {
  const fault = toFault(error)
  if (fault.code !== 'address-in-use') return fault
  for (const each of listen) {
    const url = typeof each === 'string' ? each : each.url
    const wanted = parseEndpoint(url, 'listen')
    const holder = others.find(
      ({ kind, addresses }) =>
        kind !== 'link' && addresses.some((address) => collide(wanted, parseEndpoint(address, 'listen')))
    )
    if (holder)
      return new Fault(
        'address-in-use',
        `${url} is the address of the ${holder.kind} "${holder.name}" already. Choose another one, or remove that: farport remove "${holder.name}"`,
        fault
      )
  }
  return fault
}

/** The protocol on it does not matter. */
function collide(one: Endpoint, other: Endpoint): boolean {
  if (one.transport === 'unix' || other.transport === 'unix')
    return one.transport === other.transport && one.path === other.path
  if ((one.transport === 'udp') !== (other.transport === 'udp') || one.port === 0) return false
  if (one.port !== other.port) return false
  return one.host === other.host || EVERYWHERE.has(one.host) || EVERYWHERE.has(other.host)
}

/** Which interfaces there are to speak on, from what the system lists: those that are up, have an address and are wanted. */
import type { NetworkInterfaceInfo } from 'node:os'
import { INTERFACES } from './limits.ts'

export interface Link {
  /** `eth0`; on Windows what people call it. */
  readonly name: string
  /** Of the interface, both families, those that others can use first: see `announced`. */
  readonly addresses: readonly string[]
  readonly families: readonly (4 | 6)[]
  /** What names the interface to the system: an address of it for IPv4, its zone for IPv6. */
  readonly member: Readonly<Record<4 | 6, string>>
  /** Changes with everything that makes it another network. */
  readonly signature: string
}

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** `chosen`: names; none: all but loopback. */
export function linksOf(
  interfaces: Interfaces,
  chosen: readonly string[],
  platform: NodeJS.Platform = process.platform
): Link[] {
  const links = Object.entries(interfaces)
    .filter(([name, infos]) =>
      chosen.length > 0 ? chosen.includes(name) : !infos?.some((each) => each.internal)
    )
    .flatMap(([name, infos = []]) => (infos.length > 0 ? [linkOf(name, infos, platform)] : []))
  return links.slice(0, INTERFACES)
}

function linkOf(name: string, infos: readonly NetworkInterfaceInfo[], platform: NodeJS.Platform): Link {
  const of = (family: 'IPv4' | 'IPv6'): readonly NetworkInterfaceInfo[] =>
    infos.filter((each) => each.family === family)
  const [v4, v6] = [of('IPv4'), of('IPv6')]
  const scope = v6.map((each) => each.scopeid).find((each) => each) ?? 0
  return {
    name,
    addresses: announced(infos),
    families: [...(v4.length > 0 ? [4 as const] : []), ...(v6.length > 0 ? [6 as const] : [])],
    member: { 4: v4[0]?.address ?? '', 6: `::%${platform === 'win32' ? scope : name}` },
    signature: JSON.stringify(
      infos.map(({ address, netmask, mac, scopeid }) => [address, netmask, mac, scopeid])
    )
  }
}

/**
 * What avahi announces too, as both say it under one name: an address that means nothing outside the link only where the interface
 * has no other of its family. If the two differed, each would take the other for a stranger with the same name.
 */
function announced(infos: readonly NetworkInterfaceInfo[]): string[] {
  return (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const all = infos.filter((each) => each.family === family)
    const wide = all.filter((each) => !isLinkLocal(each.address))
    return (wide.length > 0 ? wide : all).map((each) => each.address)
  })
}

export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]|^169\.254\./i.test(address)
}

/** All addresses of this computer. */
export function ownAddresses(interfaces: Interfaces): ReadonlySet<string> {
  return new Set(Object.values(interfaces).flatMap((infos) => (infos ?? []).map((each) => each.address)))
}

/**
 * The doctor's question whether others in the network can be found by themselves (mDNS), and find this computer. Called by core/doctor and
 * core/doctor-facts. To learn whether the port can be shared it is bound for a moment as whoever speaks mDNS does: nobody loses a packet.
 */
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../contract/findings.ts'
import type { Preferences } from '../contract/settings.ts'
import { readAttribute } from '../os/sysfs-tree.ts'
import { linksOf, type Interfaces } from '../peers/discovery/links.ts'
import { MDNS_PORT } from '../peers/discovery/transport.ts'
import type { Facts } from './doctor-facts.ts'

/** The group of mDNS (RFC 6762 §3); bound to it, a socket gets no packet that is for another program alone. */
const GROUP = '224.0.0.251'

/** Of <linux/if.h>. */
const IFF_MULTICAST = 0x1000

export interface MdnsFacts {
  /** All but loopback. `multicast`: undefined: the system does not say. */
  readonly links: readonly { readonly name: string; readonly multicast: boolean | undefined }[]
  /** `taken`: a program has it for itself; `forbidden`: this user may not have it; `unknown`: this system does not say. */
  readonly port: 'shared' | 'taken' | 'forbidden' | 'unknown'
}

/** Never rejects. */
export async function mdnsFacts(
  sysRoot = '/sys',
  interfaces: Interfaces = interfacesHere(),
  port = MDNS_PORT
): Promise<MdnsFacts> {
  const links = await Promise.all(
    linksOf(interfaces, []).map(async ({ name }) => {
      const flags = Number(await readAttribute(join(sysRoot, 'class/net', name), 'flags'))
      return { name, multicast: flags > 0 ? (flags & IFF_MULTICAST) !== 0 : undefined }
    })
  )
  return { links, port: await portShared(port) }
}

export const checkMdns = ({ mdns, instances }: Facts): Finding[] => {
  const subject = 'mDNS'
  const running = instances
    .map(({ state }) => state)
    .find((state) => state.type === 'running' && state.discovery !== undefined)
  const wanted = running?.type === 'running' ? running.discovery : undefined
  const path = running?.type === 'running' ? (running.self.settingsPath ?? 'its settings') : ''
  const warning = (message: string, fix: string): Finding => ({ level: 'warning', subject, message, fix })
  const off = switchedOff(wanted)
  if (off !== undefined)
    return [
      warning(off, `Switch it on where you want it: Settings, Network, or preferences.discovery in ${path}`)
    ]
  const { port } = mdns
  if (port === 'taken')
    return [
      warning(
        `another program has UDP port ${MDNS_PORT} for itself: others are not found by themselves, and do not find this computer`,
        `Find out who it is, and end it or have it share the port: sudo ss -lunp 'sport = :${MDNS_PORT}'. Until then: farport peers add HOST`
      )
    ]
  if (port === 'forbidden')
    return [
      warning(
        `UDP port ${MDNS_PORT} may not be used here: others are not found by themselves`,
        `Allow UDP port ${MDNS_PORT} for this user or container, or name others: farport peers add HOST`
      )
    ]
  return [checkLinks(mdns, wanted?.interfaces ?? [], path, warning)]
}

function checkLinks(
  { links, port }: MdnsFacts,
  chosen: readonly string[],
  path: string,
  warning: (message: string, fix: string) => Finding
): Finding {
  const used = chosen.length === 0 ? links : links.filter(({ name }) => chosen.includes(name))
  const names = used.map(({ name }) => name).join(', ')
  if (links.length === 0)
    return warning(
      'no network is connected: there is nobody to find',
      'Connect a cable or join a Wi-Fi network; Farport notices that by itself'
    )
  if (used.length === 0)
    return warning(
      `${chosen.join(', ')} of preferences.discovery.interfaces is not there; there is ${links.map(({ name }) => name).join(', ')}`,
      `Name one that is there, or none for all of them, in ${path}`
    )
  if (used.every(({ multicast }) => multicast === false))
    return warning(
      `nothing here carries multicast (${names}), as with most VPNs: others are not found by themselves`,
      'Name them: farport peers add HOST'
    )
  const shared = port === 'shared' ? `, UDP port ${MDNS_PORT} can be shared` : ''
  return { level: 'ok', subject: 'mDNS', message: `others are looked for on ${names}${shared}` }
}

function switchedOff(wanted: Preferences['discovery'] | undefined): string | undefined {
  if (!wanted || (wanted.announce && wanted.browse)) return undefined
  if (wanted.announce) return 'switched off in part: this Farport looks for nobody'
  if (wanted.browse) return 'switched off in part: others do not find this Farport by themselves'
  return 'switched off: this Farport finds nobody, and nobody finds it, but by an address'
}

function portShared(port: number): Promise<MdnsFacts['port']> {
  // Windows shares no port with one who wants it alone, and does not tell which of them that is.
  if (process.platform === 'win32') return Promise.resolve('unknown')
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      socket.close()
      resolve(
        code === 'EADDRINUSE' ? 'taken' : code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'unknown'
      )
    })
    socket.bind({ port, address: GROUP }, () => socket.close(() => resolve('shared')))
  })
}

function interfacesHere(): Interfaces {
  try {
    return networkInterfaces()
  } catch {
    // Some sandboxes forbid the question.
    return {}
  }
}

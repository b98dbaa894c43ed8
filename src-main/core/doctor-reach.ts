/** The doctor's question whether other computers reach this one. Pure: facts in, findings out. Called by core/doctor. */
import { isIP } from 'node:net'
import { plainText } from '../base/plain-text.ts'
import type { Finding } from '../contract/findings.ts'
import { FARPORT_PORT } from '../contract/settings.ts'
import type { Facts } from './doctor-facts.ts'
import type { InstanceFact, ReachFact } from './doctor-instance-facts.ts'

const SUBJECT = 'other computers'

/** Of what others say of themselves, and of what they met with. */
const MAX_NAME = 48
const MAX_WHY = 200

export const checkReach = (facts: Facts): Finding[] =>
  facts.instances.flatMap(({ state }) => (state.type === 'running' ? checkOne(state.reach, facts) : []))

function checkOne(reach: readonly ReachFact[], facts: Facts): Finding[] {
  const reached = reach.filter((each) => each.reached.reached).map(({ peer }) => plainText(peer, MAX_NAME))
  const others = reach.filter((each) => !each.reached.reached)
  const [first] = others
  const ok: Finding[] =
    reached.length === 0
      ? []
      : [{ level: 'ok', subject: SUBJECT, message: `this one is reached by ${reached.join(', ')}` }]
  if (!first) return ok
  if (reached.length === 0) return [finding('problem', 'Other computers cannot reach this one', first, facts)]
  return [
    ...ok,
    ...others.map((each) =>
      finding('warning', `${plainText(each.peer, MAX_NAME)} cannot reach this one`, each, facts)
    )
  ]
}

function finding(level: Finding['level'], what: string, { peer, reached }: ReachFact, facts: Facts): Finding {
  const { code, why = 'it does not say why', at } = reached
  const name = plainText(peer, MAX_NAME)
  const [, host = '', digits = String(FARPORT_PORT)] = /^\[?(.*?)\]?:(\d+)$/.exec(at ?? '') ?? []
  const port = Number(digits)
  const tried = `(${name} tried ${plainText(why, MAX_WHY)})`
  if (isIP(host) && !facts.addresses.includes(host))
    return {
      level,
      subject: SUBJECT,
      message: `${what}: at ${host}, from where it comes to them, is a router in between ${tried}`,
      fix: `Have that router pass port ${port} on to this computer, or join both by a VPN`
    }
  if (code === 'peer-key-changed' || code === 'peer-protocol')
    return {
      level,
      subject: SUBJECT,
      message: `${what}: something else answers in its place ${tried}`,
      fix: `See whether the address is there twice in the network, or a router passes port ${port} on to another computer`
    }
  return {
    level,
    subject: SUBJECT,
    message: `${what}: the firewall blocks port ${port} ${tried}`,
    fix: firewallFix(port, facts)
  }
}

function firewallFix(port: number, { platform, firewall, processes }: Facts): string {
  const ufw = `sudo ufw allow ${port}/tcp`
  const firewalld = `sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`
  if (platform === 'win32')
    return `As administrator: netsh advfirewall firewall add rule name=Farport dir=in action=allow protocol=TCP localport=${port}`
  if (platform === 'darwin')
    return 'System Settings, Network, Firewall, Options: allow incoming connections for node (Farport)'
  if (firewall === 'ufw') return ufw
  if (processes.some(({ command }) => command === 'firewalld')) return firewalld
  return `With ufw: ${ufw}. With firewalld: ${firewalld}. With nftables: sudo nft insert rule inet filter input tcp dport ${port} accept`
}

/** Ports that a Farport of this computer has: nobody else took them. Of one that may not be asked, the usual one. */
export function ownPorts(instances: readonly InstanceFact[]): Set<number> {
  return new Set(
    instances.flatMap(({ state }) => {
      if (state.type !== 'running') return state.type === 'fault' ? [FARPORT_PORT] : []
      const urls = [...(state.self.listening ?? []), ...(state.addresses ?? [])]
      return urls.flatMap((url) => /:(\d+)\/?$/.exec(url)?.[1] ?? []).map(Number)
    })
  )
}

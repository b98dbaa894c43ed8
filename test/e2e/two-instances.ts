/** Two running Farports that are paired, both on this computer. Called by the tests of what one asks of the other. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { PermissionLevel } from '../../src-main/contract/settings.ts'
import { loadIdentity } from '../../src-main/peers/identity.ts'
import { freePort } from '../peers/free-port.ts'
import { InstanceHome, type GivenSettings } from './instance.ts'

export interface Installed {
  readonly home: InstanceHome
  readonly id: string
  /** Of its farport/1 listener. */
  readonly port: number
}

export async function installed(env: NodeJS.ProcessEnv = {}): Promise<Installed> {
  const home = new InstanceHome(env)
  const folder = dirname(home.settings)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return { home, id: (await loadIdentity(folder)).id, port: await freePort() }
}

/** As the file of one that is paired with `other`, which may do that here. */
export function pairedSettings(
  name: string,
  { port }: Installed,
  other: Installed,
  otherName: string,
  level: PermissionLevel,
  more: GivenSettings = {}
): GivenSettings {
  const permissions = { default: { level, history: false }, shares: {} }
  const addresses = [`127.0.0.1:${other.port}`]
  return {
    name,
    preferences: { listen: { port, addresses: ['127.0.0.1'] } },
    peers: [{ id: other.id, name: otherName, trust: 'trusted', since: 0, permissions, addresses }],
    ...more
  }
}

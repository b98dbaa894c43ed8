/** By what name or address programs reach a listener of this computer. Pure. */
import type { SelfState } from '../../src-main/contract/state.ts'
import { words } from '../words/words.ts'
import type { PlainListener } from './listeners.ts'

const HOST_NAME = /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i
const ANY = ['0.0.0.0', '::', '*', '']

/** Of a listener that is open to others an address of this computer that peers use, too; else its name. */
export function hostFor({ host, reach }: PlainListener, self: SelfState | undefined): string {
  if (reach === 'this-computer') return host.startsWith('127.') || host === '::1' ? host : '127.0.0.1'
  if (!ANY.includes(host)) return host
  const known = (self?.listening ?? []).map(hostOf).find((each) => each !== '' && !isOwn(each))
  if (known !== undefined) return known
  // A name as people give them (`Ada’s laptop`) is none that a network finds, and would be more than one word in a command.
  return self && HOST_NAME.test(self.name) ? self.name : words.address.yourAddress
}

function hostOf(url: string): string {
  const [, bracketed, plain] = /^(?:[a-z+\d]+:\/\/)?(?:\[([^\]]+)\]|([^:/]+))/.exec(url) ?? []
  return bracketed ?? plain ?? ''
}

function isOwn(host: string): boolean {
  return ANY.includes(host) || host.startsWith('127.') || host === '::1' || host === 'localhost'
}

/** By what name or address programs reach a listener of this computer. Pure. */
import type { SelfState } from '../../src-main/contract/state.ts'
import type { PlainListener } from './listeners.ts'

const ANY = ['0.0.0.0', '::', '*', '']

/** Of a listener that is open to others an address of this computer that peers use, too; else its name. */
export function hostFor({ host, reach }: PlainListener, self: SelfState | undefined): string {
  if (reach === 'this-computer') return host.startsWith('127.') || host === '::1' ? host : '127.0.0.1'
  if (!ANY.includes(host)) return host
  const known = (self?.listening ?? []).map(hostOf).find((each) => each !== '' && !isOwn(each))
  return known ?? self?.name ?? 'localhost'
}

function hostOf(url: string): string {
  const [, bracketed, plain] = /^(?:[a-z+\d]+:\/\/)?(?:\[([^\]]+)\]|([^:/]+))/.exec(url) ?? []
  return bracketed ?? plain ?? ''
}

function isOwn(host: string): boolean {
  return ANY.includes(host) || host.startsWith('127.') || host === '::1' || host === 'localhost'
}

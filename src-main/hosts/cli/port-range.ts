/**
 * `--listen raw://0.0.0.0:7000-7047` behind many devices: the first device gets the first port, and so on.
 */
import { Fault } from '../../contract/faults.ts'

const RANGE = /^(?<before>.*:)(?<first>\d{1,5})-(?<last>\d{1,5})(?<after>(\/?\?.*)?)$/s

/** More than a process could listen on at all. */
const MAX_PORTS = 10_000

export function isRange(url: string): boolean {
  return RANGE.test(url)
}

/** The URL for each of so many devices; a URL without a range stays what it is, for one. Throws the Fault `usage`. */
export function spread(url: string, devices: number): string[] {
  const { before = '', first = '', last = '', after = '' } = RANGE.exec(url)?.groups ?? {}
  if (first === '') {
    if (devices === 1) return [url]
    throw new Fault(
      'usage',
      `${url} is one port for ${devices} devices. Give a range, e.g. ${withRange(url, devices)}.`
    )
  }
  const from = Number(first)
  const ports = Number(last) - from + 1
  if (ports < 1 || ports > MAX_PORTS || from === 0)
    throw new Fault(
      'usage',
      `${url} has no right range of ports: the first one must not be above the last one.`
    )
  if (ports < devices)
    throw new Fault(
      'usage',
      `${url} has ${ports} ports for ${devices} devices. Make it ${before}${from}-${from + devices - 1}${after}.`
    )
  return Array.from({ length: devices }, (_, index) => `${before}${from + index}${after}`)
}

function withRange(url: string, devices: number): string {
  return url.replace(/:(\d+)(?=\D*$)/, (_, port: string) => `:${port}-${Number(port) + devices - 1}`)
}

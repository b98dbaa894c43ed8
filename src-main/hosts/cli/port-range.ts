/**
 * `--listen raw://0.0.0.0:7000-7047` behind many devices: the first device gets the first port, and so on.
 */
import { Fault } from '../../contract/faults.ts'

const RANGE = /^(?<before>.*:)(?<first>\d{1,5})-(?<last>\d{1,5})(?<after>(\/?\?.*)?)$/s

const MAX_PORT = 65_535

/** The same with one port. */
const PORT = /^(?<before>.*:)(?<port>\d{1,5})(?<after>(\/?\?.*)?)$/s

export function isRange(url: string): boolean {
  return RANGE.test(url)
}

/** The URL for each of so many devices; a URL without a range stays what it is, for one. Throws the Fault `usage`. */
export function spread(url: string, devices: number): string[] {
  const { before = '', first = '', last = '', after = '' } = RANGE.exec(url)?.groups ?? {}
  if (first === '') {
    if (devices === 1) return [url]
    throw new Fault('usage', `${url} is one address for ${devices} devices. ${rangeFor(url, devices)}`)
  }
  const from = Number(first)
  const ports = Number(last) - from + 1
  if (ports < 1 || from === 0 || Number(last) > MAX_PORT)
    throw new Fault(
      'usage',
      `${url} has no right range of ports: they are 1 to ${MAX_PORT}, and the first one is not above the last one.`
    )
  if (ports < devices)
    throw new Fault(
      'usage',
      `${url} has ${ports} ports for ${devices} devices. ${example(before, Math.min(from, MAX_PORT - devices + 1), devices, after)}`
    )
  return Array.from({ length: devices }, (_, index) => `${before}${from + index}${after}`)
}

/** What to give instead of a URL that is one address for so many devices: a sentence. */
export function rangeFor(url: string, devices: number): string {
  const { before, port, after = '' } = PORT.exec(url)?.groups ?? {}
  if (before === undefined) return 'Give each device a --listen of its own.'
  const from = Math.min(Number(port) || 7000, MAX_PORT - devices + 1)
  return example(before, from, devices, after)
}

function example(before: string, from: number, devices: number, after: string): string {
  return `Give a range: ${before}${from}-${from + devices - 1}${after}.`
}

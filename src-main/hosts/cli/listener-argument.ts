/**
 * `--listen URL`: the endpoint URL, and behind a `?` what holds for this listener alone. What is no option of ours stays with
 * the URL, where it may be one of the endpoint's.
 *
 *   rfc2217://0.0.0.0:7000?baud=9600&line=7E1      raw://127.0.0.1:7001?observe
 */
import type { ListenerSpec } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import { readSettings, type Given } from './options.ts'

const SETTINGS = ['baud', 'line', 'databits', 'parity', 'stopbits', 'flow']
const TEXTS = { banner: 'banner', signature: 'signature', 'close-on': 'closeOn' } as const

/** A listener without options of its own stays the text it is. Throws the Fault `usage` or `bad-settings`. */
export function readListener(text: string): string | ListenerSpec {
  const at = text.indexOf('?')
  if (at < 0) return text
  const given: Record<string, string[] | undefined> = {}
  const texts: Partial<Record<(typeof TEXTS)[keyof typeof TEXTS], string>> = {}
  const left: string[] = []
  let observe = false
  for (const part of text.slice(at + 1).split('&')) {
    const [name = '', ...rest] = part.split('=')
    const value = decode(text, rest.join('='))
    if (name === 'observe') observe = isOn(text, value)
    else if (SETTINGS.includes(name)) (given[name] ??= []).push(value)
    else if (name === 'allow') (given.allow ??= []).push(...value.split(','))
    else if (isText(name)) texts[TEXTS[name]] = value
    else left.push(part)
  }
  const { allow, ...line } = given
  const settings = readSettings(line satisfies Given)
  return {
    url: left.length === 0 ? text.slice(0, at) : `${text.slice(0, at)}?${left.join('&')}`,
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(observe && { observe }),
    ...(allow && { allow }),
    ...texts
  }
}

function isText(name: string): name is keyof typeof TEXTS {
  return Object.hasOwn(TEXTS, name)
}

function isOn(text: string, value: string): boolean {
  if (!['', 'yes', 'no'].includes(value))
    throw new Fault('usage', `"${text}": observe is yes or no, or stands alone.`)
  return value !== 'no'
}

function decode(text: string, value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    // The only thing it throws on.
    throw new Fault('usage', `"${text}" has a % that is no escape: a % itself is written %25.`)
  }
}

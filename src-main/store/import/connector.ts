/** What ser2net connects a client with: a device, another address, a program. Called by the readers; fills a draft. */
import { PIPE_PREFIX, TERMINAL_PREFIX, quoteWord } from '../../ports/program/command-line.ts'
import { readEnd } from './accepter.ts'
import type { Defaults } from './defaults.ts'
import { freshSerial, type Draft } from './draft.ts'
import { NotImportable } from './found.ts'
import { isSerialOption, setSerial, takeSerialWord } from './serial.ts'
import { cutAtComma, readStack, words, type Stack } from './stack.ts'

/** Throws NotImportable. */
export function readConnector(draft: Draft, text: string, defaults: Defaults): void {
  const stack = readStack(text)
  const { carrier, layers, rest } = stack
  if (layers.length === 0)
    switch (carrier.name) {
      case 'serialdev':
        readDevice(draft, stack, defaults)
        return
      case 'stdio':
      case 'pty':
        draft.target = programOf(carrier.name === 'pty' ? TERMINAL_PREFIX : PIPE_PREFIX, rest)
        for (const [name, value] of carrier.options)
          draft.note(`${carrier.name}(${name}=${value})`, 'Farport has no such setting of a program')
        return
      case 'ipmisol':
        throw new NotImportable(ipmiReason(rest))
    }
  const { urls, notes } = readEnd(stack, defaults, 'dial')
  const [url = '', second] = urls
  if (second !== undefined) throw new NotImportable('it connects to several addresses')
  draft.target = url
  for (const [what, reason] of notes) draft.note(what, reason)
}

/** The settings of a device before its own words. */
export function serialFrom(defaults: Defaults): ReturnType<typeof freshSerial> {
  const serial = freshSerial()
  for (const [name, value] of defaults.of('serialdev'))
    if (isSerialOption(name)) setSerial(serial, name, value, () => undefined)
  return serial
}

/** The device's own name, checked. Throws NotImportable. */
export function devicePath(device: string): string {
  const path = device.trim()
  if (path.startsWith('/') && !path.includes('\0')) return path
  if (/^COM\d+$/i.test(path)) return path
  throw new NotImportable(`"${path}" is no whole path of a device`)
}

function readDevice(draft: Draft, { carrier, rest }: Stack, defaults: Defaults): void {
  const serial = serialFrom(defaults)
  const [device, behind = ''] = cutAtComma(rest)
  draft.target = devicePath(device)
  draft.serial = serial
  for (const [name, value] of carrier.options) {
    const word = value === 'true' ? name : `${name}=${value}`
    take(
      draft,
      word,
      () => isSerialOption(name) && takeSerialWord(serial, `${name}=${value}`, notes(draft, word))
    )
  }
  for (const word of words(behind, /[\s,]/))
    take(draft, word, () => takeSerialWord(serial, word, notes(draft, word)))
}

/** One that cannot be taken keeps the others going, and is told. */
function take(draft: Draft, word: string, set: () => boolean): void {
  try {
    if (set()) return
    const alias = /^\*(\w+)$/.exec(word)?.[1]
    draft.note(
      word,
      alias === undefined
        ? 'Farport knows no such option of a serial line'
        : `within a text an alias is written *(${alias}), in ser2net as well`
    )
  } catch (error) {
    if (!(error instanceof NotImportable)) throw error
    draft.note(word, error.message)
  }
}

function notes(draft: Draft, word: string): (reason: string) => void {
  return (reason) => draft.note(word, reason)
}

function programOf(prefix: string, command: string): string {
  const all = words(command, /\s/)
  if (all.length === 0) throw new NotImportable('it names no program')
  return prefix + all.map(quoteWord).join(' ')
}

/** Never with the password: what is printed is read by others, and a command line by everybody. */
export function ipmiReason(parameters: string): string {
  const all = words(parameters, /[\s,]/)
  const user = all[all.indexOf('-U') + 1] ?? ''
  const isOption = (at: number): boolean => (all[at] ?? '').startsWith('-')
  const host = all.find((_each, at) => at > 0 && !isOption(at) && !isOption(at - 1)) ?? 'HOST'
  const who = all.includes('-U') && user !== '' ? ` -U ${quoteWord(user)}` : ''
  return `its password must not stand in a command line: put it into a file and share the program by hand, farport share 'exec:ipmitool -I lanplus -H ${plain(host)}${plain(who)} -E sol activate' --env IPMI_PASSWORD=@FILE --listen …`
}

function plain(word: string): string {
  return word.replaceAll(/[^\w .:@%+-]/g, '_')
}

/** Texts as systemd reads them. Pure. */
import { Fault } from '../../../contract/faults.ts'

/**
 * Words as one command line of a unit (systemd.service(5), "Command lines"): quoted where needed, with % and $ as themselves. The first
 * is the program's path, in which systemd replaces no variables.
 */
export function commandLine(words: readonly string[]): string {
  const [program = ''] = words
  if (/["'\\]/.test(program))
    throw new Fault(
      'usage',
      `systemd takes no program whose path has quotation marks or backslashes, as ${program} has. Move it elsewhere.`
    )
  return words.map((word, at) => quoted(at === 0 ? word : word.replaceAll('$', '$$$$'))).join(' ')
}

function quoted(word: string): string {
  if (/\p{Cc}/u.test(word))
    throw new Fault(
      'usage',
      `There is a control character in ${JSON.stringify(word)}, which no unit of systemd can name. Move Farport elsewhere.`
    )
  const escaped = word.replaceAll('%', '%%')
  if (/^[\p{L}\d./:@=+,$%_-]+$/u.test(word)) return escaped
  return `"${escaped.replace(/["\\]/g, String.raw`\$&`)}"`
}

/** The answer of `systemctl show`: NAME=VALUE, one a line. */
export function properties(text: string): Partial<Record<string, string>> {
  const pairs = text.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=')
    return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)]
  })
  return Object.fromEntries(pairs.filter(([name, value]) => name !== '' && value !== ''))
}

/**
 * What of a page under docs/ can be run: its fenced blocks, in order. The first word behind the fence is the language, as everywhere; further
 * words say where it runs:
 *
 * - the name of a computer of the page: `sh pi`; `python desk`
 * - `stays`: it goes on until the end of the page; ready once it printed what the next comment says, or "listening", "ready" and the like
 * - `tty`: it is given a terminal
 * - `file=PATH`: the block is the file
 * - `not-run`: shown only. The paragraph before says so to the reader: "Not run"
 *
 * A comment behind a block, `<!-- prints: EXPRESSION -->`, is what it has to print; `<!-- fails: N -->` its exit code. A comment at the
 * top gives the devices: `<!-- device: pi /dev/ttyUSB0 sim:gps -->`.
 */

export interface Block {
  /** Where it begins in the page, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  readonly computer: string | undefined
  readonly stays: boolean
  readonly tty: boolean
  readonly file: string | undefined
  readonly notRun: boolean
  readonly prints: readonly RegExp[]
  readonly exitCode: number
  /** The last line of text before it. */
  readonly before: string
}

export interface DeviceOfPage {
  readonly computer: string
  readonly path: string
  /** What sits behind it. */
  readonly target: string
}

export interface DocsPage {
  readonly blocks: readonly Block[]
  readonly devices: readonly DeviceOfPage[]
}

const COMPUTERS: readonly string[] = ['pi', 'desk']

export function readPage(text: string): DocsPage {
  const lines = text.split('\n')
  const blocks: Block[] = []
  const devices: DeviceOfPage[] = []
  let before = ''
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const device = /^<!-- device: (\S+) (\S+) (.+) -->$/.exec(line)
    if (device) devices.push({ computer: device[1]!, path: device[2]!, target: device[3]! })
    const fence = /^```(.*)$/.exec(line)
    if (!fence) {
      if (line.trim() !== '') before = line
      continue
    }
    const begin = at
    while (++at < lines.length && lines[at] !== '```');
    const end = at
    const { prints, exitCode, next } = expectations(lines, end + 1)
    at = next - 1
    blocks.push({
      ...words(fence[1] ?? '', begin + 1),
      line: begin + 1,
      text: lines.slice(begin + 1, end).join('\n'),
      prints,
      exitCode,
      before
    })
  }
  return { blocks, devices }
}

function words(
  info: string,
  line: number
): Pick<Block, 'language' | 'computer' | 'stays' | 'tty' | 'file' | 'notRun'> {
  const [language = '', ...rest] = info.split(' ')
  const file = rest.find((each) => each.startsWith('file='))?.slice('file='.length)
  const known = ['stays', 'tty', 'not-run', ...COMPUTERS]
  for (const word of rest)
    if (!known.includes(word) && !word.startsWith('file=')) throw new Error(`line ${line}: "${word}"?`)
  return {
    language,
    computer: rest.find((each) => COMPUTERS.includes(each)),
    stays: rest.includes('stays'),
    tty: rest.includes('tty'),
    notRun: rest.includes('not-run'),
    file
  }
}

function expectations(
  lines: readonly string[],
  from: number
): { prints: RegExp[]; exitCode: number; next: number } {
  const prints: RegExp[] = []
  let exitCode = 0
  let next = from
  for (; next < lines.length; next++) {
    if (lines[next] === '') continue
    const comment = /^<!-- (prints|fails): (.*) -->$/.exec(lines[next] ?? '')
    if (!comment) break
    if (comment[1] === 'prints') prints.push(new RegExp(comment[2]!, 'm'))
    else exitCode = Number(comment[2])
  }
  return { prints, exitCode, next }
}

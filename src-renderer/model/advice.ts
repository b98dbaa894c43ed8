/** What stands in the way of a port, as text, the command that mends it, or a hint where no command does. Pure. */
import type { PortFinding } from '../../src-main/contract/findings.ts'
import type { Row } from './rows.ts'

export interface Advice {
  readonly text: string
  /** To be copied into a terminal. */
  readonly command?: string
  /** What to do besides, or where no command does it. */
  readonly hint?: string
}

/** Who has it open is told by the row's state; what a fault of the share tells is not said twice. */
export function adviceFor({ port }: Pick<Row, 'port'>): Advice | undefined {
  const finding = port?.findings.find(({ code }) => code !== 'in-use')
  return finding && adviceOf(finding)
}

export function adviceOf({ message, fix }: Pick<PortFinding, 'message' | 'fix'>): Advice {
  const command = commandIn(fix ?? message)
  const text = message.replaceAll('`', '')
  if (fix === undefined || fix === command) return { text, ...(command !== undefined && { command }) }
  const hint = fix.replaceAll('`', '')
  return { text, hint, ...(command !== undefined && { command }) }
}

/** Of a sentence of the core: a command stands in backticks, or begins it. */
function commandIn(text: string): string | undefined {
  const ticked = /`(sudo [^`]+)`/.exec(text)?.[1]
  if (ticked !== undefined) return ticked
  return /^(?:.*?: )?(sudo .+?)(?:, then | \(|$)/.exec(text)?.[1]
}

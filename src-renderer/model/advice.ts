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
  if (fix === undefined) return ofSentence(message)
  const command = /^(?:.*?: )?(sudo .+?)(?:, then | \(|$)/.exec(fix)?.[1] ?? ofSentence(fix).command
  const text = message.replaceAll('`', '')
  if (fix === command) return { text, command }
  return { text, hint: fix.replaceAll('`', ''), ...(command !== undefined && { command }) }
}

/** Faults have both in one: what is wrong, in backticks the command, and what to do after it. */
function ofSentence(message: string): Advice {
  const [, before, command, after = ''] = /^(.*)`(sudo [^`]+)`(.*)$/.exec(message) ?? []
  if (before === undefined || command === undefined) return { text: message.replaceAll('`', '') }
  const text = `${before.replace(/[\s:,.]*(?:\brun)?\s*$/, '')}.`
  const hint = after.replaceAll('`', '').replace(/^[\s,.]+/, '')
  return { text, command, ...(hint !== '' && { hint: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}` }) }
}

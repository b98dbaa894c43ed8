/** Puts a text where paste finds it. */
import { Fault } from '../../src-main/contract/faults.ts'
import { words } from '../words/words.ts'

/** Rejects with a Fault `unsupported` where the browser does not let a page do that. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch (error) {
    throw new Fault('unsupported', words.common.notCopied, error)
  }
}

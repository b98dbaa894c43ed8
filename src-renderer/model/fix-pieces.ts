/** What mends something, as a finding says it: the commands in it, which can be copied, and the sentences around them. Pure. */

export type FixPiece = { readonly text: string } | { readonly command: string }

/** Where a command stands: the whole begins with it, or it comes behind a colon or a backtick. It ends where the sentence goes on. */
const COMMAND =
  /(?:^(?=sudo |chmod |netsh )|(?<=: |`)(?=(?:sudo|chmod|ls|netsh|journalctl|farport) ))((?:'[^']*'|[^`'])+?)(?=`|[,;.] | \(|\.?$)/g

/** In their order. A fix without a command is one piece of text. */
export function fixPieces(fix: string): readonly FixPiece[] {
  const pieces: FixPiece[] = []
  let at = 0
  for (const { 1: command = '', index } of fix.matchAll(COMMAND)) {
    addText(pieces, fix.slice(at, index), true)
    pieces.push({ command })
    at = index + command.length
  }
  addText(pieces, fix.slice(at), false)
  return pieces
}

/** What is left of a sentence from which commands were taken is one again. */
function addText(pieces: FixPiece[], rest: string, leads: boolean): void {
  const text = rest
    .replaceAll('`', '')
    .replace(/^[\s,;.]+/, '')
    .trim()
  if (text === '') return
  const whole = leads && !text.endsWith(':') ? `${text}:` : text
  pieces.push({ text: `${whole.charAt(0).toUpperCase()}${whole.slice(1)}` })
}

/**
 * Runs a program with the rights of an administrator: Windows asks the person at the screen, once. Called by what changes the registry or a
 * driver, after the person said that it shall be. Written from Windows' manuals; only what it asks PowerShell for is tested elsewhere.
 */
import { runCommand, type RunCommand } from '../run-command.ts'

/** ERROR_CANCELLED: also ours where it could not be started at all. */
const REFUSED = 1223

/** Somebody has to find the question, read it and decide. */
const ANSWER_MS = 5 * 60_000

/** Nobody allowed it. `message`: what Windows said. */
export class NotElevated extends Error {
  constructor(said: string) {
    super(said === '' ? 'Windows did not allow it' : said)
    this.name = 'NotElevated'
  }
}

/**
 * Its exit code; it has no window, and what it says is lost. Rejects with NotElevated where the person said no or there is nobody to ask.
 * `words`: none of them may end in a backslash; a text is the whole command line behind the program, for those that read it in a way of their own (cmd.exe).
 */
export async function runElevated(
  file: string,
  words: readonly string[] | string,
  run: RunCommand = runCommand
): Promise<number> {
  const line = typeof words === 'string' ? words : words.map(windowsWord).join(' ')
  const script = [
    '$ErrorActionPreference = "Stop"',
    `try { $p = Start-Process -FilePath ${quoted(file)} -ArgumentList ${quoted(line)} -Verb RunAs -WindowStyle Hidden -PassThru -Wait }`,
    `catch { [Console]::Error.WriteLine($_.Exception.Message); exit ${REFUSED} }`,
    'exit $p.ExitCode'
  ].join('\n')
  // In base64 nothing of it is anything to a command line.
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  const { code, stderr } = await run(
    'powershell.exe',
    ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-EncodedCommand', encoded],
    { timeoutMs: ANSWER_MS }
  )
  if (code === REFUSED) throw new NotElevated(stderr.trim())
  return code
}

/** A text of PowerShell in which nothing is replaced. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** As programs of Windows read their command line. */
function windowsWord(word: string): string {
  return /^[^\s"]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`
}

/** PowerShell as `runElevated` uses it: what it would start is heard, and a stand-in takes its place. */
import type { RunCommand } from '../../../src-main/os/run-command.ts'

/** ERROR_CANCELLED, what our script ends with where Windows' question was answered with no. */
export const REFUSED_BY_PERSON = 1223

/** `serve`: given the file that follows `--output`; answers the exit code. `lines`: the command lines behind the program. */
export function standIn(serve: (output: string) => Promise<number>): { run: RunCommand; lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    run: async (_file, words) => {
      const script = Buffer.from(words.at(-1) ?? '', 'base64').toString('utf16le')
      const line = (/-ArgumentList '((?:[^']|'')*)'/.exec(script)?.[1] ?? '').replaceAll("''", "'")
      lines.push(line)
      const output = /--output "?(.+?output\.txt)/.exec(line)?.[1] ?? ''
      return { code: await serve(output), stdout: '', stderr: '' }
    }
  }
}

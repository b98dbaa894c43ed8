/**
 * The `farport` command in a package of the app: its launcher starts the app with `--cli -- …`, for the app is built so that it runs
 * nobody's scripts as Node. Called by main.ts, instead of everything else.
 */
import { app } from 'electron'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

/** The command's own arguments; undefined: the app itself is wanted. */
export function commandArguments(args: readonly string[]): readonly string[] | undefined {
  const at = args.indexOf('--cli')
  // Electron may put its own switches between; behind the first `--` there are none.
  const end = args.indexOf('--', at)
  return at < 0 || end < 0 ? undefined : args.slice(end + 1)
}

/** Ends this process with the command's exit code. */
export function runCommand(args: readonly string[]): void {
  const file = join(import.meta.dirname, '../main/farport.js')
  process.argv.splice(1, Infinity, file, ...args)
  // A command ends when nothing is left to do; Electron never does by itself.
  import(pathToFileURL(file).href)
    .then(() => Promise.all([process.stdout, process.stderr].map(written)))
    .then(() => app.exit(Number(process.exitCode ?? 0)))
    .catch((error: unknown) => {
      process.stderr.write(`farport: ${String(error)}\n`)
      app.exit(1)
    })
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

/**
 * The `farport` command in a package of the app: its launcher starts the app with `--cli -- …`, for the app is built so that it runs
 * nobody's scripts as Node. Called by main.ts, instead of everything else.
 */
import { app } from 'electron'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

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

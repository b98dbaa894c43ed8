/**
 * What is to be done to install or remove a service, shown or done. A file that is not ours is never replaced nor removed, and that
 * is looked at before the first step. Called by the command `service`.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { plainText } from '../../../base/plain-text.ts'
import { Fault } from '../../../contract/faults.ts'
import { systemWords } from '../system-words.ts'
import type { Ran } from './service-kind.ts'

/** Stands in every file that we make. */
export const MARK = 'Made by "farport service install"'

export type Step =
  | {
      readonly do: 'write'
      readonly path: string
      readonly text: string
      readonly encoding?: BufferEncoding
      /** Stands in the file when it is ours; `MARK` where absent. */
      readonly mark?: string
    }
  | { readonly do: 'remove'; readonly path: string; readonly mark?: string }
  | {
      readonly do: 'run'
      readonly command: readonly string[]
      /** Only when a step before it changed a file, or when none did. */
      readonly when?: 'changed' | 'unchanged'
      /** Its failure ends nothing: it undoes what may not be there. */
      readonly mayFail?: boolean
    }

export interface Doing {
  readonly run: (command: readonly string[]) => Promise<Ran>
  /** What was done, one line for each step. */
  readonly say: (line: string) => void
}

/** Does the steps in order; answers whether a file changed. A Fault `path-taken` comes before anything was done. */
export async function carryOut(steps: readonly Step[], { run, say }: Doing): Promise<boolean> {
  for (const step of steps) if (step.do !== 'run') lookAt(step.path, step.mark)
  let changed = false
  for (const step of steps)
    switch (step.do) {
      case 'write':
        if (write(step)) {
          changed = true
          say(`wrote ${step.path}`)
        } else say(`${step.path} is as it should be`)
        break
      case 'remove':
        if (lookAt(step.path, step.mark) === undefined) break
        act(step.path, () => rmSync(step.path))
        changed = true
        say(`removed ${step.path}`)
        break
      case 'run': {
        if (step.when !== undefined && changed !== (step.when === 'changed')) break
        const ran = await run(step.command)
        if (ran.code === 0) say(`ran ${step.command.join(' ')}`)
        else if (!step.mayFail) throw failed(step.command, ran)
      }
    }
  return changed
}

/** The steps as people read them, whole files included. Throws as `carryOut` would. */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    switch (step.do) {
      case 'write': {
        const found = lookAt(step.path, step.mark)
        if (found?.equals(bytesOf(step))) return [`${step.path} is as it should be`]
        const lines = step.text.trimEnd().split('\n')
        return [`would write ${step.path}:`, ...lines.map((line) => (line === '' ? '' : `    ${line}`))]
      }
      case 'remove':
        return lookAt(step.path, step.mark) === undefined ? [] : [`would remove ${step.path}`]
      case 'run':
        // Of two that exclude each other, the one for changed files.
        return step.when === 'unchanged' ? [] : [`would run ${step.command.join(' ')}`]
    }
  })
}

type Write = Extract<Step, { do: 'write' }>

function bytesOf({ text, encoding = 'utf8' }: Write): Buffer {
  return Buffer.from(text, encoding)
}

/** What is at the path, which has to be ours; undefined: nothing. */
function lookAt(path: string, mark = MARK): Buffer | undefined {
  return act(path, () => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) return undefined
    const bytes = found.isFile() ? readFileSync(path) : undefined
    // Task XML of Windows is UTF-16.
    if (bytes?.includes(mark) || bytes?.includes(Buffer.from(mark, 'utf16le'))) return bytes
    throw new Fault(
      'path-taken',
      `${path} is there already, and Farport did not make it. See what it is for, and move it away.`
    )
  })
}

/** False: it was there already, the same. Nobody ever sees half a file. */
function write(step: Write): boolean {
  const { path, mark } = step
  const bytes = bytesOf(step)
  if (lookAt(path, mark)?.equals(bytes)) return false
  return act(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    const unfinished = `${path}.${process.pid}`
    try {
      writeFileSync(unfinished, bytes, { flag: 'wx' })
      // Whatever the umask: the system's manager, and people, read it.
      chmodSync(unfinished, 0o644)
      renameSync(unfinished, path)
    } catch (error) {
      rmSync(unfinished, { force: true })
      throw error
    }
    return true
  })
}

function act<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(
      'needs-rights',
      `Cannot read or write ${path} (${systemWords(error)}). See who may, or what disk it is on.`,
      error
    )
  }
}

function failed(command: readonly string[], { code, stderr, stdout }: Ran): Fault {
  const why = plainText(stderr || stdout, 400) || `exit code ${code}`
  return new Fault(
    'unsupported',
    `"${command.join(' ')}" failed: ${why}${/[.!]$/.test(why) ? '' : '.'} Mend that, then do the same again.`
  )
}

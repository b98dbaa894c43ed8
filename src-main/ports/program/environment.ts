/**
 * The environment of a program: ours, with the variables that `--env` names. Their values come from a file or from our own
 * environment and never from a command line, so that `ps` does not show them; and they are kept out of everything that is told.
 */
import { open } from 'node:fs/promises'
import type { ProgramVariable } from '../../contract/commands.ts'
import { Fault } from '../../contract/faults.ts'
import { isSystemError } from '../../os/libc.ts'
import { MASK } from './secrets.ts'

/** Larger is no password, but the wrong file. */
const MAX_VALUE_BYTES = 64 * 1024

/** What is shorter would be found in any text. */
const SHORTEST_SECRET = 4

/** Permission bits of those who are not the owner. */
const READABLE_BY_OTHERS = 0o044

export interface ProgramEnvironment {
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Values to keep out of texts. */
  readonly secrets: readonly string[]
}

/**
 * Reads the files anew each time, so that a changed password needs no restart. Rejects with `usage` for a variable that is not
 * set or a value that cannot be one, `device-permission` and `device-missing` for a file that cannot be read.
 */
export async function readEnvironment(
  variables: readonly ProgramVariable[],
  warn: (text: string) => void,
  ours: NodeJS.ProcessEnv = process.env
): Promise<ProgramEnvironment> {
  const env: NodeJS.ProcessEnv = { ...ours }
  const secrets: string[] = []
  for (const { name, file } of variables) {
    const value = file === undefined ? ours[name] : await readValue(name, file, warn)
    if (value === undefined)
      throw new Fault(
        'usage',
        `${name} is not set here. Export it before, or give it a file: --env ${name}=@FILE.`
      )
    env[name] = value
    if (value.length >= SHORTEST_SECRET) secrets.push(value)
  }
  return { env, secrets }
}

/** A text without the secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text)
}

async function readValue(name: string, path: string, warn: (text: string) => void): Promise<string> {
  const { text, mode } = await readText(name, path)
  if (mode & READABLE_BY_OTHERS)
    warn(
      `${path}, which holds ${name}, can be read by other users of this computer. Mend it with: chmod 600 ${path}`
    )
  // An editor puts an end of line there that is none of the secret.
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new Fault('usage', `${path} is empty. Put the value of ${name} there.`)
  if (/[\0\n]/.test(value))
    throw new Fault(
      'usage',
      `${path} holds more than one line. Put the value of ${name} there, and nothing else.`
    )
  return value
}

async function readText(name: string, path: string): Promise<{ text: string; mode: number }> {
  try {
    const file = await open(path)
    try {
      const { mode, size } = await file.stat()
      if (size > MAX_VALUE_BYTES)
        throw new Fault('usage', `${path} is too large for the value of ${name}. Name the right file.`)
      return { text: await file.readFile('utf8'), mode }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = isSystemError(error, 'EACCES', 'EPERM') ? 'device-permission' : 'device-missing'
    const why = error instanceof Error ? error.message.replace(/^E[A-Z]+: |, .*$/g, '') : String(error)
    throw new Fault(
      code,
      `The value of ${name} cannot be read from ${path} (${why}). Make it readable for you.`,
      error
    )
  }
}

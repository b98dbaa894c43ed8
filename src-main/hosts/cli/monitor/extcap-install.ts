/** Puts a small script where Wireshark looks for programs that capture. It only calls this Farport. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Fault } from '../../../contract/faults.ts'
import { systemWords } from '../system-words.ts'

const MARK = 'Made by farport extcap --install'

interface Place {
  readonly platform?: NodeJS.Platform
  readonly environment?: NodeJS.ProcessEnv
  readonly home?: string
  /** Another one than Wireshark's own. */
  readonly folder?: string | undefined
}

/** The personal extcap folder of Wireshark 4.2 and later, and where the script stands in it. */
export function launcherPath({
  platform = process.platform,
  environment = process.env,
  home = homedir(),
  folder
}: Place = {}): string {
  if (platform === 'win32') {
    const personal = join(environment.APPDATA ?? join(home, 'AppData/Roaming'), 'Wireshark', 'extcap')
    return join(folder ?? personal, 'farport.bat')
  }
  return join(folder ?? join(home, '.local/lib/wireshark/extcap'), 'farport')
}

export function launcherText(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32')
    return `@echo off\r\nrem ${MARK}\r\n${words.map((word) => `"${word}"`).join(' ')} extcap %*\r\n`
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return `#!/bin/sh\n# ${MARK}\nexec ${quoted} extcap "$@"\n`
}

/** Answers where it is. One that somebody else made is not replaced: `path-taken`. Repeated calls are safe. */
export async function installLauncher(path: string, words: readonly string[]): Promise<string> {
  const had = await readFile(path, 'utf8').catch(() => undefined)
  if (had !== undefined && !had.includes(MARK))
    throw new Fault(
      'path-taken',
      `${path} is there already, and not by Farport. Move it away, and try again.`
    )
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, launcherText(words))
    await chmod(path, 0o755)
  } catch (error) {
    throw new Fault('usage', `${path} cannot be written (${systemWords(error)}).`, error)
  }
  return path
}

/**
 * Puts a small script where Wireshark looks for programs that capture. It only calls this Farport.
 *
 *     Wireshark 4.2 and later, Linux, macOS    ~/.local/lib/wireshark/extcap
 *     Wireshark 4.2 and later, Windows         %APPDATA%\Wireshark\extcap
 *     4.0 and older                            none but the folder of all users, which `tshark -G folders` calls "Extcap path"
 *
 * It takes whatever is executable there: on Windows that is what ends in .exe, .com, .bat or .cmd.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, posix, win32 } from 'node:path'
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
    const { APPDATA, WIRESHARK_APPDATA } = environment
    // The second one is what Wireshark portable sets for itself.
    const settings =
      WIRESHARK_APPDATA ?? win32.join(APPDATA ?? win32.join(home, 'AppData', 'Roaming'), 'Wireshark')
    return win32.join(folder ?? win32.join(settings, 'extcap'), 'farport.bat')
  }
  return posix.join(folder ?? posix.join(home, '.local/lib/wireshark/extcap'), 'farport')
}

/** The script: `words` start this Farport. */
export function launcherText(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') {
    // In a batch file % begins a variable also between quotes, and its text is read in the code page of the console.
    const quoted = words.map((word) => `"${word.replaceAll('%', '%%')}"`).join(' ')
    const isForeign = /[^\x20-\x7e]/.test(quoted)
    return [
      '@echo off',
      `rem ${MARK}`,
      ...(isForeign ? ['chcp 65001 >nul'] : []),
      `${quoted} extcap %*`,
      ''
    ].join('\r\n')
  }
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

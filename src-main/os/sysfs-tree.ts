/**
 * Small questions to sysfs: one attribute, one link, the chain of parents. Called by the files that list devices. A device
 * may vanish between two questions, so a missing answer is `undefined`; nothing here throws.
 */
import { readFile, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { plainText } from '../base/plain-text.ts'

/** Longer than any USB string descriptor (126 characters); device strings are foreign text and end up on terminals. */
const MAX_TEXT = 128

/** An attribute's text without control characters and surrounding blanks; undefined: absent, unreadable or empty. */
export async function readAttribute(directory: string, name: string): Promise<string | undefined> {
  try {
    return cleanText(await readFile(join(directory, name), 'utf8'))
  } catch {
    // Absent, gone meanwhile (ENODEV) or not for this user (EACCES): all mean that the system does not say.
    return undefined
  }
}

/** As `plainText`; undefined where nothing is left. */
export function cleanText(text: string): string | undefined {
  const clean = plainText(text, MAX_TEXT)
  return clean === '' ? undefined : clean
}

/** The last name of what a link points to: `driver` → `ftdi_sio`, `subsystem` → `usb`. */
export async function linkName(directory: string, name: string): Promise<string | undefined> {
  try {
    return basename(await readlink(join(directory, name)))
  } catch {
    return undefined // no such link: an answer, not an error
  }
}

/** The real path, or undefined where nothing is. */
export async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch {
    return undefined // absent, or a link that leads nowhere
  }
}

/** The names in a directory; none where there is no directory. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch {
    return [] // absent or unreadable: nothing to show
  }
}

/** The directory and those above it, nearest first, as long as they lie below `top`. */
export function chain(directory: string, top: string): string[] {
  const found: string[] = []
  for (let each = directory; each.startsWith(`${top}/`); each = dirname(each)) found.push(each)
  return found
}

/** The files of the folder `assets`, wherever the built command lies. Called by the kinds of services. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../../../contract/faults.ts'

/** The text of `assets/NAME`, with `@WORD@` replaced by `words.WORD`. */
export function asset(name: string, words: Readonly<Record<string, string>> = {}): string {
  return readFileSync(find(name), 'utf8').replace(
    /@([A-Z_]+)@/g,
    (whole, word: string) => words[word] ?? whole
  )
}

/** For XML, between tags. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)
}

function find(name: string): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  for (let step = 0; step < 6; step++) {
    const file = join(directory, 'assets', name)
    if (existsSync(file)) return file
    directory = dirname(directory)
  }
  throw new Fault('unsupported', `This installation lacks assets/${name}: install Farport again.`)
}

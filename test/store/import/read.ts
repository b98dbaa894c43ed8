import { readSer2net } from '../../../src-main/store/import/read-ser2net.ts'
import type { Found, Sources } from '../../../src-main/store/import/found.ts'
import { Fault } from '../../../src-main/contract/faults.ts'

/** Files that are nowhere but here. A pattern names those that begin as it does, up to its `*`. */
export function filesOf(files: Readonly<Record<string, string>>): Sources {
  return {
    read: (path) => {
      const text = files[path]
      if (text === undefined) throw new Fault('usage', `${path} cannot be read (no such file).`)
      return text
    },
    list: (pattern) =>
      pattern.includes('*')
        ? Object.keys(files).filter((each) => each.startsWith(pattern.slice(0, pattern.indexOf('*'))))
        : [pattern],
    resolve: (path) => path
  }
}

export function yaml(
  text: string,
  allow: readonly string[] = [],
  more: Readonly<Record<string, string>> = {}
): Found {
  return readSer2net('ser2net.yaml', { sources: filesOf({ 'ser2net.yaml': text, ...more }), allow })
}

export function conf(text: string, allow: readonly string[] = []): Found {
  return readSer2net('ser2net.conf', { sources: filesOf({ 'ser2net.conf': text }), allow })
}

/** `3 led-tx: x (con1): reason`. */
export function told({ remarks }: Found): string[] {
  return remarks.map(
    ({ line, text, reason, without }) =>
      `${line} ${text}${without === undefined ? '' : ` (${without})`}: ${reason}`
  )
}

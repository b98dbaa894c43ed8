import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Plugin } from 'vite'

const top = join(import.meta.dirname, '..')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * Writes THIRD-PARTY-NOTICES.txt beside the bundle: name, version and licence text of each package that went into it,
 * and of those that are shipped beside it (`beside`, by the environment that is built). Fails the build when one has no licence text:
 * such a package can't be shipped.
 */
export function notices(beside: Readonly<Record<string, readonly string[]>>): Plugin {
  return {
    name: 'third-party-notices',
    // It has nothing of anybody else's, and lies beside one that has.
    applyToEnvironment: ({ name }) => name !== 'preload',
    generateBundle(_options, bundle) {
      const others = beside[this.environment.name] ?? []
      const folders = new Set(others.map((name) => join(top, 'node_modules', name)))
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        for (const id of Object.keys(chunk.modules)) {
          const folder = packageFolder(id)
          if (folder) folders.add(folder)
        }
      }
      const source = [...folders]
        .sort()
        .map(notice)
        .join(`\n${'-'.repeat(78)}\n\n`)
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-NOTICES.txt', source })
    }
  }
}

/** `…/node_modules/@scope/name/dist/x.js` → `…/node_modules/@scope/name`. */
function packageFolder(id: string): string | undefined {
  const marker = `${sep}node_modules${sep}`
  const at = id.lastIndexOf(marker)
  if (at < 0) return undefined
  const [first = '', second = ''] = id.slice(at + marker.length).split(sep)
  return id.slice(0, at + marker.length) + (first.startsWith('@') ? join(first, second) : first)
}

function notice(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const file = existsSync(folder) ? readdirSync(folder).find((name) => /^licen[cs]e/i.test(name)) : undefined
  if (!file) throw new Error(`${manifest.name} has no licence text in its package`)
  const text = readFileSync(join(folder, file), 'utf8').trim()
  return `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})\n\n${text}\n`
}

/**
 * The imports of a program’s files, and where they go in a circle. The linter could tell too, in twenty seconds: it follows each file’s
 * imports anew. Types are no imports: they are gone when a program runs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { parseSync } from 'vite'

/** Each file, and those that it imports; paths from `top`, with `/`. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** The graph of all `.ts` and `.svelte` files in `folders` of `top`. What they import elsewhere (packages, pictures) is left out. */
export function importGraph(top: string, folders: readonly string[]): ImportGraph {
  const paths = folders
    .flatMap((folder) =>
      readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
    )
    .filter((path) => /\.(ts|svelte)$/.test(path))
    .map((path) => path.split(sep).join('/'))
  const known = new Set(paths)
  return new Map(
    paths.map((path) => {
      const named = importsOf(path, readFileSync(join(top, path), 'utf8'))
      const found = named
        .filter((name) => name.startsWith('.'))
        .map((name) =>
          relative('.', join(dirname(path), name))
            .split(sep)
            .join('/')
        )
      return [path, found.filter((name) => known.has(name))]
    })
  )
}

/** The names of the modules that a source text imports or exports from when it runs, those of `import()` among them. */
export function importsOf(path: string, text: string): string[] {
  const code = path.endsWith('.svelte') ? scriptsOf(text) : text
  const { module, errors } = parseSync(`${path}.ts`, code)
  if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0]!.message}`)
  const statically = module.staticImports.filter(({ start }) => !code.startsWith('import type ', start))
  const exported = module.staticExports.flatMap(({ entries }) => entries.filter(({ isType }) => !isType))
  const lazily = module.dynamicImports.map(({ moduleRequest: { start, end } }) => code.slice(start, end))
  return [
    ...statically.map(({ moduleRequest }) => moduleRequest.value),
    ...exported.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    // What is no plain string is made up at run time, and nobody can say here what it is.
    ...lazily.flatMap((word) => /^['"](.*)['"]$/.exec(word)?.[1] ?? [])
  ]
}

function scriptsOf(page: string): string {
  return [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) => script).join('\n')
}

/** One way round for each knot of files that import each other; the last file of each imports its first. */
export function cyclesOf(graph: ImportGraph): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    if (done.has(file)) return
    const met = path.indexOf(file)
    if (met >= 0) {
      cycles.push(path.slice(met))
      return
    }
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return cycles
}

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cyclesOf, importGraph, importsOf } from './cycles.ts'

const TOP = join(import.meta.dirname, '..')

describe('the import graph', () => {
  it('goes in no circle', () => {
    const graph = importGraph(TOP, ['src-main', 'src-renderer', 'test'])
    expect(graph.get('src-renderer/app.svelte')).toContain('src-renderer/clock.ts')
    expect(cyclesOf(graph).map((cycle) => [...cycle, cycle[0]].join(' imports '))).toEqual([])
  })

  it('names a circle by the files on its way', () => {
    const graph = new Map([
      ['a', ['b', 'e']],
      ['b', ['c']],
      ['c', ['d', 'b']],
      ['d', []],
      ['e', ['e', 'd']]
    ])
    expect(cyclesOf(graph)).toEqual([['b', 'c'], ['e']])
  })
})

describe('what a file imports', () => {
  it('is what it needs when it runs', () => {
    const text = [
      "import type { A } from './type.ts'",
      "import { b, type B } from './value.ts'",
      "import './effect.ts'",
      "export type { C } from './type-export.ts'",
      "export { d } from './export.ts'",
      "export * from './all.ts'",
      "const e = await import('./lazy.ts')",
      'const f = await import(`./${e.name}.ts`)',
      "type G = import('./type-in-place.ts').G"
    ].join('\n')
    const values = ['./value.ts', './effect.ts', './export.ts', './all.ts', './lazy.ts']
    expect(importsOf('a.ts', text)).toEqual(values)
    const page = `<script module lang="ts">\nimport x from './x.svelte'\n</script>\n<script lang="ts">\n${text}\n</script>\n<p>Text</p>`
    expect(importsOf('a.svelte', page)).toEqual(['./x.svelte', ...values])
  })

  it('cannot be told of a text that is no program', () => {
    expect(() => importsOf('a.ts', 'import from from')).toThrow('a.ts cannot be read')
  })
})

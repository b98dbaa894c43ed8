import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FILES, MAX_IMPORT_BYTES } from '../../../src-main/store/import/file-sources.ts'
import { readSer2net } from '../../../src-main/store/import/read-ser2net.ts'
import { temporaryFolder } from '../../e2e/cli.ts'
import { told } from './read.ts'

/** A folder with these files, and one in it. */
function folderOf(...names: string[]): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'sub'))
  for (const name of names) writeFileSync(join(folder, name), '')
  return folder
}

describe('files that others name', () => {
  it.each([
    ['*.yaml', ['a.yaml', 'b.yaml', 'main.yaml']],
    ['?.yaml', ['a.yaml', 'b.yaml']],
    ['[!a].yaml', ['b.yaml']],
    ['[a-c].yaml', ['a.yaml', 'b.yaml']],
    ['sub/*', ['sub/x.yaml']],
    ['s*/x.*', ['sub/x.yaml']],
    ['.h*', ['.hidden.yaml']],
    ['none*', []],
    ['none/*', []],
    ['[z-a]*', []],
    ['a+(b.yaml', ['a+(b.yaml']],
    ['a.yaml', ['a.yaml']],
    ['none.yaml', ['none.yaml']]
  ])('%s', (pattern, names) => {
    const folder = folderOf('main.yaml', 'a.yaml', 'b.yaml', '.hidden.yaml', 'sub/x.yaml')
    const found = FILES.list(pattern, join(folder, 'main.yaml'))
    expect(found).toEqual(names.map((name) => join(folder, name)))
    expect(FILES.list(join(folder, pattern), '/elsewhere/main.yaml')).toEqual(found)
  })

  it('are read from where they are named, in their order', () => {
    const folder = folderOf()
    const con = (name: string, port: number): string =>
      `connection: &${name}\n  accepter: tcp,localhost,${port}\n  connector: serialdev,/dev/${name}\n`
    writeFileSync(join(folder, 'main.yaml'), `include: sub/*.yaml\n${con('c', 3)}`)
    writeFileSync(join(folder, 'sub/1.yaml'), con('a', 1))
    writeFileSync(join(folder, 'sub/2.yaml'), `include: ../main.yaml\n${con('b', 2)}`)
    const found = readSer2net(join(folder, 'main.yaml'), { sources: FILES, allow: [] })
    expect(found.shares.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(told(found)).toEqual([expect.stringMatching(/^1 include: .*includes itself/)])
  })

  it('are files of a size that can be', () => {
    const folder = folderOf('big.conf')
    truncateSync(join(folder, 'big.conf'), MAX_IMPORT_BYTES + 1)
    expect(() => FILES.read(join(folder, 'big.conf'))).toThrow(/more than/)
    expect(() => FILES.read(join(folder, 'sub'))).toThrow(/no file/)
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(() => FILES.read(join(folder, 'pipe'))).toThrow(/no file/)
    expect(() => FILES.read(join(folder, 'none'))).toThrow(/cannot be read/)
  })
})

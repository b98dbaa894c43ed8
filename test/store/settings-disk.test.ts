/** What disks do to a settings file: full, read-only, and a process that dies at any step of a writing. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Fault } from '../../src-main/contract/faults.ts'
import { SettingsFile } from '../../src-main/store/settings-file.ts'
import { formatSettings } from '../../src-main/store/settings-text.ts'
import { temporaryFolder, TOP } from '../e2e/cli.ts'
import { lacks } from '../peers/need.ts'
import { settings, someShares } from './settings-arbitrary.ts'

const isRoot = process.getuid?.() === 0

async function open(path: string): Promise<{ file: SettingsFile; faults: Fault[] }> {
  const faults: Fault[] = []
  const file = await SettingsFile.open({
    place: { path, ownFolder: true },
    report: (each) => faults.push(each)
  })
  onTestFinished(() => file.close())
  return { file, faults }
}

/** A small disk of the test's own; false where nobody may mount one. */
function mounts(folder: string): boolean {
  const options = 'size=256k,mode=700'
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0) return false
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return true
}

const mayMount =
  isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** About 60 kB. */
const BIG = settings({ name: 'big', shares: someShares(200) ?? [] })
const SMALL = settings({ name: 'small' })

describe.skipIf(lacks.part(mayMount, 'the right to mount a disk'))('on a disk of its own', () => {
  it('that is full, what was there stays, and the next change finds room again', async () => {
    const folder = temporaryFolder()
    expect(mounts(folder)).toBe(true)
    const path = join(folder, 'settings.json')
    const { file, faults } = await open(path)
    await file.update(() => SMALL)
    writeFileSync(join(folder, 'other'), Buffer.alloc(224 * 1024))
    await expect(file.update(() => BIG)).rejects.toMatchObject({
      code: 'settings-unwritable',
      message: `Cannot write ${path}: the disk is full. Make room there; nothing was changed.`
    })
    expect(file.settings).toEqual(SMALL)
    expect(readFileSync(path, 'utf8')).toBe(formatSettings(SMALL))
    expect(readdirSync(folder).sort()).toEqual(['other', 'settings.json', 'settings.json.bak'])
    rmSync(join(folder, 'other'))
    expect(await file.update(() => BIG)).toEqual(BIG)
    expect(faults).toEqual([])
  })

  it('that has room for the file alone, the change counts and the copy is told', async () => {
    const folder = temporaryFolder()
    expect(mounts(folder)).toBe(true)
    const path = join(folder, 'settings.json')
    const { file, faults } = await open(path)
    await file.update(() => SMALL)
    const size = formatSettings(BIG).length
    writeFileSync(join(folder, 'other'), Buffer.alloc(256 * 1024 - 8192 - Math.ceil(size / 4096) * 4096))
    expect(await file.update(() => BIG)).toEqual(BIG)
    expect(faults.map(({ message }) => message)).toEqual([
      `Cannot write ${path}.bak: the disk is full. Make room there; nothing was changed.`
    ])
  })

  it('that is full at a start, a broken file is put aside all the same', async () => {
    const folder = temporaryFolder()
    expect(mounts(folder)).toBe(true)
    const path = join(folder, 'settings.json')
    writeFileSync(path, '{"version"', { mode: 0o600 })
    writeFileSync(`${path}.bak`, formatSettings(BIG), { mode: 0o600 })
    const room = 256 * 1024 - 8192 - Math.ceil(formatSettings(BIG).length / 4096) * 4096
    writeFileSync(join(folder, 'other'), Buffer.alloc(room))
    const { file, faults } = await open(path)
    expect(file.settings).toEqual(BIG)
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/It was put aside as \S+\. The last good settings, \S+, are in force\.$/),
      `Cannot write ${path}: the disk is full. Make room there; nothing was changed.`
    ])
  })

  it('that is read-only, a broken file is told, the last good one is in force, and nothing can be changed', async () => {
    const folder = temporaryFolder()
    expect(mounts(folder)).toBe(true)
    const path = join(folder, 'settings.json')
    writeFileSync(path, '{"version"', { mode: 0o600 })
    writeFileSync(`${path}.bak`, formatSettings(BIG), { mode: 0o600 })
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const { file, faults } = await open(path)
    expect(file.settings).toEqual(BIG)
    expect(faults.map(({ code }) => code)).toEqual(['settings-broken', 'settings-unwritable'])
    expect(faults[0]?.message).toMatch(
      /It could not be put aside\. The last good settings, \S+\.bak, are in force\.$/
    )
    await expect(file.update(() => SMALL)).rejects.toThrow(
      /read-only file system\. Make that writable, or set/
    )
    expect(file.settings).toEqual(BIG)
    execFileSync('mount', ['-o', 'remount,rw', folder])
    await file.update(() => SMALL)
    expect(readFileSync(path, 'utf8')).toBe(formatSettings(SMALL))
    expect(readdirSync(folder).some((name) => name.includes('.broken-'))).toBe(true)
  })
})

describe.skipIf(lacks('strace'))('a process that is killed while it writes', () => {
  let folder = ''
  let script = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'farport-test-'))
    const entry = join(folder, 'entry.ts')
    writeFileSync(
      entry,
      `import { SettingsFile } from ${JSON.stringify(join(TOP, 'src-main/store/settings-file.ts'))}
      const place = { path: process.argv[2], ownFolder: true }
      const file = await SettingsFile.open({ place, report: ({ message }) => console.error(message) })
      await file.update((old) => ({ ...old, name: 'new' }))
      await file.close()
      console.log('done')`
    )
    await build({
      configFile: false,
      logLevel: 'silent',
      build: {
        ssr: entry,
        outDir: join(folder, 'out'),
        target: 'node20',
        rolldownOptions: { external: ['koffi'] }
      },
      ssr: { noExternal: true, external: ['koffi'] }
    })
    symlinkSync(join(TOP, 'node_modules'), join(folder, 'node_modules'))
    script = join(folder, 'out', 'script.mjs')
    renameSync(join(folder, 'out', readdirSync(join(folder, 'out'))[0]!), script)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs the script and kills it at the so-manieth call; true where it came to its end before. */
  function killedAt(call: string, when: number, path: string): boolean {
    const inject = `inject=${call}:signal=KILL:when=${when}`
    const args = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      inject,
      process.execPath,
      script,
      path
    ]
    // strace counts for each thread of its own.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
    const { stdout, signal, status } = spawnSync('strace', args, { encoding: 'utf8', env })
    const done = stdout === 'done\n'
    expect(done ? status : (signal ?? status)).toBe(done ? 0 : 'SIGKILL')
    return done
  }

  it.each(['fsync', 'rename'])('at any %s leaves the old settings or the new ones', async (call) => {
    const folder = join(temporaryFolder(), 'farport')
    mkdirSync(folder, { mode: 0o700 })
    const path = join(folder, 'settings.json')
    const names: (string | undefined)[] = []
    let done = false
    for (let when = 1; !done; when++) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      for (const each of [path, `${path}.bak`])
        writeFileSync(each, formatSettings({ ...BIG, name: 'old' }), { mode: 0o600 })
      done = killedAt(call, when, path)
      const { file, faults } = await open(path)
      names.push(file.settings.name)
      expect(file.settings).toEqual({ ...BIG, name: file.settings.name })
      expect(faults).toEqual([])
      await file.close()
    }
    // Killed twice at least, at the file itself and at its copy.
    expect(names.length).toBeGreaterThan(2)
    expect(names[0]).toBe('old')
    expect(names.at(-1)).toBe('new')
    expect(names.every((name) => name === 'old' || name === 'new')).toBe(true)
  })
})

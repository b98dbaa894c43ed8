import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src-main/contract/faults.ts'
import { FRESH_SETTINGS } from '../../src-main/contract/settings.ts'
import { formatSettings } from '../../src-main/store/settings-text.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import { messages, ONE, open, privateFolder, write } from './open-file.ts'
import { settings } from './settings-arbitrary.ts'
import { lacks } from '../peers/need.ts'

describe('the settings file', () => {
  it('is made with the first change, for its owner alone, and read back', async () => {
    const path = join(temporaryFolder(), 'new', 'farport', 'settings.json')
    const first = await open(path)
    expect(first.file.settings).toEqual(FRESH_SETTINGS)
    expect(existsSync(path)).toBe(false)
    expect(await first.file.update(() => ONE)).toEqual(ONE)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    const second = await open(path)
    expect(second.file.settings).toEqual(ONE)
    expect([...first.faults, ...second.faults]).toEqual([])
    expect(readdirSync(join(path, '..')).sort()).toEqual(['settings.json', 'settings.json.bak'])
  })

  it('cut off anywhere is put aside, and the last good one is in force', async () => {
    const path = join(privateFolder(), 'settings.json')
    // Small, since each start writes; that every offset of a large one is noticed, settings-text.test.ts shows.
    const small = settings({ name: 'one' })
    const whole = formatSettings(small)
    for (let length = 0; length < whole.length - 1; length++) {
      write(path, whole.slice(0, length))
      write(`${path}.bak`, whole)
      const { file, faults } = await open(path)
      expect(file.settings).toEqual(small)
      expect(messages(faults)).toEqual([
        expect.stringMatching(
          /settings\.json, line \d+, column \d+: .* It was put aside as \S+\.broken-\S+\. The last good settings, \S+\.bak, are in force\.$/
        )
      ])
      const aside = /aside as (\S+)\. /.exec(faults[0]!.message)?.[1] ?? ''
      expect(readFileSync(aside, 'utf8')).toBe(whole.slice(0, length))
      rmSync(aside)
      await file.close()
      expect(readFileSync(path, 'utf8')).toBe(whole)
    }
  }, 30_000)

  it('cut off, and its copy too: both are put aside, and Farport starts with its defaults', async () => {
    const folder = privateFolder()
    const path = join(folder, 'settings.json')
    const whole = formatSettings(ONE)
    for (const copy of [undefined, '', whole.slice(0, 50)]) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      write(path, whole.slice(0, 100))
      if (copy !== undefined) write(`${path}.bak`, copy)
      const { file, faults } = await open(path)
      expect(file.settings).toEqual(FRESH_SETTINGS)
      expect(faults[0]?.message).toMatch(
        /There is no good copy of it either: Farport starts with its defaults\.$/
      )
      expect(faults).toHaveLength(copy === undefined ? 1 : 2)
      expect(readdirSync(folder).filter((name) => name.includes('.broken-'))).toHaveLength(faults.length)
      await file.close()
    }
  })

  it.each([
    ['a wrong type', '{"version": 1, "shares": 5}', /shares: 5 does not fit/],
    ['an unknown key', '{"version": 1, "share": []}', /"share" is not known here/],
    ['no text', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1'), /no UTF-8 text|a value was expected/],
    ['zeros, as a power cut leaves them', '\0'.repeat(4096), /line 1, column 1: a value was expected here/]
  ])('with %s is put aside and named', async (_, text, said) => {
    const path = join(privateFolder(), 'settings.json')
    writeFileSync(path, text, { mode: 0o600, encoding: 'latin1' })
    write(`${path}.bak`, ONE)
    const { file, faults } = await open(path)
    expect(file.settings).toEqual(ONE)
    expect(faults[0]?.message).toMatch(said)
    expect(faults[0]?.code).toBe('settings-broken')
  })

  it('with the mark that some editors put in front is read', async () => {
    const path = join(privateFolder(), 'settings.json')
    write(path, `\ufeff${formatSettings(ONE)}`)
    expect((await open(path)).file.settings).toEqual(ONE)
  })

  it('that was removed means defaults, and the copy is named', async () => {
    const path = join(privateFolder(), 'settings.json')
    write(`${path}.bak`, ONE)
    const { file, faults } = await open(path)
    expect(file.settings).toEqual(FRESH_SETTINGS)
    expect(messages(faults)).toEqual([
      expect.stringMatching(/The last good settings are in \S+\.bak; give that/)
    ])
  })

  it('of a newer Farport is refused and left alone', async () => {
    const folder = privateFolder()
    const path = join(folder, 'settings.json')
    write(path, '{"version": 99}')
    write(`${path}.bak`, ONE)
    await expect(open(path)).rejects.toMatchObject({ code: 'settings-newer' })
    expect(readdirSync(folder)).toHaveLength(2)
  })

  it('of an older version is written anew once, and kept as it was', async () => {
    const path = join(privateFolder(), 'settings.json')
    const old = '{"version": 0, "shares": [{"name": "A", "port": {"target": "sim:echo"}}]}'
    write(path, old)
    const first = await open(path)
    const second = await open(path)
    expect(first.file.settings.shares[0]?.id).toMatch(/^[0-9a-f]{12}$/)
    expect(second.file.settings).toEqual(first.file.settings)
    expect(readFileSync(`${path}.version-0`, 'utf8')).toBe(old)
    expect([...first.faults, ...second.faults]).toEqual([])
  })

  it('that a crash left half written beside itself is removed, in time', async () => {
    const folder = privateFolder()
    const path = join(folder, 'settings.json')
    write(path, ONE)
    const [old, young] = [`${path}.tmp-0123456789ab`, `${path}.bak.tmp-ba9876543210`]
    for (const each of [old, young]) write(each, '{"ver')
    utimesSync(old, 0, 0)
    const { file, faults } = await open(path)
    expect(file.settings).toEqual(ONE)
    expect(faults).toEqual([])
    expect(readdirSync(folder).sort()).toEqual([
      'settings.json',
      'settings.json.bak',
      'settings.json.bak.tmp-ba9876543210'
    ])
  })

  it('behind a link is written where the link leads', async () => {
    const [folder, elsewhere] = [privateFolder(), privateFolder()]
    const [path, real] = [join(folder, 'settings.json'), join(elsewhere, 'dotfile')]
    symlinkSync(real, path)
    const first = await open(path)
    await first.file.update(() => ONE)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toBe(formatSettings(ONE))
    write(real, settings({ name: 'two' }))
    await eventually(() => expect(first.changes.map(({ name }) => name)).toEqual(['two']))
    expect(first.faults).toEqual([])
    rmSync(path)
    symlinkSync('settings.json', path)
    await expect(open(path)).rejects.toThrow(/is a link that leads in a circle\. Mend it with: rm \//)
  })
})

describe('what others may do with it', () => {
  it.skipIf(lacks.unix('modes of files')).each([
    [0o640, 0o700, /settings\.json is open to other users\. Mend it with: chmod 600 \S+settings\.json$/],
    [0o604, 0o700, /chmod 600/],
    [0o600, 0o750, /farport is open to other users\. Mend it with: chmod 700 \S+farport$/],
    [0o600, 0o701, /chmod 700/]
  ])(
    'file %o in folder %o is refused, and the command that is told mends it',
    async (mode, folderMode, said) => {
      const folder = privateFolder()
      const path = join(folder, 'settings.json')
      write(path, ONE)
      chmodSync(path, mode)
      chmodSync(folder, folderMode)
      const refused = await open(path).catch((error: unknown) => error as Fault)
      expect(refused).toMatchObject({
        code: 'settings-access',
        message: expect.stringMatching(said) as string
      })
      const command = /Mend it with: (.*)$/.exec((refused as Fault).message)?.[1] ?? ''
      execFileSync('sh', ['-c', command])
      expect((await open(path)).file.settings).toEqual(ONE)
    }
  )

  it('a name with blanks and quotes is one word in that command', async () => {
    const folder = join(temporaryFolder(), "it's my folder")
    mkdirSync(folder, { mode: 0o755 })
    const path = join(folder, 'settings.json')
    const { message } = (await open(path).catch((error: unknown) => error)) as Fault
    execFileSync('sh', ['-c', /Mend it with: (.*)$/.exec(message)?.[1] ?? ''])
    await open(path)
  })

  it.skipIf(lacks.unix('modes of files'))(
    'a folder that somebody named may be looked into, not written to',
    async () => {
      const folder = privateFolder()
      const path = join(folder, 'any.json')
      chmodSync(folder, 0o755)
      await (await open(path, false)).file.update(() => ONE)
      chmodSync(folder, 0o775)
      await expect(open(path, false)).rejects.toThrow(
        /Other users may write to \S+\. Mend it with: chmod go-w/
      )
      chmodSync(folder, 0o1777)
      expect((await open(path, false)).file.settings).toEqual(ONE)
    }
  )

  it.skipIf(lacks.root('to give files away'))('a file of another user is refused', async () => {
    const path = join(privateFolder(), 'settings.json')
    write(path, ONE)
    execFileSync('chown', ['65534', path])
    await expect(open(path)).rejects.toThrow(
      /belongs to another user \(uid 65534\)\. Run as that user, or set/
    )
  })

  it('what is no file is refused', async () => {
    const path = join(privateFolder(), 'settings.json')
    execFileSync('mkfifo', ['-m', '600', path])
    await expect(open(path)).rejects.toThrow(/is no file/)
    rmSync(path)
    mkdirSync(path)
    await expect(open(path)).rejects.toThrow(/is no file/)
  })
})

import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { difference } from '../../src-main/store/difference.ts'
import { formatSettings } from '../../src-main/store/settings-text.ts'
import { eventually } from '../eventually.ts'
import { messages, named, ONE, open, privateFolder, write } from './open-file.ts'
import { settings, someShares } from './settings-arbitrary.ts'
import { lacks } from '../peers/need.ts'

describe('changes by us', () => {
  it('that come at once build on each other and are written as one', async () => {
    const path = join(privateFolder(), 'settings.json')
    const { file, changes } = await open(path)
    const inodes = new Set<number>()
    const counted = Array.from({ length: 50 }, (_, index) =>
      file
        .update((old) => ({
          ...old,
          shares: [...old.shares, ...settings({ shares: [share(index)] }).shares]
        }))
        .then(() => inodes.add(statSync(path).ino))
    )
    await Promise.all(counted)
    expect(file.settings.shares.map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, index) => `n${index}`)
    )
    expect(readFileSync(path, 'utf8')).toBe(formatSettings(file.settings))
    expect(inodes.size).toBeLessThanOrEqual(2)
    expect(changes).toEqual([])
  })

  it('that do not fit reach their caller, and no other', async () => {
    const { file } = await open(join(privateFolder(), 'settings.json'))
    const results = await Promise.allSettled([
      file.update(named('fine')),
      file.update(named('')),
      file.update((old) => {
        old.name = 'half'
        throw new Error('no')
      }),
      file.update((old) => ({ ...old, shares: settings({ shares: someShares(1) ?? [] }).shares }))
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({
      reason: {
        code: 'usage',
        message: 'Settings do not fit: name: a name has at least one character, and no control characters.'
      }
    })
    expect(file.settings).toMatchObject({ name: 'fine', shares: [{ id: 's1' }] })
  })

  it('are never told as somebody else’s', async () => {
    const path = join(privateFolder(), 'settings.json')
    const { file, changes, faults } = await open(path)
    for (const name of ['a', 'b', 'c']) await file.update(named(name))
    await file.reload()
    // One by hand behind them: it is the first that is told.
    write(path, settings({ name: 'by hand' }))
    await eventually(() => expect(changes.map(({ name }) => name)).toEqual(['by hand']))
    expect(faults).toEqual([])
  })

  it('build on what somebody wrote a moment ago', async () => {
    const path = join(privateFolder(), 'settings.json')
    const { file, changes } = await open(path)
    await file.update(() => ONE)
    write(path, { ...ONE, shares: [], name: 'by hand' })
    await file.update((old) => ({ ...old, preferences: { ...old.preferences, pairing: false } }))
    expect(file.settings).toMatchObject({ name: 'by hand', shares: [], preferences: { pairing: false } })
    expect(changes.map(({ name }) => name)).toEqual(['by hand'])
  })

  it('put aside what somebody is in the middle of writing', async () => {
    const folder = privateFolder()
    const path = join(folder, 'settings.json')
    const { file, faults } = await open(path)
    await file.update(() => ONE)
    write(path, '{ "half":')
    await file.update(named('two'))
    expect(messages(faults)).toEqual([expect.stringMatching(/line 1, column 10: .* put aside as \S+, since/)])
    const aside = readdirSync(folder).find((name) => name.includes('.broken-')) ?? ''
    expect(readFileSync(join(folder, aside), 'utf8')).toBe('{ "half":')
    expect(readFileSync(path, 'utf8')).toBe(formatSettings({ ...ONE, name: 'two' }))
  })

  it('are refused after the end', async () => {
    const { file } = await open(join(privateFolder(), 'settings.json'))
    const last = file.update(() => ONE)
    await file.close()
    expect(await last).toEqual(ONE)
    await expect(file.update(named('late'))).rejects.toThrow(/closed/)
  })
})

function share(index: number): { id: string; name: string; port: { target: string } } {
  return { id: `n${index}`, name: `share ${index}`, port: { target: 'sim:echo' } }
}

describe('changes by others', () => {
  it('of one share of sixteen are told once, as that one', async () => {
    const path = join(privateFolder(), 'settings.json')
    const before = settings({ shares: someShares(16) ?? [] })
    write(path, before)
    const { file, changes, faults } = await open(path)
    const text = formatSettings(before).replace(
      '"id": "s7",\n      "enabled": true',
      '"id": "s7",\n "enabled": false'
    )
    // As editors do: a new file in the place of the old one, or the same one emptied and written.
    write(path, text)
    await eventually(() => expect(changes).toHaveLength(1))
    expect(difference(before, file.settings).steps).toEqual([{ action: 'disable', kind: 'share', id: 's7' }])
    write(`${path}~`, before)
    execFileSync('mv', [`${path}~`, path])
    await eventually(() => expect(changes).toHaveLength(2))
    expect(changes[1]).toEqual(before)
    expect(faults).toEqual([])
  })

  it('that a program makes of its own list, without ids, are of what changed in it alone', async () => {
    const path = join(privateFolder(), 'settings.json')
    const list = (target: string): string =>
      JSON.stringify({
        version: 0,
        shares: ['A', 'B'].map((name) => ({ name, port: { target: name === 'A' ? target : 'sim:echo' } }))
      })
    write(path, list('sim:echo'))
    const { file, changes } = await open(path)
    const before = file.settings
    write(path, list('sim:gps'))
    await file.reload()
    expect(changes).toHaveLength(1)
    expect(difference(before, file.settings).steps).toMatchObject([
      { action: 'stop', id: before.shares[0]?.id },
      { action: 'start', entry: { name: 'A', port: { target: 'sim:gps' } } }
    ])
  })

  it('of nothing but blanks are none', async () => {
    const path = join(privateFolder(), 'settings.json')
    write(path, ONE)
    const { file, changes } = await open(path)
    write(path, JSON.stringify(ONE))
    await file.reload()
    expect(changes).toEqual([])
    expect(readFileSync(`${path}.bak`, 'utf8')).toBe(JSON.stringify(ONE))
  })

  it.skipIf(lacks.unix('modes of files'))(
    'that are broken are told once and left to be mended; what was in force stays',
    async () => {
      const folder = privateFolder()
      const path = join(folder, 'settings.json')
      write(path, ONE)
      const { file, changes, faults } = await open(path)
      write(path, '{"version": 1, "nmae": "two"}')
      await eventually(() => expect(faults).toHaveLength(1))
      expect(faults[0]?.message).toMatch(
        /settings\.json, line 1, column 16: "nmae" is not known here\. What was in force stays\.$/
      )
      expect(file.settings).toEqual(ONE)
      expect(readdirSync(folder).sort()).toEqual(['settings.json', 'settings.json.bak'])
      await file.reload()
      expect(faults).toHaveLength(2)
      write(path, '{"version": 1, "name": "two"}')
      await eventually(() => expect(changes.map(({ name }) => name)).toEqual(['two']))
      chmodSync(path, 0o644)
      await file.reload()
      expect(faults[2]).toMatchObject({
        code: 'settings-access',
        message: expect.stringMatching(/chmod 600/) as string
      })
      await expect(file.update(named('three'))).rejects.toThrow(/chmod 600/)
      rmSync(path)
      await file.reload()
      expect(faults[3]?.message).toMatch(
        /it is gone; the next change of settings writes it anew\. What was in force stays\.$/
      )
      await file.update((old) => old)
      expect(readFileSync(path, 'utf8')).toBe(formatSettings(file.settings))
      expect(file.settings.name).toBe('two')
    }
  )

  it('are noticed again in a folder that was made anew, from the next reading on', async () => {
    const folder = privateFolder()
    const path = join(folder, 'settings.json')
    write(path, ONE)
    const { file, changes } = await open(path)
    rmSync(folder, { recursive: true })
    await file.update(named('two'))
    await file.reload()
    write(path, settings({ name: 'three' }))
    await eventually(() => expect(changes.map(({ name }) => name)).toEqual(['three']))
  })

  it('of any length of a file while it is read anew never throw', async () => {
    const path = join(privateFolder(), 'settings.json')
    const whole = formatSettings(ONE)
    write(path, whole)
    const { file, changes } = await open(path)
    for (let length = whole.length - 2; length >= 0; length -= 7) {
      truncateSync(path, length)
      await file.reload()
      expect(file.settings).toEqual(ONE)
    }
    expect(changes).toEqual([])
  })
})

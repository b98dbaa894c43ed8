import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setFileOwner } from '../../src-main/os/file-owner.ts'
import { isAlive, processIdentity } from '../../src-main/os/process-identity.ts'
import { privateDirectory, runtimeDirectory } from '../../src-main/os/runtime-directory.ts'
import { lacks } from '../peers/need.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'farport-owner-'))
  chmodSync(directory, 0o755)
  file = join(directory, 'file')
  writeFileSync(file, '')
  writeFileSync(join(directory, 'passwd'), 'alice:x:4001:4002::/:/bin/sh\n4003:x:4009:1::/:/bin/sh\n')
  writeFileSync(join(directory, 'group'), 'dial:x:4005:alice\n')
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

describe('setFileOwner', () => {
  it.skipIf(lacks.root('to give files away'))(
    'takes names and numbers; a name that looks like a number is a name',
    () => {
      setFileOwner(file, { mode: 0o640, user: 'alice', group: 'dial' }, directory)
      expect(statSync(file)).toMatchObject({ uid: 4001, gid: 4005 })
      expect(statSync(file).mode & 0o777).toBe(0o640)
      setFileOwner(file, { user: '4003', group: '77' }, directory)
      expect(statSync(file)).toMatchObject({ uid: 4009, gid: 77 })
    }
  )

  it('changes nothing that is not asked for', () => {
    chmodSync(file, 0o604)
    const before = statSync(file)
    setFileOwner(file, {}, directory)
    expect(statSync(file)).toMatchObject({ uid: before.uid, gid: before.gid, mode: before.mode })
  })

  it('names an unknown user or group', () => {
    expect(() => setFileOwner(file, { user: 'bob' }, directory)).toThrow('There is no user "bob"')
    expect(() => setFileOwner(file, { group: 'alice' }, directory)).toThrow('There is no group "alice"')
  })

  it.skipIf(lacks.root('to give files away'))('says what to do where the file is not ours to give', () => {
    process.seteuid!(65_534)
    try {
      expect(() => setFileOwner(file, { group: 'dial' }, directory)).toThrow(
        expect.objectContaining({ code: 'device-permission' })
      )
    } finally {
      process.seteuid!(0)
    }
  })
})

describe('the runtime directory', () => {
  it.skipIf(lacks.unix('users by number'))('is private, and made where it is missing', () => {
    const path = runtimeDirectory({ XDG_RUNTIME_DIR: directory })
    expect(path).toBe(join(directory, 'farport'))
    expect(lstatSync(path).mode & 0o777).toBe(0o700)
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: directory })).toBe(path)
  })

  it('is in the directory for temporary files where no other is given, or it is not ours', () => {
    const own = join(tmpdir(), `farport-${process.getuid?.() ?? 0}`)
    expect(runtimeDirectory({})).toBe(own)
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: join(directory, 'missing') })).toBe(own)
  })

  it('is refused where others may write, or it is a link', () => {
    const open = join(directory, 'open')
    mkdirSync(open)
    chmodSync(open, 0o750)
    expect(() => privateDirectory(open)).toThrow(`chmod 700 ${open}`)
    const link = join(directory, 'link')
    symlinkSync(directory, link)
    expect(() => privateDirectory(link)).toThrow('belongs to somebody else')
    expect(() => privateDirectory(join(directory, 'no', 'parent'))).toThrow('Cannot make')
  })
})

describe.skipIf(lacks.linux('/proc'))('processIdentity', () => {
  it('knows a live process, and another one with its number', () => {
    const self = processIdentity(process.pid)!
    expect(self.started).toMatch(/^\d+$/)
    expect(isAlive(self)).toBe(true)
    expect(isAlive({ ...self, started: '1' })).toBe(false)
    expect(processIdentity(0x3f_ffff)).toBeUndefined()
  })
})

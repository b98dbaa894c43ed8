import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { processIdentity } from '../../src-main/os/process-identity.ts'
import { PtyLink } from '../../src-main/sessions/pty-link.ts'
import type { PtyOptions } from '../../src-main/sessions/pty-source.ts'
import { PtySource } from '../../src-main/sessions/pty-source.ts'
import { lacks } from '../peers/need.ts'

/** Exists on every Linux and is nobody's PTY of ours: stands for another program's terminal. */
const LIVE = '/dev/pts/ptmx'
const DEAD = '/dev/pts/987654'

describe.skipIf(lacks.linux('pseudo-terminals'))('PtyLink', () => {
  let directory: string
  let link: string
  let notes: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'farport-link-'))
    link = join(directory, 'ttyX')
    notes = join(directory, 'notes')
  })

  afterEach(() => {
    rmSync(directory, { recursive: true })
  })

  const place = (target = LIVE): PtyLink => PtyLink.place(link, target, notes)

  const note = (file: string, content: object): void => {
    mkdirSync(notes, { recursive: true })
    writeFileSync(join(notes, file), JSON.stringify(content))
  }

  /** A process that ended, with the time at which it had started. */
  async function deadProcess(): Promise<{ pid: number; started: string }> {
    const child = spawn('sleep', ['60'])
    const identity = processIdentity(child.pid!)!
    child.kill()
    await once(child, 'close')
    return identity
  }

  /** The PTYs that this process holds, by descriptor. */
  const openMasters = (): string[] =>
    readdirSync('/proc/self/fd').filter((fd) => {
      const path = join('/proc/self/fd', fd)
      // The descriptor that read the directory is gone by now.
      return existsSync(path) && readlinkSync(path).endsWith('ptmx')
    })

  function fault(call: () => unknown): Fault {
    try {
      call()
    } catch (error) {
      if (error instanceof Fault) return error
      throw error
    }
    throw new Error('no fault')
  }

  it('stands until it is removed, and leaves nothing behind', () => {
    const made = place()
    expect(readlinkSync(link)).toBe(LIVE)
    expect(readdirSync(notes)).toHaveLength(1)
    expect(statSync(notes).mode & 0o777).toBe(0o700)
    made.remove()
    made.remove()
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined()
    expect(readdirSync(notes)).toEqual([])
  })

  it('points to another PTY without a gap', () => {
    const made = place()
    made.pointTo('/dev/pts/5')
    expect(readlinkSync(link)).toBe('/dev/pts/5')
    expect(readdirSync(directory).sort()).toEqual(['notes', 'ttyX'])
    made.remove()
    expect(existsSync(link)).toBe(false)
  })

  it('takes the place of a link to a PTY that is gone', () => {
    symlinkSync(DEAD, link)
    place()
    expect(readlinkSync(link)).toBe(LIVE)
  })

  it('takes the place of our own link after a crash, also where its number serves another terminal now', async () => {
    symlinkSync(LIVE, link)
    note('crashed.json', { link, target: LIVE, ...(await deadProcess()) })
    place('/dev/pts/5')
    expect(readlinkSync(link)).toBe('/dev/pts/5')
    expect(readdirSync(notes)).not.toContain('crashed.json')
  })

  it('tells a process from a later one with its number', () => {
    symlinkSync(LIVE, link)
    note('crashed.json', { link, target: LIVE, pid: process.pid, started: '1' })
    place('/dev/pts/5')
    expect(readlinkSync(link)).toBe('/dev/pts/5')
  })

  it('cleans up after any link of a dead process, but never what took its place', async () => {
    const dead = await deadProcess()
    const [ours, changed, file] = ['a', 'b', 'c'].map((name) => join(directory, name)) as [
      string,
      string,
      string
    ]
    symlinkSync(LIVE, ours)
    symlinkSync('/dev/null', changed)
    writeFileSync(file, 'precious')
    note('a.json', { link: ours, target: LIVE, ...dead })
    note('b.json', { link: changed, target: LIVE, ...dead })
    note('c.json', { link: file, target: LIVE, ...dead })
    note('d.json', { link: join(directory, 'missing', 'x'), target: LIVE, ...dead })
    place()
    expect(existsSync(ours)).toBe(false)
    expect(readlinkSync(changed)).toBe('/dev/null')
    expect(readFileSync(file, 'utf8')).toBe('precious')
    expect(readdirSync(notes)).toHaveLength(1)
  })

  it('keeps the link of a successor to the same number', async () => {
    const dead = await deadProcess()
    const successor = place()
    note('old.json', { link, target: LIVE, ...dead })
    PtyLink.place(join(directory, 'other'), LIVE, notes).remove()
    expect(readlinkSync(link)).toBe(LIVE)
    successor.remove()
  })

  it('overlooks notes that are none', () => {
    note('odd.json', { link: 5 })
    writeFileSync(join(notes, 'broken.json'), '{')
    place()
    expect(readlinkSync(link)).toBe(LIVE)
  })

  it.each([
    ['a file', () => writeFileSync(link, 'precious')],
    ['a directory', () => mkdirSync(link)],
    ['a link to a live terminal', () => symlinkSync(LIVE, link)],
    ['a link to elsewhere', () => symlinkSync('/dev/null', link)],
    ['a dangling link to elsewhere', () => symlinkSync('/nowhere', link)],
    ['a dangling link that climbs out of /dev/pts', () => symlinkSync('/dev/pts/../gone', link)]
  ])('never replaces %s', (_, make) => {
    make()
    const before = lstatSync(link)
    const { code, message } = fault(() => place())
    expect(code).toBe('path-taken')
    expect(message).toContain(link)
    expect(lstatSync(link).ino).toBe(before.ino)
    expect(readdirSync(notes)).toEqual([])
  })

  it('never replaces the link of a live Farport, though its PTY cannot be seen from here', () => {
    PtyLink.place(link, DEAD, notes)
    const { code, message } = fault(() => place())
    expect(code).toBe('path-taken')
    expect(message).toContain(`process ${process.pid}`)
    expect(readlinkSync(link)).toBe(DEAD)
  })

  it('does not remove what took its place meanwhile', () => {
    const made = place()
    rmSync(link)
    writeFileSync(link, 'precious')
    made.pointTo('/dev/pts/5')
    made.remove()
    expect(readFileSync(link, 'utf8')).toBe('precious')
  })

  it('names the directory that is missing, and how to make it', () => {
    const { code, message } = fault(() => PtyLink.place(join(directory, 'no', 'tty'), LIVE, notes))
    expect(code).toBe('usage')
    expect(message).toContain(`mkdir -p ${join(directory, 'no')}`)
  })

  describe('of a PtySource', () => {
    const sources: PtySource[] = []

    afterEach(async () => {
      for (const source of sources.splice(0)) await source.close()
    })

    const open = (options: PtyOptions = {}): PtySource => {
      const source = PtySource.open({ link, directory, ...options })
      sources.push(source)
      return source
    }

    it('stands in the private directory under a name where no place was given', () => {
      const { address, slave } = open({ link: undefined, name: 'gps' })
      expect(address).toBe(join(directory, 'gps'))
      expect(readlinkSync(address)).toBe(slave)
      for (const name of ['../x', 'a/b', '.links', '']) {
        expect(fault(() => open({ link: undefined, name })).code).toBe('usage')
      }
    })

    it('lets only its owner open the PTY, unless told otherwise', () => {
      expect(statSync(open().slave).mode & 0o777).toBe(0o600)
      const { slave } = open({ link: `${link}2`, mode: 0o660, group: String(process.getgid?.()) })
      const { mode, gid } = statSync(slave)
      expect(mode & 0o777).toBe(0o660)
      expect(gid).toBe(process.getgid?.())
    })

    it('leaves no PTY open where the link cannot be made', () => {
      writeFileSync(link, 'precious')
      const before = openMasters()
      expect(fault(() => open()).code).toBe('path-taken')
      expect(fault(() => open({ link: `${link}2`, group: 'no such group' })).code).toBe('usage')
      expect(openMasters()).toEqual(before)
    })

    it('is gone as soon as close was called, the PTY too', () => {
      const source = open()
      const { slave } = source
      void source.close()
      expect(existsSync(link)).toBe(false)
      expect(existsSync(slave)).toBe(false)
      void source.close()
    })
  })
})

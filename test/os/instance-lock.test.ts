import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Fault } from '../../src-main/contract/faults.ts'
import { readInstanceHolder, takeInstanceLock } from '../../src-main/os/instance-lock.ts'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'

function lockPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'instance-lock-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'farport.lock')
}

function faultOf(call: () => unknown): Fault {
  try {
    call()
  } catch (error) {
    return error as Fault
  }
  throw new Error('no fault')
}

/** Another process that holds the lock as flock(1) does, and leaves the note that ours would; `child` lives on beside it. */
async function otherInstance(path: string, note: (pid: number) => string) {
  const holder = spawn('flock', ['--no-fork', path, 'sleep', '60'], { stdio: 'ignore' })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder, 'spawn')
  const pid = holder.pid!
  // It became sleep once it had the lock.
  await eventually(() => expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n'))
  writeFileSync(path, note(pid))
  return { pid, kill: () => void holder.kill('SIGKILL'), ended: once(holder, 'exit') }
}

const startedOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!

const note = (pid: number, started = startedOf(pid), what = 'farport serve'): string =>
  `${JSON.stringify({ pid, started, what, since: '2026-11-20T08:15:00.000Z' })}\n`

describe.skipIf(lacks.linux('/proc/locks'))('the lock of an instance', () => {
  it('is had once, says by whom, and is free again', () => {
    const path = lockPath()
    const lock = takeInstanceLock(path, 'farport serve', () => new Date('2026-11-20T08:15:00Z'))
    const holder = { pid: process.pid, what: 'farport serve', since: '2026-11-20T08:15:00.000Z' }
    expect(readInstanceHolder(path)).toEqual(holder)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(faultOf(() => takeInstanceLock(path, 'the Farport window'))).toMatchObject({
      code: 'already-running',
      message: `Another Farport runs with these settings: farport serve, process ${process.pid}, since ${holder.since}. Use that one, or end it first.`
    })
    lock.dispose()
    lock.dispose()
    expect(readInstanceHolder(path)).toBeUndefined()
    takeInstanceLock(path, 'the Farport window').dispose()
  })

  it('is refused while another process has it, and is free at once when that is killed', async () => {
    const path = lockPath()
    const other = await otherInstance(path, note)
    expect(faultOf(() => takeInstanceLock(path, 'farport serve')).message).toContain(
      `farport serve, process ${other.pid}, since 2026-11-20`
    )
    other.kill()
    await other.ended
    // The note of the dead one still stands there.
    expect(readFileSync(path, 'utf8')).toContain(String(other.pid))
    expect(readInstanceHolder(path)).toBeUndefined()
    const lock = takeInstanceLock(path, 'farport serve')
    expect(readInstanceHolder(path)).toMatchObject({ pid: process.pid })
    lock.dispose()
  })

  it('is not had by the programs that its holder starts', async () => {
    const path = lockPath()
    const lock = takeInstanceLock(path, 'farport serve')
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child, 'spawn')
    lock.dispose()
    takeInstanceLock(path, 'farport serve').dispose()
  })

  it.each<[string, (pid: number) => string]>([
    ['nothing yet', () => ''],
    ['no JSON', () => '{"pid":'],
    ['null', () => 'null'],
    ['a note of wrong types', () => '{"pid":"1","started":1,"what":[],"since":null}'],
    ['the note of a process that had this number before', (pid) => note(pid, '1')]
  ])('says at least where it is when its file holds %s', async (_, text) => {
    const path = lockPath()
    await otherInstance(path, text)
    expect(faultOf(() => takeInstanceLock(path, 'farport serve'))).toMatchObject({
      code: 'already-running',
      message: expect.stringContaining(path) as string
    })
  })

  it('says nothing to a terminal that another program wrote there', async () => {
    const path = lockPath()
    await otherInstance(path, (pid) => note(pid, startedOf(pid), `\x1b[2J${'x'.repeat(500)}`))
    const { message } = faultOf(() => takeInstanceLock(path, 'farport serve'))
    expect(message).not.toContain('\x1b')
    expect(message.length).toBeLessThan(250)
  })

  it('is not taken on what a link leads to, nor on a directory', () => {
    const path = lockPath()
    writeFileSync(`${path}.elsewhere`, 'precious')
    symlinkSync(`${path}.elsewhere`, path)
    expect(faultOf(() => takeInstanceLock(path, 'farport serve')).code).toBe('usage')
    expect(readFileSync(`${path}.elsewhere`, 'utf8')).toBe('precious')
    mkdirSync(`${path}.d`)
    expect(faultOf(() => takeInstanceLock(`${path}.d`, 'farport serve')).code).toBe('usage')
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockName, takeLockFiles } from '../../src-main/os/locks.ts'

const DEVICE = '/dev/null'
const FILE = 'LCK..null'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'locks-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(content: string | Buffer): void {
  writeFileSync(join(directory, FILE), content)
}

describe('UUCP lock files', () => {
  it.each([
    ['/dev/ttyUSB0', 'LCK..ttyUSB0'],
    ['/dev/pts/3', 'LCK..pts_3'],
    ['/dev/serial/by-id/usb-FTDI', 'LCK..serial_by-id_usb-FTDI']
  ])('names %s as others do', (path, name) => {
    expect(lockName(path)).toBe(name)
  })

  it('holds our pid in ten digits, alone in the directory, and goes', () => {
    const lock = takeLockFiles(DEVICE, directory)
    expect(readFileSync(join(directory, FILE), 'latin1')).toBe(`${String(process.pid).padStart(10, ' ')}\n`)
    expect(readdirSync(directory)).toEqual([FILE])
    lock.dispose()
    lock.dispose()
    expect(readdirSync(directory)).toEqual([])
  })

  it('is refused to a second taker in this process', () => {
    const lock = takeLockFiles(DEVICE, directory)
    expect(() => takeLockFiles(DEVICE, directory)).toThrow(
      expect.objectContaining({ code: 'device-busy' }) as Error
    )
    expect(readdirSync(directory)).toEqual([FILE])
    lock.dispose()
  })

  it('names the live process that holds it, and leaves it alone', () => {
    write(`${String(process.ppid).padStart(10)} minicom root\n`)
    expect(() => takeLockFiles(DEVICE, directory)).toThrow(`process ${process.ppid} (`)
    expect(readFileSync(join(directory, FILE), 'latin1')).toContain('minicom')
    const binary = Buffer.alloc(4)
    binary.writeInt32LE(process.ppid)
    write(binary)
    expect(() => takeLockFiles(DEVICE, directory)).toThrow(`process ${process.ppid} (`)
  })

  it('takes a short number for text, not for the four bytes of one', () => {
    write('  1\n')
    expect(() => takeLockFiles(DEVICE, directory)).toThrow('process 1 (')
  })

  it.each([['empty', ''], ['no number', 'hello\n'] as const])('takes over one that is %s', (_, content) => {
    write(content)
    takeLockFiles(DEVICE, directory).dispose()
    expect(readdirSync(directory)).toEqual([])
  })

  it('takes over the one of a dead process, and our own from before a crash', async () => {
    const child = spawn('true')
    await once(child, 'exit')
    for (const pid of [child.pid, process.pid]) {
      write(`${String(pid).padStart(10)}\n`)
      const lock = takeLockFiles(DEVICE, directory)
      expect(Number(readFileSync(join(directory, FILE), 'latin1'))).toBe(process.pid)
      lock.dispose()
    }
  })

  it('locks the name given and the real one; both go, also when the second is taken', () => {
    const link = join(directory, 'link')
    symlinkSync(DEVICE, link)
    const given = lockName(link)
    const lock = takeLockFiles(link, directory)
    expect(readdirSync(directory).sort()).toEqual([FILE, given, 'link'].sort())
    lock.dispose()
    writeFileSync(join(directory, given), `${process.ppid}\n`)
    expect(() => takeLockFiles(link, directory)).toThrow('in use')
    expect(readdirSync(directory).sort()).toEqual([given, 'link'].sort())
  })

  it('does without a directory that is missing or closed, and still heeds a lock there', () => {
    takeLockFiles(DEVICE, join(directory, 'none')).dispose()
    if (process.geteuid?.() !== 0) return
    write(`${process.ppid}\n`)
    chmodSync(directory, 0o755)
    process.seteuid!(65534)
    try {
      expect(() => takeLockFiles(DEVICE, directory)).toThrow('in use')
    } finally {
      process.seteuid!(0)
    }
  })
})

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HIGH_WATER, LOW_WATER } from '../../src-main/base/duplex.ts'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import type { LineSettings } from '../../src-main/contract/line.ts'
import { DEFAULT_SETTINGS, NO_CAPABILITIES } from '../../src-main/contract/line.ts'
import { PtySource } from '../../src-main/sessions/pty-source.ts'
import { FakeClock } from '../fake-clock.ts'
import { EXTPROC } from './pty-program.ts'
import { PtyRig, until } from './pty-rig.ts'
import { lacks } from '../peers/need.ts'

const stty = (link: string, ...settings: string[]): string =>
  execFileSync('stty', ['-F', link, ...settings], { encoding: 'utf8' })

const NOBODY = 65_534

const settingsOf = (some: Partial<LineSettings>): LineSettings => ({ ...DEFAULT_SETTINGS, ...some })

describe.skipIf(lacks.linux('pseudo-terminals'))('PtySource', () => {
  let rig: PtyRig

  beforeEach(() => {
    rig = new PtyRig()
  })

  afterEach(async () => {
    await rig.dispose()
  })

  describe('visits', () => {
    it('yields a session per opening program and keeps the link between them', async () => {
      const source = rig.open()
      expect(source.address).toBe(rig.link)
      const first = rig.program()
      const visit = await rig.visit()
      expect(visit.session.who).toEqual({ kind: 'program', label: 'a local program' })
      first.close()
      await until(() => visit.closed)
      expect(visit.closed).toEqual({ code: 'done', message: 'the local program closed the port' })
      expect(readlinkSync(rig.link)).toBe(source.slave)
      rig.program()
      await rig.visit(1)
    })

    it('ends a session only when the last of several programs closed', async () => {
      rig.open()
      const first = rig.program()
      const second = rig.program()
      const visit = await rig.visit()
      first.close()
      second.write('still here')
      await until(() => visit.data.length === 10)
      expect(visit.closed).toBeUndefined()
      second.close()
      await until(() => visit.closed)
      expect(rig.visits).toHaveLength(1)
    })

    it('takes what was written and closed between two looks for a visit', async () => {
      const clock = new FakeClock()
      rig.open({ clock })
      execFileSync('sh', ['-c', 'echo hi > "$1"', 'sh', rig.link])
      expect(rig.visits).toHaveLength(0)
      await clock.advance(20)
      expect(rig.visits[0]!.data.toString()).toBe('hi\n')
      expect(rig.visits[0]!.closed?.code).toBe('done')
      await clock.advance(1000)
      expect(rig.visits).toHaveLength(1)
    })

    it('takes settings that were changed between two looks for a visit', async () => {
      const clock = new FakeClock()
      rig.open({ clock })
      stty(rig.link, '9600')
      await clock.advance(20)
      expect(rig.visits[0]!.log).toEqual([
        'apply {"baudRate":9600,"stopBits":1,"flowControl":"none"}',
        'close'
      ])
    })

    it('is not disturbed by a program that only looks', async () => {
      const clock = new FakeClock()
      rig.open({ clock })
      stty(rig.link)
      await clock.advance(100)
      expect(rig.visits).toHaveLength(0)
    })

    it('hands on all that was written before the close, after settings and in many packets', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      const sent = randomBytes(9000)
      program.setBaudRate(19_200)
      expect(program.write(sent)).toBe(9000)
      program.close()
      await until(() => visit.closed)
      expect(visit.data.equals(sent)).toBe(true)
      expect(visit.log[0]).toContain('19200')
    })

    it('keeps what a program wrote before it left until a paused session reads', async () => {
      const clock = new FakeClock()
      rig.open({ clock, resume: false })
      const program = rig.program()
      await clock.advance(20)
      const visit = rig.visits[0]!
      program.write('last words')
      program.close()
      await clock.advance(100)
      expect(visit.log).toEqual([])
      visit.session.resume()
      expect(visit.log).toEqual(['data 10', 'close'])
    })

    it('goes on with a program that opens before a paused session has read the last one', async () => {
      const clock = new FakeClock()
      rig.open({ clock, resume: false })
      const first = rig.program()
      await clock.advance(20)
      const visit = rig.visits[0]!
      first.write('one')
      first.close()
      await clock.advance(20)
      rig.program().write('two')
      visit.session.resume()
      await until(() => visit.data.toString() === 'onetwo')
      expect(rig.visits).toHaveLength(1)
      expect(visit.closed).toBeUndefined()
    })

    it('refuses where nobody listens, without a tight loop', async () => {
      const clock = new FakeClock()
      const source = PtySource.open({ link: rig.link, directory: rig.private, clock })
      const program = rig.program()
      await clock.advance(400)
      let sessions = 0
      source.onSession(() => (sessions += 1))
      await clock.advance(80)
      expect(sessions).toBe(0)
      await clock.advance(100)
      expect(sessions).toBe(1)
      program.close()
      await source.close()
      source.onSession(() => undefined)
    })

    it('gives a program whose session the hub ended a new one after 0.5 s, 1 s, … 10 s', async () => {
      const clock = new FakeClock()
      rig.open({ clock, greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      await clock.advance(20)
      program.setBaudRate(2400)
      await until(() => rig.visits[0]!.wishes.length === 1)
      const times: number[] = []
      for (let count = 1; count <= 7; count++) {
        const { session } = rig.visits[count - 1]!
        const startMs = clock.nowMs()
        session.abort({ code: 'too-slow', message: 'too slow' })
        while (rig.visits.length === count) await clock.advance(20)
        times.push(clock.nowMs() - startMs)
      }
      expect(times).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
      // The new session's hub knows nothing of what the program wished before.
      expect(rig.visits[1]!.wishes).toEqual([{ baudRate: 2400, stopBits: 1, flowControl: 'none' }])
      program.write('x')
      program.close()
      await clock.advance(20)
      rig.program()
      await clock.advance(40)
      expect(rig.visits).toHaveLength(9)
      expect(rig.visits[8]!.wishes).toEqual([])
      // Another program, another count.
      rig.visits[8]!.session.abort({ code: 'too-slow', message: 'too slow' })
      await clock.advance(500)
      expect(rig.visits).toHaveLength(10)
    })
  })

  describe('bytes', () => {
    it('carries every byte both ways', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      const all = Buffer.from(Array.from({ length: 512 }, (_, index) => index & 0xff))
      program.write(all)
      await until(() => visit.data.length === all.length)
      expect(visit.data.equals(all)).toBe(true)
      visit.session.write(all)
      const got: Buffer[] = []
      await until(() => {
        got.push(program.read())
        return Buffer.concat(got).length === all.length
      })
      expect(Buffer.concat(got).equals(all)).toBe(true)
    })

    it('carries 1 MiB both ways at once', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      const out = randomBytes(1 << 20)
      const back = randomBytes(1 << 20)
      for (let at = 0; at < back.length; at += 65_536) visit.session.write(back.subarray(at, at + 65_536))
      const got: Buffer[] = []
      let gotLength = 0
      let sent = 0
      await until(() => {
        while (sent < out.length) {
          const taken = program.write(out.subarray(sent, sent + 4096))
          if (taken === 0) break
          sent += taken
        }
        const piece = program.read()
        got.push(piece)
        gotLength += piece.length
        return (
          gotLength === back.length && visit.chunks.reduce((sum, each) => sum + each.length, 0) === out.length
        )
      })
      expect(Buffer.concat(got).equals(back)).toBe(true)
      expect(visit.data.equals(out)).toBe(true)
    })

    it('holds on above the high mark, drains at the low one, and never blocks the process', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      const chunk = Buffer.alloc(16_384, 0x55)
      let written = 0
      do written += chunk.length
      while (visit.session.write(chunk))
      expect(visit.session.queued).toBeGreaterThan(HIGH_WATER)
      expect(visit.session.queued).toBeLessThanOrEqual(HIGH_WATER + chunk.length)
      // A timer runs although the program takes nothing.
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(visit.drains).toBe(0)
      let read = 0
      await until(() => {
        read += program.read().length
        return visit.drains > 0
      })
      expect(visit.session.queued).toBeLessThanOrEqual(LOW_WATER)
      await until(() => {
        read += program.read().length
        return read === written
      })
      expect(visit.session.queued).toBe(0)
    })

    it('stops reading while paused, so that the program blocks', async () => {
      rig.open({ resume: false })
      const program = rig.program()
      const visit = await rig.visit()
      const chunk = Buffer.alloc(4096, 0x41)
      let written = 0
      for (let taken = -1; taken !== 0 && written < 1 << 20; written += taken) taken = program.write(chunk)
      expect(written).toBeLessThan(128 * 1024)
      expect(visit.data).toHaveLength(0)
      visit.session.resume()
      await until(() => visit.data.length === written)
    })

    it('leaves nothing stale for the next program, whoever wrote it', async () => {
      rig.open()
      const first = rig.program()
      const visit = await rig.visit()
      visit.session.write(Buffer.alloc(100_000, 0x11))
      await until(() => visit.session.queued > 0 && visit.session.queued < 100_000)
      first.close()
      await until(() => visit.closed)
      expect(visit.session.queued).toBeGreaterThan(50_000) // counted as undelivered
      expect(visit.session.write(Buffer.from('too late'))).toBe(true)
      const second = rig.program()
      await rig.visit(1)
      expect(second.read()).toHaveLength(0)
    })

    it('discards what is written to a program that is gone, and counts it', async () => {
      const clock = new FakeClock()
      rig.open({ resume: false, clock })
      const program = rig.program()
      program.write('x')
      program.close()
      await clock.advance(20)
      const visit = rig.visits[0]!
      expect(visit.session.write(Buffer.from('nobody'))).toBe(true)
      visit.session.resume()
      expect(visit.closed?.code).toBe('done')
      expect(visit.session.queued).toBe(6)
      expect(rig.program().read()).toHaveLength(0)
    })
  })

  describe('the far port’s settings', () => {
    it('are shown to a program that sets nothing, and nothing is asked', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800, stopBits: 2, flowControl: 'rtscts' }) })
      rig.program()
      const visit = await rig.visit()
      expect(stty(rig.link, '-a')).toMatch(/speed 4800 baud.* cstopb .*crtscts/s)
      visit.tell({ baudRate: 74_880, flowControl: 'xonxoff' })
      const program = rig.program()
      expect(program.baudRate).toBe(74_880)
      expect(stty(rig.link, '-a')).toMatch(/ -cstopb .* -crtscts.* ixon ixoff/s)
      program.write('x')
      await until(() => visit.data.length === 1)
      expect(visit.wishes).toEqual([])
    })

    it('stay shown for the next program', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(300)
      await until(() => visit.wishes.length === 1)
      program.write('x')
      program.close()
      await until(() => visit.closed)
      expect(stty(rig.link)).toContain('speed 4800 baud')
    })

    it.each([
      ['keep what a program set that left without a byte (stty), for the next one alone', false],
      ['return at once where a byte came from the device', true]
    ])('%s', async (_what, spoke) => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const setter = rig.program()
      const first = await rig.visit()
      setter.setBaudRate(300)
      await until(() => first.wishes.length === 1)
      if (spoke) first.session.write(Buffer.from('x'))
      setter.close()
      await until(() => first.closed)
      const next = rig.program()
      expect(next.baudRate).toBe(spoke ? 4800 : 300)
      const second = await rig.visit(1)
      expect(second.wishes.map(({ baudRate }) => baudRate)).toEqual(spoke ? [] : [300])
      next.write('x')
      next.close()
      await until(() => second.closed)
      expect(rig.program().baudRate).toBe(4800)
    })

    it('are shown only where the far port has such a setting', async () => {
      rig.open()
      rig.program()
      const visit = await rig.visit()
      visit.session.notify({
        settings: settingsOf({ baudRate: 4800, stopBits: 2 }),
        capabilities: { ...NO_CAPABILITIES, settings: new Set(['stopBits'] as const) }
      })
      const shown = stty(rig.link, '-a')
      expect(shown).toContain(' cstopb')
      expect(shown).not.toContain('4800')
    })

    it('are left alone once the program changed one', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(9600)
      await until(() => visit.requests[0])
      visit.requests[0]!.answer(settingsOf({ baudRate: 9600 }))
      visit.tell({ baudRate: 19_200, stopBits: 2 })
      expect(program.baudRate).toBe(9600)
      expect(stty(rig.link, '-a')).toContain('-cstopb')
    })

    it('leave the modes alone that the program chose', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      stty(rig.link, 'sane', 'min', '7')
      await until(() => (program.localFlags & EXTPROC) !== 0)
      visit.tell({ baudRate: 4800, flowControl: 'rtscts' })
      const shown = stty(rig.link, '-a')
      expect(shown).toContain('speed 4800 baud')
      expect(shown).toMatch(/\smin = 7;.*\scrtscts\s.*\sicrnl\s.*\sopost\s.*\sicanon\s.*\secho\s/s)
    })

    it('do not overwrite what a program set before it was seen', async () => {
      const clock = new FakeClock()
      rig.open({ clock, greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      program.setBaudRate(9600)
      await clock.advance(20)
      expect(program.baudRate).toBe(9600)
      expect(rig.visits[0]!.wishes).toEqual([{ baudRate: 9600, stopBits: 1, flowControl: 'none' }])
    })
  })

  describe('the program’s settings', () => {
    it('are asked for, the changed ones only', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      rig.program()
      const visit = await rig.visit()
      stty(rig.link, '9600')
      await until(() => visit.wishes.length === 1)
      stty(rig.link, 'cstopb', 'crtscts')
      await until(() => visit.wishes.length === 2)
      stty(rig.link, '-crtscts', 'ixon', 'ixoff')
      await until(() => visit.wishes.length === 3)
      stty(rig.link, '-echo')
      stty(rig.link, '230400')
      await until(() => visit.wishes.length === 4)
      expect(visit.wishes).toEqual([
        { baudRate: 9600 },
        { stopBits: 2, flowControl: 'rtscts' },
        { flowControl: 'xonxoff' },
        { baudRate: 230_400 }
      ])
    })

    it.each([50, 31_250, 74_880, 250_000, 4_000_000])('may be any baud rate: %i', async (baudRate) => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(baudRate)
      await until(() => visit.wishes.length === 1)
      expect(visit.wishes).toEqual([{ baudRate }])
    })

    it('are asked for in full as long as the far port is not known, and only when a rate is among them', async () => {
      rig.open()
      rig.program()
      const visit = await rig.visit()
      stty(rig.link, '-echo', 'min', '1')
      stty(rig.link, '38400')
      await until(() => visit.wishes.length === 1)
      expect(visit.wishes).toEqual([{ baudRate: 38_400, stopBits: 1, flowControl: 'none' }])
    })

    it('come before the data that follows them', async () => {
      const clock = new FakeClock()
      rig.open({ clock, greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      program.setBaudRate(9600)
      program.write('AT\r')
      await clock.advance(20)
      const visit = rig.visits[0]!
      await until(() => visit.data.length === 3)
      expect(visit.log.map((entry) => entry.split(' ')[0])).toEqual(['apply', 'data'])
    })

    it('are reported also after the program switched reporting off', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.clearExtproc()
      await until(() => (program.localFlags & EXTPROC) !== 0)
      program.setBaudRate(9600)
      await until(() => visit.wishes.length === 1)
      expect(visit.wishes).toEqual([{ baudRate: 9600 }])
    })

    it('are corrected to what the far port took, without asking again', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(250_000)
      await until(() => visit.requests[0])
      visit.requests[0]!.answer(settingsOf({ baudRate: 230_400, stopBits: 2 }))
      expect(stty(rig.link, '-a')).toMatch(/speed 230400 baud.* cstopb/s)
      program.write('x')
      await until(() => visit.data.length === 1)
      expect(visit.wishes).toHaveLength(1)
    })

    it('are not undone by the answer to an older wish', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(300)
      await until(() => visit.requests[0])
      program.setBaudRate(600)
      await until(() => visit.requests[1])
      visit.requests[0]!.answer(settingsOf({ baudRate: 1200 }))
      expect(program.baudRate).toBe(600)
      visit.requests[1]!.answer(settingsOf({ baudRate: 2400 }))
      expect(program.baudRate).toBe(2400)
    })

    it('are not undone by an answer that a newer wish crosses', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(300)
      await until(() => visit.requests[0])
      program.setBaudRate(600)
      visit.requests[0]!.answer(settingsOf({ baudRate: 1200 }))
      await until(() => visit.requests[1])
      expect(visit.wishes).toEqual([{ baudRate: 300 }, { baudRate: 600 }])
      expect(program.baudRate).toBe(600)
    })

    it('are corrected also when the far port comes only later', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      visit.session.notify({ capabilities: NO_CAPABILITIES })
      program.setBaudRate(250_000)
      await until(() => visit.requests[0])
      visit.requests[0]!.answer(settingsOf({ baudRate: 250_000 }))
      visit.tell({ baudRate: 230_400 })
      expect(program.baudRate).toBe(230_400)
      visit.tell({ baudRate: 9600 })
      expect(program.baudRate).toBe(230_400)
      expect(visit.wishes).toHaveLength(1)
    })

    it('drop DTR at baud rate 0 and raise it again', async () => {
      rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
      const program = rig.program()
      const visit = await rig.visit()
      program.setBaudRate(0)
      await until(() => visit.controls.length === 1)
      program.setBaudRate(9600)
      await until(() => visit.controls.length === 2)
      expect(visit.log).toEqual(['control {"dtr":false}', 'apply {"baudRate":9600}', 'control {"dtr":true}'])
    })

    it('leave with it: raw again for the next one', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      stty(rig.link, 'sane')
      expect(stty(rig.link, '-a')).toMatch(/ icanon .* echo /)
      await until(() => (program.localFlags & EXTPROC) !== 0)
      program.close()
      await until(() => visit.closed)
      expect(stty(rig.link, '-a')).toMatch(/-icrnl .*-opost .*-icanon .*-echo /s)
      expect(visit.wishes).toEqual([])
    })
  })

  describe('exclusive use', () => {
    it('of a program that left without giving it up ends with it', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      program.keepForItself()
      program.close()
      await until(() => visit.closed)
      expect(rig.program().exclusive).toBe(false)
    })

    // Root may open it all the same, so only another user sees what is tested here.
    it.skipIf(lacks.root('to become another user'))('cannot lock out a user who is not root', async () => {
      chownSync(rig.directory, NOBODY, NOBODY)
      chownSync(rig.private, NOBODY, NOBODY)
      process.seteuid!(NOBODY)
      try {
        const source = rig.open({ greet: (visit) => visit.tell({ baudRate: 4800 }) })
        const { slave } = source
        const program = rig.program()
        const visit = await rig.visit()
        program.keepForItself()
        program.flush(0)
        await until(() => visit.purges.length === 1)
        program.close()
        await until(() => visit.closed)
        expect(source.slave).not.toBe(slave)
        expect(readlinkSync(rig.link)).toBe(source.slave)
        const next = rig.program()
        expect(next.baudRate).toBe(4800)
        next.write('works')
        await until(() => rig.visits[1]?.data.length === 5)
      } finally {
        process.seteuid!(0)
      }
    })
  })

  describe('purge', () => {
    it('follows tcflush, and drops what waits for the program', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      visit.session.write(Buffer.alloc(HIGH_WATER + 50_000, 0x22))
      expect(visit.session.queued).toBeGreaterThan(HIGH_WATER)
      program.flush(0)
      await until(() => visit.purges.length === 1)
      expect(visit.session.queued).toBe(0)
      expect(visit.drains).toBe(1)
      expect(program.read()).toHaveLength(0)
      visit.session.write(Buffer.from('fresh'))
      expect(await until(() => program.read().toString() || undefined)).toBe('fresh')
      program.flush(1)
      await until(() => visit.purges.length === 2)
      program.flush(2)
      await until(() => visit.purges.length === 3)
      expect(visit.purges).toEqual(['receive', 'transmit', 'both'])
    })
  })

  it('drops what the kernel still holds of the time before a purge', async () => {
    rig.open()
    const program = rig.program()
    const visit = await rig.visit()
    visit.session.write(Buffer.alloc(6000, 0x22))
    expect(program.hasInput).toBe(true)
    program.flush(0)
    // Pushes the rest of the old bytes into the input that was just emptied.
    visit.session.write(Buffer.from('old'))
    expect(program.hasInput).toBe(true)
    await until(() => visit.purges.length === 1)
    expect(program.read()).toHaveLength(0)
  })

  describe('close', () => {
    it('waits until the program has read everything', async () => {
      rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      visit.session.write(Buffer.alloc(100_000, 0x33))
      let lost: number | undefined
      void visit.session.close(DONE, 5000).then((count) => (lost = count))
      let read = 0
      await until(() => {
        read += program.read().length
        return lost !== undefined
      })
      expect({ read, lost }).toEqual({ read: 100_000, lost: 0 })
      expect(visit.closed).toBe(DONE)
    })

    it('gives up in time and counts what did not reach the program', async () => {
      const clock = new FakeClock()
      rig.open({ clock })
      const program = rig.program()
      await clock.advance(20)
      const visit = rig.visits[0]!
      visit.session.write(Buffer.alloc(100_000, 0x33))
      const closed = visit.session.close(SHUTDOWN, 2000)
      await clock.advance(1990)
      expect(visit.closed).toBeUndefined()
      await clock.advance(10)
      const lost = await closed
      expect(visit.session.queued).toBe(lost)
      // The rest is in the kernel, where the program still finds it.
      expect(lost + program.read().length).toBeGreaterThan(90_000)
      expect(lost).toBeLessThan(100_000)
      expect(await visit.session.close(SHUTDOWN, 2000)).toBe(lost)
    })

    it('of the source leaves a live session to its own end, then hangs up', async () => {
      const source = rig.open()
      const program = rig.program()
      const visit = await rig.visit()
      await source.close()
      expect(() => readlinkSync(rig.link)).toThrow('ENOENT')
      visit.session.write(Buffer.from('goodbye'))
      const closed = visit.session.close(SHUTDOWN, 1000)
      expect(await until(() => program.read().toString() || undefined)).toBe('goodbye')
      expect(await closed).toBe(0)
      expect(() => program.write('x')).toThrow('EIO')
    })

    it('counts also what the kernel holds when the PTY goes with it', async () => {
      const source = rig.open()
      rig.program()
      const visit = await rig.visit()
      visit.session.write(Buffer.from('nobody reads this'))
      await source.close()
      expect(await visit.session.close(SHUTDOWN, 10)).toBe(17)
    })
  })
})

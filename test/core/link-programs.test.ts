import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { GAP_MS, LinkPrograms } from '../../src-main/core/link-programs.ts'
import { eventually } from '../eventually.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { bridge, session } from '../hosts/electron/states.ts'
import { installation } from './instance/installation.ts'
import { lacks } from '../peers/need.ts'

const MINICOM = { pid: 812, command: 'minicom' }

function watched() {
  const clock = new FakeClock()
  const asked: (readonly string[])[] = []
  let bridges: Record<string, BridgeState> = {}
  const link = (...sessions: number[]): void => {
    const addresses = ['/run/far', 'raw://127.0.0.1:7000']
    bridges = {
      far: bridge('far', { kind: 'link', addresses, sessions: sessions.map((id) => session(id, 'a')) }),
      share: bridge('share', { addresses: ['/run/x'], sessions: [session(1, 'b')] })
    }
    programs.sync()
  }
  const programs = new LinkPrograms({
    clock,
    bridges: () => bridges,
    users: (paths) => {
      asked.push(paths)
      const all = [MINICOM, { pid: process.pid, command: 'farport' }]
      return Promise.resolve(new Map(paths.map((path) => [path, all])))
    }
  })
  return { clock, asked, link, programs, shown: () => programs.complete(bridges).far?.programs }
}

describe('the programs that have a virtual port open', () => {
  it('are not asked for while nobody watches, nor while nobody has it open', async () => {
    const { asked, link, programs, shown, clock } = watched()
    link(1)
    await settle()
    expect([asked, shown()]).toEqual([[], undefined])
    programs.watch(true)
    await settle()
    expect([asked, shown()]).toEqual([[['/run/far']], [MINICOM]])
    programs.watch(false)
    link(1, 2)
    await clock.advance(GAP_MS * 3)
    expect([asked.length, shown(), clock.pending]).toEqual([1, undefined, 0])
  })

  it('are asked for when one comes or goes, once in a while at the most, and else never', async () => {
    const { asked, link, programs, shown, clock } = watched()
    programs.watch(true)
    await clock.advance(GAP_MS)
    for (let opening = 1; opening <= 50; opening++) {
      link(opening)
      await settle()
    }
    expect(asked.filter(({ length }) => length > 0)).toHaveLength(1)
    await clock.advance(GAP_MS * 5)
    expect(asked.filter(({ length }) => length > 0)).toHaveLength(2)
    expect(shown()).toEqual([MINICOM])
    const looks = asked.length
    await clock.advance(GAP_MS * 100)
    expect(asked).toHaveLength(looks)
    link()
    await settle()
    expect(shown()).toBeUndefined()
    programs.dispose()
    expect(clock.pending).toBe(0)
  })
})

describe.skipIf(lacks.linux('pseudo-terminals and /proc'))('a program here', () => {
  it('is shown by its name and number while it has the port of a link open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farport-programs-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { owner, instance } = await installation('desk')
    const path = join(folder, 'port')
    const { id } = await owner.call('link.add', { port: { target: 'sim:echo' }, to: `pty:${path}` })
    const holder = spawn('sh', ['-c', `exec 3<>"$0"; exec sleep 60`, path])
    onTestFinished(() => void holder.kill())
    const programs = (): unknown => instance.state.bridges[id]?.programs
    await eventually(() => expect(instance.state.bridges[id]?.sessions).toHaveLength(1))
    expect(programs()).toBeUndefined()
    const watching = owner.subscribe('state', {}, () => undefined, { ended: () => undefined })
    await eventually(() => expect(programs()).toEqual([{ pid: holder.pid, command: 'sleep' }]))
    holder.kill()
    await once(holder, 'close')
    await eventually(() => expect(programs()).toBeUndefined())
    watching.dispose()
  })
})

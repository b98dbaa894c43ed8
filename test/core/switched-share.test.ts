import { afterEach, describe, expect, it } from 'vitest'
import { Share } from '../../src-main/bridge/share.ts'
import { SwitchedShare } from '../../src-main/core/switched-share.ts'
import { MemoryPortSource } from '../../src-main/ports/memory.ts'
import { MemorySession } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'

const OUT = { code: 'done', message: 'out' } as const
const shares: SwitchedShare[] = []

function bench(): { share: SwitchedShare; notices: string[]; come: (label: string) => MemorySession } {
  const off = { id: 's1', name: 'workbench', port: 'memory' }
  const make = (): Share => new Share({ ...off, port: new MemoryPortSource(), sources: [], settings: {} })
  const unused = (): Promise<void> => Promise.resolve()
  const share = new SwitchedShare(off, { make: () => Promise.resolve(make()), shed: unused, amend: unused })
  shares.push(share)
  const notices: string[] = []
  share.onNotice(({ text }) => notices.push(text))
  const come = (label: string): MemorySession => {
    const session = new MemorySession(label, { peer: `id of ${label}` })
    share.admit(session)
    return session
  }
  return { share, notices, come }
}

afterEach(async () => {
  await Promise.all(shares.splice(0).map((share) => share.close(0)))
})

describe('control of a share that can be switched', () => {
  it('is passed on while it is on', async () => {
    const { share, notices, come } = bench()
    await share.enable()
    const bench1 = come('bench-pc')
    come('workshop-pc')
    await settle()
    const writers = (): boolean[] => share.state.sessions.map(({ writer }) => writer)
    share.ask(2)
    share.decline(2)
    share.grant(2)
    expect(writers()).toEqual([false, true])
    share.takeOver(1)
    expect(writers()).toEqual([true, false])
    share.restrict(1, true)
    expect(share.state.sessions).toMatchObject([{ observes: true }, { writer: true }])
    share.probe({ peer: 'id of bench-pc' })
    expect(bench1.probes).toBe(1)
    expect(share.disconnect(1, OUT)).toBe(1)
    expect(share.disconnect(undefined, OUT)).toBe(1)
    expect(notices).toEqual(
      expect.arrayContaining([
        'workshop-pc asks for control',
        'workshop-pc was not given control',
        'workshop-pc was given control; bench-pc watches from now on',
        'bench-pc took control; workshop-pc watches from now on',
        'bench-pc may only watch from now on'
      ])
    )
  })

  it('is nobody’s while it is off, and says so', async () => {
    const { share } = bench()
    const steps = [
      () => share.ask(1),
      () => share.grant(1),
      () => share.takeOver(1),
      () => share.decline(1),
      () => share.restrict(1, true),
      () => share.disconnect(1, OUT)
    ]
    const refused = expect.objectContaining({
      code: 'usage',
      message: 'workbench is switched off: nobody is connected to it. Switch it on first.'
    }) as Error
    for (const step of steps) expect(step).toThrow(refused)
    expect(share.disconnect(undefined, OUT)).toBe(0)
    await share.enable()
    for (const step of steps) expect(step).toThrow(/^There is no client 1 here/)
  })
})

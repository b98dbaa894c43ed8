/** A port that somebody watches, and its user: nothing is lost, and the user hardly waits longer. */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TRAFFIC_CREDIT, type TrafficItem } from '../../src-main/contract/recording.ts'
import { Page } from '../../src-main/traffic/page.ts'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import { temporaryFolder } from './cli.ts'
import { instance, type RunningInstance } from './instance.ts'
import { owner } from './serve-traffic.ts'

/** bench/probe.mjs, which is plain JavaScript. */
interface Probe {
  readonly pid: number
  readonly ptys: readonly string[]
  ask(...command: (string | number)[]): Promise<{ readonly p50: number; readonly bytes: number }>
  stop(): Promise<void>
}
const { Probe: ProbeProgram } = (await import(join(import.meta.dirname, '../../bench/probe.mjs'))) as {
  Probe: { start(program: string, args: string[]): Promise<Probe> }
}

/** bench/NAME.c, running: devices that are pseudo-terminals, and their clients. */
async function started(name: string, args: string[] = []): Promise<Probe> {
  const program = join(temporaryFolder(), name)
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, `../../bench/${name}.c`)])
  const probe = await ProbeProgram.start(program, args)
  onTestFinished(() => probe.stop())
  return probe
}

async function sharing(...devices: string[]): Promise<RunningInstance & { readonly ports: number[] }> {
  const shares = devices.map((target, index) => ({
    ...{ id: `s${index}`, name: `share ${index}`, listen: ['raw://127.0.0.1:0'] },
    port: { target }
  }))
  const running = await instance({ shares })
  const ports: number[] = []
  for (const { name } of shares)
    ports.push(
      Number((await running.program.printed(new RegExp(`${name}: ready at \\S+:(\\d+)`), 'stderr'))[1])
    )
  return { ...running, ports }
}

/** What somebody who watches has of it so far. */
interface Watched {
  bytes: number
  /** How often records were gone before they could be read. */
  missed: number
}

async function watch({ home }: RunningInstance, id: string): Promise<Watched> {
  const client = await owner(home)
  const seen: Watched = { bytes: 0, missed: 0 }
  let next: number | undefined
  const take = (item: TrafficItem): void => {
    if (item.type === 'begin') {
      next = item.from
      return
    }
    const page = Page.from(item.page)
    if (page.first !== next) seen.missed++
    next = page.first + page.count
    seen.bytes += page.lineBytes
  }
  client.subscribe('traffic', { id, from: 'now' }, take, { credit: TRAFFIC_CREDIT })
  await eventually(() => expect(next).toBeDefined())
  return seen
}

describe.skipIf(lacks('cc'))('a port that is watched', () => {
  it('at 3 Mbaud both ways loses nothing, for its user and for whoever watches', async () => {
    const probe = await started('crowd', ['1', '1'])
    const running = await sharing(...probe.ptys)
    const seen = await watch(running, 's0')
    await probe.ask('connect', ...running.ports)
    // The probe compares every byte, and fails where one is late for good.
    const { bytes } = await probe.ask('paced', 300, 1000, 3000)
    await eventually(() => expect(seen.bytes).toBe(bytes))
    expect(seen.missed).toBe(0)
  })

  it.skipIf(lacks('taskset'))(
    'answers its user as quickly as one beside it that nobody watches',
    async () => {
      const probes = [await started('probe'), await started('probe')]
      const running = await sharing(...probes.flatMap(({ ptys }) => ptys))
      // Else it is chance which probe sits on Farport's processor, and that one hears sooner.
      const last = String(cpus().length - 1)
      for (const { pid } of probes) execFileSync('taskset', ['-cp', last, String(pid)])
      execFileSync('taskset', ['-acp', '0', String(running.program.process.pid)])
      await watch(running, 's0')
      for (const [index, probe] of probes.entries()) await probe.ask('connect', running.ports[index]!)
      const echoes: number[][] = [[], []]
      // By turns, so that both meet the same machine.
      for (let round = 0; round < 44; round++)
        for (const [index, probe] of probes.entries()) {
          const { p50 } = await probe.ask('echo', 1000, 40)
          if (round >= 4) echoes[index]!.push(p50)
        }
      // What else runs on a machine only ever adds to it: the lower quartile is what the port does.
      const [watched, alone] = echoes.map((each) => each.toSorted((a, b) => a - b)[each.length >> 2]!)
      expect(watched! / alone!).toBeLessThan(1.1)
    }
  )
})

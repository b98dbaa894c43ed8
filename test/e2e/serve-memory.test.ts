import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import type { Program } from './cli.ts'
import { instance } from './instance.ts'
import { listeners } from './serve-traffic.ts'
import { lacks } from '../peers/need.ts'

/** Of each further port that is shared, in MiB. */
const BUDGET = 0.25

async function serving(count: number): Promise<Program> {
  const shares = Array.from({ length: count }, (_, index) => ({
    ...{ id: `s${index}`, name: `s${index}` },
    ...{ port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:0'] }
  }))
  const { program } = await instance({ shares })
  expect(listeners(program.process.pid!).size).toBe(count)
  return program
}

function residentMib({ process: { pid } }: Program): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

it.skipIf(lacks.linux('/proc'))(
  'farport serve has 64 shares within its budget of memory, all accepting when it is ready',
  async () => {
    const [few, many] = [await serving(8), await serving(64)]
    // What the start itself took is given back a moment later.
    await eventually(() => {
      expect((residentMib(many) - residentMib(few)) / (64 - 8)).toBeLessThan(BUDGET)
    })
  }
)

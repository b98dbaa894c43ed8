/**
 * The Farport that is soaked: one core in a process of its own, told what to share by messages. It answers with its own counts,
 * and with its heap after a collection: what is left then is what it keeps.
 */
import { readdirSync } from 'node:fs'
import type { CommandName } from '../../src-main/contract/commands.ts'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { Core } from '../../src-main/core/core.ts'

export type Ask =
  | { readonly id: number; readonly what: 'call'; readonly name: CommandName; readonly input: unknown }
  | { readonly id: number; readonly what: 'measure' | 'close' }

export interface Measured {
  readonly bridges: Readonly<Record<string, BridgeState>>
  readonly heapBytes: number
  readonly descriptors: number
}

export type Told =
  | { readonly id: number; readonly result?: unknown; readonly error?: string }
  | { readonly notice: { readonly subject: string; readonly text: string } }

const core = new Core()
const tell = (told: Told): void => void process.send?.(told)
core.onNotice(({ subject, text }) => tell({ notice: { subject, text } }))

async function answer(ask: Ask): Promise<unknown> {
  if (ask.what === 'call') return core.call(ask.name, ask.input as never)
  if (ask.what === 'close') return core.close(2000)
  globalThis.gc?.()
  return {
    bridges: core.state.bridges,
    heapBytes: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length
  } satisfies Measured
}

process.on('message', (ask: Ask) => {
  answer(ask).then(
    (result) => tell({ id: ask.id, result }),
    (error: unknown) => tell({ id: ask.id, error: String(error) })
  )
})
process.on('disconnect', () => process.exit(0))

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import {
  DATA_BITS,
  DEFAULT_SETTINGS,
  FLOW_CONTROLS,
  PARITIES,
  STOP_BITS
} from '../../src-main/contract/line.ts'
import type { ControlLines, LineSettings } from '../../src-main/contract/line.ts'
import { memoryPair } from '../../src-main/net/memory.ts'
import { openRemotePort } from '../../src-main/ports/remote.ts'
import { RemoteSession } from '../../src-main/sessions/remote.ts'
import { settle } from '../fake-clock.ts'
import '../properties.ts'

const never = new AbortController().signal

const step = fc.oneof(
  fc.record({
    apply: fc.record(
      {
        baudRate: fc.integer({ min: 1, max: 0xffff_ffff }),
        dataBits: fc.constantFrom(...DATA_BITS),
        parity: fc.constantFrom(...PARITIES),
        stopBits: fc.constantFrom(...STOP_BITS),
        flowControl: fc.constantFrom(...FLOW_CONTROLS)
      },
      { requiredKeys: [] }
    )
  }),
  fc.record({
    control: fc.record({ dtr: fc.boolean(), rts: fc.boolean(), break: fc.boolean() }, { requiredKeys: [] })
  }),
  fc.record({ purge: fc.constantFrom('receive' as const, 'transmit' as const, 'both' as const) })
)

/** Bytes of one wish with all its requests and answers; of the first dialogue. Far above what they take, far below a loop. */
const PER_STEP = 300
const AT_FIRST = 1000

it('our client and our server always settle, and the client knows what is in force', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.boolean(), async (steps, refusing) => {
      const pair = memoryPair()
      let bytes = 0
      for (const end of pair) {
        const write = end.write.bind(end)
        end.write = (chunk) => {
          bytes += chunk.length
          return write(chunk)
        }
      }
      const device: { settings: LineSettings; lines: ControlLines } = {
        settings: DEFAULT_SETTINGS,
        lines: { dtr: false, rts: false, break: false }
      }
      const session = new RemoteSession(pair[1], 'rfc2217')
      session.onApply((request) => {
        if (!refusing) device.settings = { ...device.settings, ...request.wish }
        request.answer(device.settings)
      })
      session.onControl((request) => {
        if (!refusing) device.lines = { ...device.lines, ...request.wish }
        request.answer(device.lines)
      })
      session.resume()
      const port = await openRemotePort(pair[0], 'rfc2217', {}, never)
      port.resume()
      for (const each of steps) {
        if ('apply' in each) expect(await port.apply(each.apply, never)).toEqual(device.settings)
        else if ('control' in each) await port.control(each.control)
        else port.purge(each.purge)
      }
      for (let before = -1; before !== bytes;) {
        before = bytes
        for (let turn = 0; turn < 4; turn++) await settle()
      }
      expect(bytes).toBeLessThan(AT_FIRST + PER_STEP * steps.length)
      expect(port.settings).toEqual(device.settings)
      expect(port.lines).toEqual(device.lines)
      port.abort(DONE)
      session.abort(DONE)
    }),
    { numRuns: 200 }
  )
})

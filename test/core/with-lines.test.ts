import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { ControlLines } from '../../src-main/contract/line.ts'
import { withLines } from '../../src-main/core/with-lines.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { settle } from '../fake-clock.ts'

/** A far server that answers a wish for its lines when `say` is called, or as its end makes it. */
class SlowPort extends MemoryPort {
  say: (error?: Error) => void = () => undefined

  override control(): Promise<ControlLines> {
    return new Promise((resolve, reject) => {
      this.say = (error) => (error ? reject(error) : resolve(this.lines))
      this.onClose(() => resolve(this.lines))
    })
  }
}

async function opening(): Promise<{ port: SlowPort; opened: Promise<unknown>; stop: AbortController }> {
  const port = new SlowPort()
  const stop = new AbortController()
  const source = new MemoryPortSource('far', () => port)
  const opened = withLines(source, { dtr: false }).open({}, stop.signal)
  opened.catch(() => undefined)
  await settle()
  return { port, opened, stop }
}

describe('lines that are set at opening', () => {
  it('are set before anybody has the port', async () => {
    const { port, opened } = await opening()
    port.say()
    expect(await opened).toBe(port)
    expect(port.ended).toBe(false)
  })

  it('close a port that refuses them', async () => {
    const { port, opened } = await opening()
    port.say(new Fault('device-io', 'no'))
    await expect(opened).rejects.toMatchObject({ code: 'device-io' })
    expect(port.ended).toBe(true)
  })

  it('are not waited for when the port is not wanted any more', async () => {
    const { port, opened, stop } = await opening()
    stop.abort(new Error('enough'))
    await expect(opened).rejects.toThrow('enough')
    expect(port.ended).toBe(true)
  })

  it('do not hide the end of a port', async () => {
    const { port, opened } = await opening()
    port.unplug({ code: 'done', message: 'the server hung up' })
    await expect(opened).rejects.toMatchObject({
      code: 'peer-closed',
      message: 'far: the server hung up; try again'
    })
  })
})

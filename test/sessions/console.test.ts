import { PassThrough, Writable } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HIGH_WATER } from '../../src-main/base/duplex.ts'
import { DONE, SHUTDOWN, type CloseReason } from '../../src-main/contract/close.ts'
import { TYPED_LIMIT } from '../../src-main/sessions/console-input.ts'
import {
  stdioSource,
  terminalSource,
  type ConsoleOptions,
  type ConsoleSource
} from '../../src-main/sessions/console.ts'
import type { Session } from '../../src-main/sessions/session.ts'
import { FakeClock, settle } from '../fake-clock.ts'

/** An input that says it is a terminal and remembers its mode. */
class FakeTerminal extends PassThrough {
  readonly isTTY = true
  raw = false

  setRawMode(raw: boolean): void {
    this.raw = raw
  }
}

/** An output that takes nothing until it is told to. */
class SlowOutput extends Writable {
  readonly taken: Buffer[] = []
  #open = false
  #next: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk)
    if (this.#open) done()
    else this.#next = done
  }

  open(): void {
    this.#open = true
    this.#next?.()
  }
}

interface Seat {
  readonly session: Session
  readonly source: ConsoleSource
  readonly clock: FakeClock
  readonly typed: () => string
  readonly ends: CloseReason[]
}

const seats: Seat[] = []
afterEach(() => {
  for (const { session, clock } of seats.splice(0)) {
    session.abort(SHUTDOWN)
    expect(clock.pending).toBe(0)
  }
})

async function sit(
  make: typeof stdioSource,
  input: PassThrough,
  output: Writable,
  options: ConsoleOptions = {}
): Promise<Seat> {
  const clock = new FakeClock()
  const source = make(input, output, { clock, ...options })
  const session = await new Promise<Session>((resolve) => source.onSession(resolve))
  const chunks: Uint8Array[] = []
  const ends: CloseReason[] = []
  session.onData((chunk) => chunks.push(chunk))
  session.onClose((reason) => ends.push(reason))
  const seat = {
    session,
    source,
    clock,
    typed: () => Buffer.concat(chunks).toString('latin1'),
    ends
  }
  seats.push(seat)
  return seat
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const read = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString('latin1') ?? ''

describe('a console source', () => {
  it('gives its session once, and its end', async () => {
    const source = stdioSource(new PassThrough(), new PassThrough())
    const sessions: Session[] = []
    const ends: CloseReason[] = []
    source.onEnd((reason) => ends.push(reason))
    source.onSession((session) => sessions.push(session))
    expect(sessions).toEqual([])
    source.onSession((session) => sessions.push(session))
    await settle()
    // Both subscribed before it was given.
    expect(new Set(sessions).size).toBe(1)
    source.onSession(() => expect.unreachable())
    await settle()
    sessions[0]!.abort(SHUTDOWN)
    expect(ends).toEqual([SHUTDOWN])
  })

  it('gives none after it was closed, nor to a listener that left', async () => {
    const closed = stdioSource(new PassThrough(), new PassThrough())
    closed.onSession(() => expect.unreachable())
    await closed.close()
    await settle()
    const left = stdioSource(new PassThrough(), new PassThrough())
    left.onSession(() => expect.unreachable()).dispose()
    await settle()
  })
})

describe('the end of a line', () => {
  it.each([
    ['a terminal', true, 'half\r\nwhole\n'],
    ['a file or pipe', false, 'halfwhole\n']
  ])('on %s', async (_what, isTTY, expected) => {
    const output = Object.assign(new PassThrough(), { isTTY })
    const { session, source } = await sit(terminalSource, new PassThrough(), output)
    source.endLine()
    session.write(bytes('half'))
    source.endLine()
    source.endLine()
    session.write(bytes('whole\n'))
    source.endLine()
    expect(read(output)).toBe(expected)
  })
})

describe('standard input and output', () => {
  it('are clean for every byte, both ways', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const { session, typed } = await sit(stdioSource, input, output)
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
    session.resume()
    input.write(all)
    await vi.waitFor(() => expect(typed()).toBe(all.toString('latin1')))
    session.write(Uint8Array.from(all))
    await vi.waitFor(() => expect(read(output)).toBe(all.toString('latin1')))
  })

  it('are read only when resumed', async () => {
    const input = new PassThrough()
    const { session, typed } = await sit(stdioSource, input, new PassThrough())
    input.write('early')
    await settle()
    expect(typed()).toBe('')
    session.resume()
    await vi.waitFor(() => expect(typed()).toBe('early'))
    session.pause()
    input.write(' late')
    await settle()
    expect(typed()).toBe('early')
    session.resume()
    await vi.waitFor(() => expect(typed()).toBe('early late'))
  })

  it('wait for the answer after the end of the input, as long as it goes on', async () => {
    const input = new PassThrough()
    const { session, typed, clock, ends } = await sit(stdioSource, input, new PassThrough())
    input.end('question')
    session.resume()
    await vi.waitFor(() => expect(typed()).toBe('question'))
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    await clock.advance(499)
    session.write(bytes('ans'))
    await settle()
    await clock.advance(499)
    session.write(bytes('wer'))
    await settle()
    await clock.advance(499)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([DONE])
  })

  it('do not count the end of the input while it is paused', async () => {
    const input = new PassThrough()
    const { session, clock, typed, ends } = await sit(stdioSource, input, new PassThrough(), { lingerMs: 10 })
    input.end('question')
    await settle()
    await clock.advance(10_000)
    expect(ends).toEqual([])
    session.resume()
    await vi.waitFor(() => expect(typed()).toBe('question'))
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    await clock.advance(10)
    expect(ends).toEqual([DONE])
  })

  it('do not end while an answer is stuck in the output', async () => {
    const [input, output] = [new PassThrough(), new SlowOutput()]
    const { session, clock, ends } = await sit(stdioSource, input, output)
    session.resume()
    input.end()
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    session.write(bytes('answer'))
    await clock.advance(10_000)
    expect(ends).toEqual([])
    output.open()
    await settle()
    await clock.advance(500)
    expect(ends).toEqual([DONE])
  })

  it('hold the sender back when the output is slow', async () => {
    const output = new SlowOutput()
    const { session } = await sit(stdioSource, new PassThrough(), output)
    let drains = 0
    session.onDrain(() => drains++)
    const chunk = new Uint8Array(64 * 1024)
    let written = chunk.length
    while (session.write(chunk)) written += chunk.length
    expect(written).toBeGreaterThan(HIGH_WATER)
    expect(written).toBeLessThanOrEqual(HIGH_WATER + chunk.length)
    await settle()
    expect(drains).toBe(0)
    output.open()
    await vi.waitFor(() => expect(session.queued).toBe(0))
    expect(drains).toBe(1)
    expect(output.taken.reduce((sum, each) => sum + each.length, 0)).toBe(written)
  })

  it('end quietly when the reader of the output left, and with a reason when it failed', async () => {
    for (const [error, code] of [
      [Object.assign(new Error('broken pipe'), { code: 'EPIPE' }), 'done'],
      [Object.assign(new Error('no space'), { code: 'ENOSPC' }), 'error']
    ] as const) {
      const output = new PassThrough()
      const { session, ends } = await sit(stdioSource, new PassThrough(), output)
      output.destroy(error)
      await vi.waitFor(() => expect(ends.map((end) => end.code)).toEqual([code]))
      expect(session.write(bytes('late'))).toBe(true)
    }
  })

  it('end when the input fails', async () => {
    const input = new PassThrough()
    const { ends } = await sit(stdioSource, input, new PassThrough())
    input.destroy(new Error('gone'))
    await vi.waitFor(() => expect(ends).toEqual([{ code: 'error', message: 'The input failed: gone' }]))
  })

  it('pass the key that leaves a terminal', async () => {
    const input = new PassThrough()
    const { session, typed, ends } = await sit(stdioSource, input, new PassThrough())
    session.resume()
    input.write('a\x1db')
    await vi.waitFor(() => expect(typed()).toBe('a\x1db'))
    expect(ends).toEqual([])
  })

  it('flush before they close, and count what the time cut off', async () => {
    const output = new SlowOutput()
    const { session, clock, ends } = await sit(stdioSource, new PassThrough(), output)
    session.write(bytes('answer'))
    const closed = session.close(SHUTDOWN, 1000)
    await clock.advance(999)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(await closed).toBe(6)
    expect(ends).toEqual([SHUTDOWN])

    const quick = await sit(stdioSource, new PassThrough(), new PassThrough())
    expect(await quick.session.close(DONE, 1000)).toBe(0)
    expect(quick.ends).toEqual([DONE])
    expect(await quick.session.close(DONE, 1000)).toBe(0)
  })
})

describe('a terminal', () => {
  it('is raw while the session lasts, whichever way it ends', async () => {
    const ways: ((seat: Seat, input: FakeTerminal, output: PassThrough) => unknown)[] = [
      ({ session }) => session.close(DONE, 0),
      ({ session }) => session.abort(DONE),
      (_, input) => input.write('\x1d'),
      (_, _input, output) => output.destroy(),
      async ({ clock, session }, input) => {
        session.resume()
        input.end()
        await vi.waitFor(() => expect(clock.pending).toBe(1))
        await clock.advance(500)
      }
    ]
    for (const way of ways) {
      const [input, output] = [new FakeTerminal(), new PassThrough()]
      const seat = await sit(terminalSource, input, output)
      expect(input.raw).toBe(true)
      await way(seat, input, output)
      await vi.waitFor(() => expect(seat.ends).toHaveLength(1))
      expect(input.raw).toBe(false)
      expect(input.isPaused()).toBe(true)
    }
  })

  it('sends what was typed before the key, and nothing of what follows', async () => {
    const input = new FakeTerminal()
    const { session, typed, ends } = await sit(terminalSource, input, new PassThrough())
    session.resume()
    input.write('AT\r\x1drest')
    await vi.waitFor(() => expect(ends).toEqual([DONE]))
    expect(typed()).toBe('AT\r')
  })

  it('can be left while the device takes nothing, and says what that lost', async () => {
    const input = new FakeTerminal()
    const { typed, ends } = await sit(terminalSource, input, new PassThrough())
    input.write('stuck')
    input.write('\x1d')
    await vi.waitFor(() => expect(ends).toHaveLength(1))
    expect(typed()).toBe('')
    expect(ends[0]).toEqual({ code: 'done', message: expect.stringContaining('last 5 bytes') as string })
  })

  it('keeps what is typed meanwhile in order, up to a limit', async () => {
    const input = new FakeTerminal()
    const { session, typed } = await sit(terminalSource, input, new PassThrough())
    const pasted = 'x'.repeat(1024)
    let accepted = 0
    while (accepted < 2 * TYPED_LIMIT && !input.isPaused()) {
      input.write(pasted)
      accepted += pasted.length
      await settle()
    }
    expect(accepted).toBe(TYPED_LIMIT)
    input.write('end')
    session.resume()
    await vi.waitFor(() => expect(typed()).toBe('x'.repeat(TYPED_LIMIT) + 'end'))
  })

  it('stops handing on when it is paused again in the middle', async () => {
    const input = new FakeTerminal()
    const { session, typed } = await sit(terminalSource, input, new PassThrough())
    input.write('a')
    await settle()
    input.write('b')
    await settle()
    const subscription = session.onData(() => session.pause())
    session.resume()
    expect(typed()).toBe('a')
    subscription.dispose()
    session.resume()
    expect(typed()).toBe('ab')
  })

  it('works without a terminal behind it: a script is sent, the answer awaited', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const { session, typed, clock, ends } = await sit(terminalSource, input, output)
    input.end('AT\r')
    await settle()
    await clock.advance(10_000)
    expect(ends).toEqual([])
    session.resume()
    expect(typed()).toBe('AT\r')
    session.write(bytes('OK'))
    await settle()
    await clock.advance(500)
    expect(ends).toEqual([DONE])
    expect(read(output)).toBe('OK')
  })

  it('logs what the device sends, and goes on when the log fails', async () => {
    const [output, log] = [new PassThrough(), new PassThrough()]
    const logErrors: string[] = []
    const { session, ends } = await sit(terminalSource, new FakeTerminal(), output, {
      log,
      onLogError: (error) => logErrors.push(error.message)
    })
    session.write(bytes('one'))
    await settle()
    expect(read(log)).toBe('one')
    log.destroy(new Error('disk full'))
    await vi.waitFor(() => expect(logErrors).toEqual(['disk full']))
    session.write(bytes('two'))
    await settle()
    expect(read(output)).toBe('onetwo')
    expect(ends).toEqual([])
  })
})

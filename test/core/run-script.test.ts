import { afterEach, describe, expect, it } from 'vitest'
import { ALL_CAPABILITIES, NO_CAPABILITIES, type Capabilities } from '../../src-main/contract/line.ts'
import { HEARD_LIMIT } from '../../src-main/core/heard.ts'
import { REGEX_LIMIT_MS, bytesPattern, regexPattern } from '../../src-main/core/pattern.ts'
import { runScript, type ScriptEvent } from '../../src-main/core/run-script.ts'
import { readScript } from '../../src-main/core/script.ts'
import { MemoryPort } from '../../src-main/ports/memory.ts'
import { bytes, text } from '../bridge/setup.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { Random } from '../random.ts'

interface Play {
  readonly clock: FakeClock
  readonly port: MemoryPort
  readonly events: ScriptEvent[]
  readonly heard: string[]
  readonly stop: AbortController
  /** Settles with `done` or the Fault's code and message. */
  readonly ended: Promise<string>
}

const plays: Play[] = []

async function play(
  lines: readonly string[],
  environment: Record<string, string> = {},
  capabilities: Capabilities = ALL_CAPABILITIES
): Promise<Play> {
  const clock = new FakeClock()
  const port = new MemoryPort({ clock, capabilities })
  const events: ScriptEvent[] = []
  const heard: string[] = []
  const stop = new AbortController()
  const script = readScript(
    lines.map((line, index) => ({ where: `line ${index + 1}`, text: line })),
    environment
  )
  const options = {
    timeoutMs: 10_000,
    onReceived: (chunk: Uint8Array) => void heard.push(text(chunk)),
    onEvent: (event: ScriptEvent) => events.push(event)
  }
  const ended = runScript(port, { label: 'board', far: 'device' }, script, options, clock, stop.signal).then(
    () => 'done',
    (error: unknown) => {
      const { code, message } = error as { code?: string; message: string }
      return code === undefined ? message : `${code} ${message}`
    }
  )
  const made = { clock, port, events, heard, stop, ended }
  plays.push(made)
  await settle()
  return made
}

afterEach(() => {
  for (const { clock } of plays.splice(0)) expect(clock.pending).toBe(0)
})

describe('a script', () => {
  it('logs in, with the device answering in pieces', async () => {
    const { port, ended, events, heard } = await play(
      [
        'send "\\r"',
        'expect "login: "',
        'send "$USER\\r"',
        'expect /pass(word)?: /i',
        'send $SECRET "\\r"',
        'log "in"'
      ],
      { USER: 'root', SECRET: 'hunter2' }
    )
    expect(text(port.received)).toBe('\r')
    for (const piece of ['Debian\r\nlog', 'in: PASS']) port.send(bytes(piece))
    await settle()
    expect(text(port.received)).toBe('\rroot\r')
    port.send(bytes('WORD: '))
    expect(await ended).toBe('done')
    expect(text(port.received)).toBe('\rroot\rhunter2\r')
    expect(heard.join('')).toBe('Debian\r\nlogin: PASSWORD: ')
    expect(
      events.map((event) => [event.where, event.event, 'shown' in event ? event.shown : event.text])
    ).toEqual([
      ['line 1', 'sent', '"\\r"'],
      ['line 2', 'matched', '"login: "'],
      ['line 3', 'sent', '"$USER\\r"'],
      ['line 4', 'matched', '/pass(word)?: /i'],
      ['line 5', 'sent', '$SECRET "\\r"'],
      ['line 6', 'log', 'in']
    ])
    expect(JSON.stringify(events)).not.toContain('hunter2')
  })

  it('finds what came before it was waited for, but each only once', async () => {
    const { port, ended, clock } = await play([
      'wait 1',
      'timeout 1',
      'expect "ok"',
      'expect "ok"',
      'expect "ok"'
    ])
    port.send(bytes('ok ok'))
    await clock.advance(2000)
    expect(await ended).toBe(
      'device-timeout line 5: "ok" did not come within 1 s. The last that came: "ok ok".'
    )
  })

  it('sets, drives, breaks and resets in order', async () => {
    const { port, ended, clock } = await play(['set 9600 7E1', 'dtr off', 'rts on', 'break 20', 'reset dtr'])
    await clock.advance(100)
    expect(await ended).toBe('done')
    expect(port.applies).toEqual([{ baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 }])
    expect(port.controls).toEqual([{ dtr: false }, { rts: true }, { dtr: false }, { dtr: true }])
    expect(port.breaks).toEqual([20])
  })

  it('goes no further where a break has no effect', async () => {
    const { ended, events } = await play(['send "a"', 'break 20', 'send "h"'], {}, NO_CAPABILITIES)
    expect(await ended).toMatch(/^unsupported line 2: board carries no break\./)
    expect(events).toHaveLength(1)
  })

  it('says what came instead, without control characters and secrets', async () => {
    const { port, ended, clock } = await play(['send $TOKEN', 'expect "$TOKEN ok"'], { TOKEN: 'hunter2' })
    port.send(bytes(`${'x'.repeat(300)}\x1b[31mhunter2\r\n\u202eno`))
    await clock.advance(10_000)
    const message = await ended
    expect(message).toMatch(
      /^device-timeout line 2: "\$TOKEN ok" did not come within 10 s\. The last that came: "x+\\x1b\[31m\$TOKEN\\r\\n\\x202eno"\.$/
    )
    expect(message.length).toBeLessThan(320)
  })

  it('shows what is no text by its bytes', async () => {
    const { port, ended, clock } = await play(['expect "ü"'])
    port.send(Uint8Array.of(0x41, 0xfe, 0x5c, 0x00, 0xc3))
    await clock.advance(10_000)
    expect(await ended).toContain('The last that came: "A\\xfe\\\\\\x00\\xc3".')
  })

  it('says that nothing came', async () => {
    const { ended, clock } = await play(['timeout 0.5', 'expect "x"'])
    await clock.advance(500)
    expect(await ended).toMatch(
      /^device-timeout line 2: "x" did not come within 0\.5 s\. Nothing came: is it on/
    )
  })

  it('ends with its device, and uses what came before that', async () => {
    const { port, ended } = await play(['expect "one"', 'expect "two"'])
    port.send(bytes('one'))
    await settle()
    port.unplug()
    expect(await ended).toBe('device-unplugged line 2: board ended: the device was unplugged')
  })

  it.each(['wait 3600', 'break 60000', 'reset dtr'])(
    'ends with its device in the middle of "%s"',
    async (line) => {
      const { port, ended, clock } = await play(['wait 1', line])
      port.sendBreak = () => new Promise(() => undefined)
      await clock.advance(1010)
      port.unplug()
      await settle()
      expect(await ended).toMatch(/^device-unplugged line 2: board ended: the device was unplugged/)
    }
  )

  it('may wait for a console that hangs up in order', async () => {
    const { port, ended, clock } = await play(['send "exit\\r"', 'wait 1', 'log "out"'])
    port.abort({ code: 'done', message: 'closed' })
    await clock.advance(1000)
    expect(await ended).toBe('done')
  })

  it('ends when it is stopped in the middle of a break', async () => {
    const { port, stop, ended, clock } = await play(['wait 1', 'break 60000'])
    port.sendBreak = () => new Promise(() => undefined)
    await clock.advance(1000)
    stop.abort(new Error('enough'))
    expect(await ended).toBe('enough')
  })

  it('ends when it is stopped', async () => {
    const { stop, ended } = await play(['expect "one"'])
    stop.abort(new Error('enough'))
    expect(await ended).toBe('enough')
  })

  it('sends no more than the device takes', async () => {
    const { ended, clock, port } = await play(['wait 1', 'send "abc"', 'log "out"'])
    port.stall()
    await clock.advance(1000)
    await clock.advance(30_000)
    expect(await ended).toBe('device-io line 2: board takes nothing. Is its flow control holding it?')
  })
})

describe('what a device says', () => {
  it('is kept within bounds while nothing is waited for', async () => {
    const { port, ended, clock } = await play(['wait 1', 'timeout 1', 'expect "early"'])
    port.send(bytes('early'))
    for (let sent = 0; sent < HEARD_LIMIT; sent += 1024) port.send(new Uint8Array(1024))
    await clock.advance(2000)
    expect(await ended).toMatch(/^device-timeout line 3/)
  })

  it('is matched before it is cut, however large a piece is', async () => {
    const { port, ended } = await play(['expect "early"', 'expect "late"'])
    port.send(Buffer.concat([bytes('early'), new Uint8Array(3 * HEARD_LIMIT), bytes('la')]))
    port.send(bytes('te'))
    expect(await ended).toBe('done')
  })

  it.each([1, 2, 3, 4, 5])('is found however it is cut (%i)', async (seed) => {
    const random = new Random(seed)
    const stream = Buffer.from(Array.from({ length: 3000 }, () => 97 + random.below(2)))
    const { port, ended, events } = await play(['expect "abbaab"', 'expect /ba{3}b/', 'expect "aab"'])
    for (let at = 0; at < stream.length;) {
      const size = 1 + random.below(9)
      port.send(stream.subarray(at, at + size))
      at += size
      await settle()
    }
    expect(await ended).toBe('done')
    expect(events).toHaveLength(3)
  })
})

describe('a regular expression', () => {
  it('that would take for ever is cut off', async () => {
    const { port, ended } = await play(['expect /^(a+)+$/'])
    const startMs = performance.now()
    port.send(bytes(`${'a'.repeat(64)}b`))
    expect(await ended).toMatch(/^usage line 1: \/\^\(a\+\)\+\$\/ takes too long .*repetitions/)
    expect(performance.now() - startMs).toBeLessThan(REGEX_LIMIT_MS * 8)
  })

  it('counts in bytes', () => {
    const pattern = regexPattern('b+', '', '/b+/')
    expect(pattern.find(Buffer.from('ääbb'), 0)).toEqual({ start: 4, end: 6 })
  })

  it('has no way out of its room', () => {
    // Only an expression gets there, never code.
    expect(() => regexPattern('a/; process.exit(1); /', '', '')).not.toThrow()
  })

  it('is looked for again where a text is only looked for in what is new', () => {
    const pattern = bytesPattern(bytes('ab'), '')
    expect(pattern.find(Buffer.from('xxab'), 3)).toEqual({ start: 2, end: 4 })
    expect(pattern.find(Buffer.from('abxx'), 4)).toBeUndefined()
  })
})

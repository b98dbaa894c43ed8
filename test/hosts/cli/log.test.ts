import { fstatSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  Log,
  MAX_LINES,
  MAX_LOG_TEXT,
  REPEAT_MS,
  leadsToJournal,
  type LogOptions
} from '../../../src-main/hosts/cli/log.ts'
import { FakeClock } from '../../fake-clock.ts'

function made(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const clock = new FakeClock()
  const now = (): Date => new Date('2026-11-21T12:00:00Z')
  const log = new Log({ write: (line) => lines.push(line), clock, now, ...options })
  return { log, lines, clock }
}

describe('a line of the log', () => {
  it.each<[string, Partial<LogOptions>, string]>([
    ['text', {}, '2026-11-21T12:00:00.000Z warning desk: unplugged'],
    ['text for journald', { journald: true }, '<4>desk: unplugged'],
    [
      'JSON',
      { format: 'json', journald: true },
      '{"time":"2026-11-21T12:00:00.000Z","level":"warning","subject":"desk","text":"unplugged"}'
    ]
  ])('is %s', (_, options, line) => {
    const { log, lines } = made(options)
    log.say('warning', 'desk', 'unplugged')
    expect(lines).toEqual([line])
  })

  it('has no subject where Farport itself speaks', () => {
    const { log, lines } = made({ journald: true })
    log.say('info', '', 'ready')
    expect(lines).toEqual(['<6>ready'])
    const json = made({ format: 'json' })
    json.log.say('info', '', 'ready')
    expect(JSON.parse(json.lines[0]!)).not.toHaveProperty('subject')
  })

  it.each([
    ['info', ['error', 'warning', 'info']],
    ['error', ['error']],
    ['debug', ['error', 'warning', 'info', 'debug']]
  ] as const)('is said from %s on', (level, said) => {
    const { log, lines } = made({ level })
    for (const each of ['error', 'warning', 'info', 'debug'] as const) log.say(each, '', each)
    expect(lines.map((line) => /(\w+)$/.exec(line)?.[1])).toEqual(said)
  })

  it.each(['text', 'json'] as const)(
    'stays one line of limited length, whatever the network says (%s)',
    (format) => {
      const { log, lines } = made({ format })
      log.say('info', 'desk\n<0>root', `\x1b[2Jgone\r\n<0>forged ${'x'.repeat(100_000)}`)
      expect(lines).toHaveLength(1)
      expect(lines[0]).not.toMatch(/\p{Cc}/u)
      expect(lines[0]!.length).toBeLessThan(MAX_LOG_TEXT + 150)
    }
  )
})

describe('a flood', () => {
  it('of one line is counted', async () => {
    const { log, lines, clock } = made({ journald: true })
    for (let each = 0; each < 1000; each++) {
      log.say('error', 'desk', 'busy')
      log.say('info', 'desk', 'trying')
    }
    log.say('info', 'desk', 'once')
    expect(lines).toEqual(['<3>desk: busy', '<6>desk: trying', '<6>desk: once'])
    await clock.advance(REPEAT_MS)
    expect(lines.slice(3)).toEqual([
      '<3>desk: busy (repeated 999 times)',
      '<6>desk: trying (repeated 999 times)'
    ])
    log.say('error', 'desk', 'busy')
    expect(lines.at(-1)).toBe('<3>desk: busy')
  })

  it('of many lines is cut off and said, errors are not', async () => {
    const { log, lines, clock } = made({ journald: true })
    for (let each = 0; each < MAX_LINES + 7; each++) log.say('info', '', `refused 192.0.2.7:${each}`)
    log.say('error', 'desk', 'unplugged')
    expect(lines).toHaveLength(MAX_LINES + 1)
    expect(lines.at(-1)).toBe('<3>desk: unplugged')
    await clock.advance(REPEAT_MS)
    expect(lines.at(-1)).toBe('<4>7 more lines were left out of this log: too many at once')
    log.say('info', '', 'again')
    expect(lines.at(-1)).toBe('<6>again')
  })

  it('is told at the end, too', () => {
    const { log, lines } = made({ journald: true })
    log.say('info', '', 'tick')
    log.say('info', '', 'tick')
    log.dispose()
    log.dispose()
    expect(lines).toEqual(['<6>tick', '<6>tick (repeated once)'])
  })
})

describe('journald', () => {
  it('is where standard error leads to, as its variable says', () => {
    const { dev, ino } = fstatSync(2)
    expect(leadsToJournal(2, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true)
    expect(leadsToJournal(2, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false)
    expect(leadsToJournal(2, {})).toBe(false)
    expect(leadsToJournal(999, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false)
  })
})

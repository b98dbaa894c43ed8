import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TrafficEvent } from '../../src-main/contract/traffic.ts'
import { encodeEvent, PageWriter } from '../../src-main/traffic/page-writer.ts'
import { eventWords } from '../../src-main/traffic/event-words.ts'
import { soundEvent } from '../../src-main/traffic/sound-event.ts'
import { TEN_THOUSAND } from '../properties.ts'
import { trafficEvents } from './logs.ts'

it('takes every event that there is', () => {
  fc.assert(
    fc.property(trafficEvents, (event) => {
      expect(soundEvent(JSON.parse(JSON.stringify(event)))).toEqual(event)
    })
  )
})

it('takes none with a field missing or of another kind, or whose words would fail', () => {
  const broken = fc
    .tuple(trafficEvents, fc.nat(), fc.jsonValue())
    .map(([event, which, other]): Record<string, unknown> => {
      const keys = Object.keys(event)
      return { ...event, [keys[which % keys.length] ?? '']: other }
    })
  fc.assert(
    fc.property(broken, (value) => {
      const event = soundEvent(value)
      if (event) expect(typeof eventWords(event).text).toBe('string')
    }),
    TEN_THOUSAND
  )
  expect(soundEvent({ type: 'settings', session: 0 })).toBeUndefined()
  expect(soundEvent({ type: 'port', state: 'open' })).toBeUndefined()
  expect(soundEvent({ type: 'marker', number: -1, text: '' })).toBeUndefined()
  expect(soundEvent({ type: 'weather' })).toBeDefined()
  for (const value of [null, 1, 'x', [], { type: 1 }]) expect(soundEvent(value)).toBeUndefined()
})

it('keeps pages from telling what is no event', () => {
  const writer = new PageWriter(new Uint8Array(1024), 0, 0, 0)
  writer.event(0, { type: 'settings' } as unknown as TrafficEvent)
  expect(writer.page.event(0)).toBeUndefined()
})

it('says nothing that acts on a terminal', () => {
  const event = soundEvent({ type: 'attached', session: 1, label: '\u001b[2Jfoo\u202e\n' })
  expect(event && eventWords(event).text).toBe('[2Jfoo connected')
  expect(encodeEvent(event!).length).toBeGreaterThan(10)
})

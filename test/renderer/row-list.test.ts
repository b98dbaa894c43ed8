import { describe, expect, it } from 'vitest'
import { eventsOf, MAX_EVENTS } from '../../src-renderer/model/events.ts'
import { found, listItems, namePrefix } from '../../src-renderer/model/row-list.ts'
import { rowsOf } from '../../src-renderer/model/rows.ts'
import { bridgeOf, portOf, sessionOf, treeOf } from './states.ts'

const rows = rowsOf(
  treeOf(
    [portOf('/dev/ttyUSB0', { vendorId: '0403', product: 'FT232R', serialNumber: 'A50285BI' })],
    [
      bridgeOf('a', { name: 'rack1-01', port: 'sim:gps', sessions: [sessionOf(1, 'workshop-pc')] }),
      bridgeOf('b', { name: 'rack1-02', port: 'sim:echo' }),
      bridgeOf('c', { name: 'rack2-01', port: 'exec:ssh box' })
    ]
  )
)
const names = (search: string): string[] => found(rows, search).map(({ name }) => name)

describe('many rows', () => {
  it('are found by every word, wherever it stands', () => {
    expect(names('')).toHaveLength(4)
    expect(names('a5028')).toEqual(['FT232R'])
    expect(names('RACK1 echo')).toEqual(['rack1-02'])
    expect(names('workshop')).toEqual(['rack1-01'])
    expect(names('nothing')).toEqual([])
  })

  it('are grouped by type and by what their names begin with', () => {
    const headings = (grouping: 'type' | 'name'): (string | number)[][] =>
      listItems(rows, grouping).flatMap((each) => (each.type === 'heading' ? [[each.text, each.count]] : []))
    expect(headings('type')).toEqual([
      ['USB adapters', 1],
      ['Simulated devices', 2],
      ['Programs', 1]
    ])
    expect(headings('name')).toEqual([
      ['rack1', 2],
      ['Others', 2]
    ])
    expect(listItems(rows, 'none')).toHaveLength(4)
  })

  it.each([
    ['rack1-07', 'rack1'],
    ['console 12', 'console'],
    ['ttyUSB0', 'ttyUSB'],
    ['gps', 'gps'],
    ['42', '42']
  ])('%s begins with %s', (name, prefix) => expect(namePrefix(name)).toBe(prefix))
})

describe('the last events', () => {
  it('are those of one item, the newest first, no more than fit', () => {
    const notices = Array.from({ length: 60 }, (_, at) => ({
      timeMs: Math.floor(at / 2),
      level: 'info' as const,
      subject: 'x',
      id: at % 3 === 0 ? 'b' : 'a',
      text: String(at)
    }))
    const events = eventsOf(notices, 'a')
    expect(events).toHaveLength(MAX_EVENTS)
    expect(events[0]?.text).toBe('59')
    expect(new Set(events.map(({ key }) => key)).size).toBe(MAX_EVENTS)
    expect(eventsOf(notices, 'c')).toEqual([])
  })
})

/** What the page and the dialogs of captures work out by themselves. */
import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import {
  MAX_UPLOAD_PIECE,
  type CaptureFileState,
  type ReplayItem
} from '../../../src-main/contract/recording.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import { captureWish, type CaptureFields } from '../../../src-renderer/model/captures/capture-wish.ts'
import {
  markersIn,
  save,
  shownAs,
  spanOf,
  type ExportChoice
} from '../../../src-renderer/model/captures/export.ts'
import {
  fittingName,
  isCaptureName,
  monitorPlace,
  numberedName,
  partsOf,
  shownFiles
} from '../../../src-renderer/model/captures/file-list.ts'
import { rangeOf, replayTargets } from '../../../src-renderer/model/captures/replay-targets.ts'
import { ReplayRun } from '../../../src-renderer/model/captures/replay.svelte.ts'
import { captureOf, writtenFiles } from '../../../src-renderer/model/captures/running.ts'
import { UploadDesk, type UploadedFile } from '../../../src-renderer/model/captures/uploads.svelte.ts'
import { FakeDesk } from '../monitor/fake-desk.ts'
import { bridgeOf, portOf, treeOf } from '../states.ts'

const file = (name: string, time: number, bytes = 1): CaptureFileState => ({
  ...{ name, time, bytes },
  format: 'pcapng',
  readable: true
})

describe('the list of files', () => {
  const files = [file('boot-10.pcapng', 3), file('boot-2.pcapng', 1, 9), file('GPS.csv', 2)]
  const names = (...[search, order]: [string, 'newest' | 'oldest' | 'name' | 'largest']): string[] =>
    shownFiles(files, search, order, new Set()).map(({ name }) => name)

  it('is in the order that is chosen, and numbers in names have their values', () => {
    expect(names('', 'newest')).toEqual(['boot-10.pcapng', 'GPS.csv', 'boot-2.pcapng'])
    expect(names('', 'oldest')).toEqual(['boot-2.pcapng', 'GPS.csv', 'boot-10.pcapng'])
    expect(names('', 'name')).toEqual(['boot-2.pcapng', 'boot-10.pcapng', 'GPS.csv'])
    expect(names('', 'largest')[0]).toBe('boot-2.pcapng')
  })

  it('is found by every word, and leaves out what is being written', () => {
    expect(names(' PCAPNG boot ', 'name')).toHaveLength(2)
    expect(names('gps boot', 'name')).toEqual([])
    expect(shownFiles(files, '', 'name', new Set(['GPS.csv']))).toHaveLength(2)
  })

  it('takes names apart, and makes them fit', () => {
    expect(partsOf('a.b.csv')).toEqual({ stem: 'a.b', ending: '.csv' })
    expect(partsOf('plain')).toEqual({ stem: 'plain', ending: '' })
    for (const name of [
      '../x/a:b.pcapng',
      '.hidden.pcapng',
      '???.pcapng',
      `${'x'.repeat(300)}.pcapng`,
      'a.pcapng. ',
      ''
    ])
      expect(isCaptureName(fittingName(name)), name).toBe(true)
    expect(fittingName('..\\..\\boot.pcapng')).toBe('boot.pcapng')
    expect(numberedName('boot.pcapng', 3)).toBe('boot-3.pcapng')
    expect(monitorPlace('a b/ü.pcapng', 1)).toBe('#captures/a%20b%2F%C3%BC.pcapng/monitor/1')
  })
})

describe('a capture that runs', () => {
  const state = {
    ...{ folder: '/c', files: [] },
    running: {
      a: {
        id: 'a',
        of: 'gps',
        file: 'a.csv',
        format: 'csv',
        since: 1,
        bytes: 0,
        records: 0,
        files: 1,
        fault: new Fault('file-unusable', 'full').toJSON()
      },
      b: { id: 'b', of: 'gps', file: 'b.csv', format: 'csv', since: 2, bytes: 0, records: 0, files: 1 }
    }
  } as const

  it('is that of a share before one that stopped, and its file is written', () => {
    expect(captureOf(state, 'gps')?.id).toBe('b')
    expect(captureOf(state, 'other')).toBeUndefined()
    expect([...writtenFiles(state)]).toEqual(['b.csv'])
  })

  const fields: CaptureFields = {
    ...{ id: 'gps', format: 'pcapng', direction: 'to-device', lastMinutes: 0 },
    ...{ megabytes: null, minutes: null, keep: undefined, decoder: undefined }
  }

  it('is asked for with its limits, or not at all', () => {
    expect(captureWish(fields)).toEqual({ id: 'gps', format: 'pcapng' })
    expect(
      captureWish({
        ...fields,
        format: 'raw',
        decoder: 'nmea',
        lastMinutes: 5,
        megabytes: 1.5,
        minutes: 0.5,
        keep: 3
      })
    ).toEqual({
      ...{ id: 'gps', format: 'raw', direction: 'to-device', lastMs: 300_000 },
      ...{ maxBytes: 1_500_000, maxMs: 30_000, rotate: 3 }
    })
    for (const wrong of [
      { megabytes: 0.01 },
      { minutes: 0 },
      { keep: 3 },
      { keep: null, minutes: 1 },
      { keep: 1.5, minutes: 1 }
    ])
      expect(captureWish({ ...fields, ...wrong })).toBeUndefined()
  })
})

describe('an upload', () => {
  function uploads(answer: (args: { name: string; at: number; bytes: Uint8Array; done: boolean }) => object) {
    const calls: string[] = []
    const call = ((_: string, args: never) =>
      Promise.resolve().then(() => {
        const { name, at, bytes, done } = args as {
          name: string
          at: number
          bytes: Uint8Array
          done: boolean
        }
        calls.push(`${name} ${at}+${bytes.length}${done ? ' done' : ''}`)
        return answer(args)
      })) as unknown as Core['call']
    const arrived: string[] = []
    return { calls, arrived, desk: new UploadDesk({ call }, ({ name }) => arrived.push(name)) }
  }
  const local = (name: string, size: number): UploadedFile => {
    const bytes = new Uint8Array(size)
    return {
      name,
      size,
      slice: (from, to) => ({ arrayBuffer: () => Promise.resolve(bytes.slice(from, to).buffer) })
    }
  }
  const saved = ({ name, done }: { name: string; done: boolean }) => (done ? { saved: { name } } : {})

  it('goes piece by piece, one file after the other', async () => {
    const { calls, arrived, desk } = uploads(saved)
    desk.add([local('a.pcapng', MAX_UPLOAD_PIECE + 5), local('empty.pcapng', 0)])
    await expect.poll(() => arrived).toEqual(['a.pcapng', 'empty.pcapng'])
    expect(calls).toEqual([
      `a.pcapng 0+${MAX_UPLOAD_PIECE}`,
      `a.pcapng ${MAX_UPLOAD_PIECE}+5 done`,
      'empty.pcapng 0+0 done'
    ])
    expect(desk.uploads).toEqual([])
  })

  it('takes another name where one is taken, and tells every other fault', async () => {
    const { arrived, desk } = uploads((args) => {
      if (args.name === 'a.pcapng') throw new Fault('path-taken', 'taken')
      if (args.name === 'photo.pcapng') throw new Fault('usage', 'photo.pcapng is no capture')
      return saved(args)
    })
    desk.add([local('photo.pcapng', 3), local('a.pcapng', 3)])
    await expect.poll(() => arrived).toEqual(['a-2.pcapng'])
    expect(desk.uploads).toMatchObject([{ name: 'photo.pcapng', fault: 'photo.pcapng is no capture' }])
    desk.end(desk.uploads[0]?.key ?? 0)
    expect(desk.uploads).toEqual([])
  })

  it('ends where somebody gives it up', async () => {
    const { calls, arrived, desk } = uploads((args) => {
      desk.end(1)
      return saved(args)
    })
    desk.add([local('a.pcapng', 3 * MAX_UPLOAD_PIECE), local('b.pcapng', 1)])
    await expect.poll(() => arrived).toEqual(['b.pcapng'])
    expect(calls).toHaveLength(2)
  })
})

describe('an export', () => {
  const choice: ExportChoice = {
    ...{ format: 'csv', direction: 'to-device', filtered: false, decoded: true, bothEnds: false, stem: '' }
  }
  async function asked(change: Partial<ExportChoice>, id?: string) {
    const desk = new FakeDesk()
    desk.options.filter = 'dir:tx'
    desk.options.decoder = 'nmea'
    desk.options.view = 'hex'
    desk.options.rules = { end: Uint8Array.of(1) }
    const calls: unknown[] = []
    const call = ((name: string, args: object) => {
      calls.push({ name, ...args })
      return Promise.resolve({})
    }) as unknown as Core['call']
    const source =
      id === undefined
        ? ({ type: 'file', name: 'a.pcapng', recording: 1 } as const)
        : ({ type: 'recording', id, canBothEnds: true } as const)
    await save({ call }, source, { ...choice, ...change }, shownAs(desk))
    return calls[0]
  }

  it('says what is shown, and nothing that its form has no place for', async () => {
    expect(await asked({ stem: ' out ' })).toMatchObject({
      recording: 1,
      file: 'out.csv',
      format: 'csv',
      decoder: 'nmea'
    })
    expect(await asked({ stem: ' out ' })).not.toHaveProperty('filter')
    expect(await asked({ format: 'text', filtered: true })).toMatchObject({
      ...{ filter: 'dir:tx', look: { view: 'both', time: 'clock' } },
      rules: { end: Uint8Array.of(1) }
    })
    const raw = await asked({ format: 'raw', lastMs: 60_000 }, 'gps')
    expect(raw).toMatchObject({ name: 'recording.save', id: 'gps', direction: 'to-device', lastMs: 60_000 })
    expect(raw).not.toHaveProperty('decoder')
    expect(await asked({ format: 'pcapng', bothEnds: true }, 'gps')).toEqual({
      ...{ name: 'recording.save', id: 'gps', format: 'pcapng', bothEnds: true }
    })
  })

  it('knows the records of rows, and the markers', () => {
    const { traffic } = new FakeDesk()
    traffic.bytes('to-device', 'one\ntwo\n')
    traffic.event({ type: 'marker', number: 1, text: 'start' })
    traffic.event({ type: 'missed', records: 1, bytes: 1, why: 'x' })
    traffic.bytes('from-device', 'three\n')
    traffic.event({ type: 'marker', number: 2, text: '' })
    expect(markersIn(traffic.log)).toEqual([
      { record: 1, number: 1, text: 'start' },
      { record: 4, number: 2, text: '' }
    ])
    // The first two rows are one record.
    expect(spanOf(traffic.table, 0, 0)).toEqual({ from: 0, to: 1, rows: 1 })
    expect(spanOf(traffic.table, 2, 1)).toEqual({ from: 0, to: 2, rows: 2 })
    expect(spanOf(traffic.table, 0, traffic.table.end - 1)).toEqual({ from: 0, rows: traffic.table.end })
    expect(spanOf(traffic.table, 0, traffic.table.end)).toBeUndefined()
  })
})

describe('a replay', () => {
  let tell: (item: ReplayItem) => void
  let end: (fault?: Fault) => void
  let ended = 0
  afterEach(() => (ended = 0))
  const subscribe = ((_: string, __: object, item: never, over: never) => {
    tell = item
    end = over
    return {
      dispose: () => {
        ended++
      }
    }
  }) as unknown as Core['subscribe']
  const begun = (): ReplayRun => {
    const run = new ReplayRun({ subscribe })
    run.start({ source: 'a.pcapng', to: { id: 'gps' } })
    return run
  }

  it('tells how far it is, waits, and what was lost', () => {
    const run = begun()
    tell({ type: 'joined', id: 'gps', session: 1 })
    expect(run.state).toEqual({ type: 'starting' })
    tell({ type: 'waiting', for: 'control' })
    expect(run.state).toMatchObject({ type: 'waiting', for: 'control' })
    tell({ type: 'progress', record: 3, bytes: 7 })
    expect(run.state).toEqual({ type: 'sending', bytes: 7 })
    tell({ type: 'done', bytes: 9, lost: 2 })
    end()
    expect(run.state).toEqual({ type: 'done', bytes: 9, lost: 2 })
    expect(run.isRunning).toBe(false)
  })

  it('ends where it is called off, and where the core ends it', () => {
    const run = begun()
    tell({ type: 'progress', record: 3, bytes: 7 })
    run.cancel()
    expect(ended).toBe(1)
    expect(run.state).toEqual({ type: 'canceled', bytes: 7 })
    const other = begun()
    end(new Fault('device-missing', 'It is gone.'))
    expect(other.state).toEqual({ type: 'failed', message: 'It is gone.', bytes: 0 })
  })

  it('goes to what is open to writing, and to ports of no share', () => {
    const tree = treeOf(
      [portOf('/dev/one'), portOf('/dev/two')],
      [
        bridgeOf('gps', { portId: 'one' }),
        bridgeOf('off', { enabled: false }),
        bridgeOf('seen', { onlyWatches: true })
      ]
    )
    expect(replayTargets(tree).map(({ key }) => key)).toEqual(['bridge gps', 'port two'])
  })

  it('is of the records in both fields', () => {
    expect(rangeOf(null, null)).toEqual({})
    expect(rangeOf(2, 4)).toEqual({ from: 2, to: 5 })
    for (const [from, until] of [
      [4, 2],
      [-1, null],
      [1.5, null],
      [null, NaN]
    ] as const)
      expect(rangeOf(from, until)).toBeUndefined()
  })
})

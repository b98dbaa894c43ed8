/** Saving, capturing, and the folder of captures of a real instance. */
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src-main/contract/faults.ts'
import { MAX_UPLOAD_PIECE, type CaptureItem } from '../../../src-main/contract/recording.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { Page } from '../../../src-main/traffic/page.ts'
import { eventually } from '../../eventually.ts'
import { home, house, type House } from './houses.ts'

const share = { id: 'desk', name: 'Desk/1', port: { target: 'sim:echo' } }

let terminals = 0

async function desks() {
  const alice = await house(await home(), { shares: [share] })
  const client = alice.client()
  const terminal = `terminal-${++terminals}`
  let got = ''
  client.subscribe('terminal', { terminal, on: { id: 'desk' } }, (item) => {
    if (item.type === 'bytes') got += Buffer.from(item.bytes).toString('latin1')
  })
  await eventually(() => expect(alice.bridge('desk').state.type).toBe('open'))
  let said = ''
  const say = async (text: string): Promise<void> => {
    said += text
    await client.call('terminal.write', { terminal, bytes: Buffer.from(text, 'latin1') })
    await eventually(() => expect(got).toBe(said))
  }
  return { alice, client, say, folder: join(alice.folder, 'captures') }
}

/** A stored file, as a page has it. */
async function opened(client: RpcClient, name: string, credit = 4) {
  const items: CaptureItem[] = []
  const fault = await new Promise<Fault | undefined>((resolve) => {
    client.subscribe('capture', { name }, (item) => void items.push(item), { credit, ended: resolve })
  })
  const records = items.flatMap((item) => {
    if (item.type !== 'page') return []
    const page = Page.from(item.page)
    return Array.from({ length: page.count }, (_, n) =>
      page.isEvent(n)
        ? (page.event(n)?.type ?? '?')
        : `${page.direction(n) === 'to-device' ? '>' : '<'}${Buffer.from(page.bytes(n)).toString('latin1')}`
    )
  })
  return { items, fault, records }
}

const captures = (alice: House) => alice.instance.state.captures

describe('saving what a recording holds', () => {
  it('makes a file of its own that opens again as it was', async () => {
    const { alice, client, say, folder } = await desks()
    await say('hello')
    await client.call('recording.mark', { id: 'desk', text: 'here' })
    const saved = await client.call('recording.save', { id: 'desk', format: 'pcapng' })
    expect(saved.name).toMatch(/^Desk-1 \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.pcapng$/)
    expect(saved.path).toBe(join(folder, saved.name))
    expect(statSync(saved.path).size).toBe(saved.bytes)
    if (process.platform !== 'win32')
      expect([statSync(saved.path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
    const again = await opened(client, saved.name, 1)
    expect(again.fault).toBeUndefined()
    expect(again.items[0]).toMatchObject({
      ...{ type: 'begin', recording: 0, name: 'Desk/1', port: 'sim:echo', isOwn: true, program: 'Farport 0' }
    })
    expect(again.items.at(-1)).toEqual({ type: 'end', problems: [] })
    expect(again.records).toHaveLength(saved.records)
    expect(again.records.join(' ')).toContain('>hello <hello marker')
    // A second one at the same time has another name.
    const second = await client.call('recording.save', { id: 'Desk/1', format: 'pcapng' })
    expect(second.name).not.toBe(saved.name)
    await eventually(() => expect(alice.instance.state.bridges.desk).toBeDefined())
  })

  it('takes only the last of it, and one direction', async () => {
    const { client, say, folder } = await desks()
    await say('abc')
    const raw = { id: 'desk', format: 'raw' } as const
    const one = await client.call('recording.save', { ...raw, direction: 'to-device', file: 'one.bin' })
    expect(readFileSync(join(folder, 'one.bin'), 'latin1')).toBe('abc')
    expect(one).toMatchObject({ name: 'one.bin', bytes: 3 })
    const late = await client.call('recording.save', {
      ...raw,
      direction: 'to-device',
      file: 'late.bin',
      lastMs: 1
    })
    expect(late.bytes).toBeLessThanOrEqual(3)
    await expect(client.call('recording.save', raw)).rejects.toMatchObject({ code: 'usage' })
    await expect(
      client.call('recording.save', { ...raw, direction: 'to-device', file: 'one.bin' })
    ).rejects.toMatchObject({ code: 'path-taken' })
    await expect(client.call('recording.save', { ...raw, id: 'nothing' })).rejects.toMatchObject({
      code: 'usage'
    })
  })

  it('is written in each form, with a decoder where that has a place', async () => {
    const { client, say, folder } = await desks()
    await say('hello\n')
    for (const [format, ending, has] of [
      ['text', 'txt', 'hello'],
      ['csv', 'csv', 'hello'],
      ['jsonl', 'jsonl', 'hello']
    ] as const) {
      const saved = await client.call('recording.save', { id: 'desk', format, decoder: 'lines' })
      expect(saved.name.endsWith(`.${ending}`)).toBe(true)
      expect(readFileSync(join(folder, saved.name), 'utf8')).toContain(has)
    }
    const wish = { id: 'desk', format: 'csv' } as const
    await expect(client.call('recording.save', { ...wish, decoder: 'esperanto' })).rejects.toThrow(
      /There are: modbus-rtu/
    )
    await expect(client.call('recording.save', { ...wish, direction: 'to-device' })).rejects.toMatchObject({
      code: 'usage'
    })
    expect(readdirSync(folder)).toHaveLength(3)
  })
})

describe('a capture', () => {
  it('writes what comes from now on until it is stopped, and loses nothing', async () => {
    const { alice, client, say } = await desks()
    await say('before')
    const { id, file } = await client.call('capture.start', { id: 'desk', format: 'pcapng' })
    expect(captures(alice)?.running).toMatchObject({ [id]: { of: 'desk', file, files: 1 } })
    for (let n = 0; n < 20; n++) await say(`<${n}>`)
    await expect(client.call('capture.remove', { name: file })).rejects.toMatchObject({ code: 'usage' })
    const state = await client.call('capture.stop', { capture: id })
    expect(captures(alice)?.running ?? {}).toEqual({})
    const { records } = await opened(client, file)
    expect(records).toHaveLength(state.records)
    expect(records.join('')).not.toContain('before')
    for (let n = 0; n < 20; n++) expect(records.filter((each) => each.includes(`<${n}>`))).toHaveLength(2)
    await expect(client.call('capture.stop', { capture: id })).rejects.toMatchObject({ code: 'usage' })
  })

  it('ends at its limit', async () => {
    const { alice, client, say, folder } = await desks()
    const raw = { id: 'desk', format: 'raw', direction: 'to-device', maxBytes: 65_536 } as const
    await client.call('capture.start', { ...raw, file: 'limit.bin' })
    for (let n = 0; n < 5; n++) await say('x'.repeat(20_000))
    await eventually(() => expect(captures(alice)?.running ?? {}).toEqual({}))
    expect(statSync(join(folder, 'limit.bin')).size).toBeGreaterThanOrEqual(65_536)
    expect(alice.told('Desk/1')).toContain('the capture limit.bin is complete')
  })

  it('goes on in the next file, and keeps so many', async () => {
    const { alice, client, say, folder } = await desks()
    const raw = { id: 'desk', format: 'raw', direction: 'to-device', maxBytes: 65_536, rotate: 2 } as const
    const { id } = await client.call('capture.start', { ...raw, file: 'turn.bin' })
    const text = Array.from({ length: 12 }, (_, n) => String.fromCharCode(97 + n).repeat(20_000))
    for (const each of text) await say(each)
    await eventually(() => expect(captures(alice)?.running[id]?.bytes).toBe(240_000))
    await client.call('capture.stop', { capture: id })
    const files = readdirSync(folder).sort()
    expect(files).toHaveLength(2)
    const kept = files.map((name) => readFileSync(join(folder, name), 'latin1')).join('')
    expect(text.join('').endsWith(kept)).toBe(true)
    await expect(
      client.call('capture.start', { id: 'desk', format: 'pcapng', rotate: 3 })
    ).rejects.toMatchObject({
      code: 'usage'
    })
  })

  it('ends with its share, and with this Farport', async () => {
    const { alice, client, say, folder } = await desks()
    const raw = { id: 'desk', format: 'raw', direction: 'to-device' } as const
    await client.call('capture.start', { ...raw, file: 'one.bin' })
    await say('kept')
    await eventually(() => expect(Object.values(captures(alice)?.running ?? {})[0]?.bytes).toBe(4))
    await client.call('entry.remove', { id: 'desk' })
    await eventually(() => expect(captures(alice)?.running ?? {}).toEqual({}))
    expect(readFileSync(join(folder, 'one.bin'), 'latin1')).toBe('kept')
  })

  it('is whole when this Farport ends', async () => {
    const { alice, client, say, folder } = await desks()
    await client.call('capture.start', { id: 'desk', format: 'pcapng', file: 'end.pcapng' })
    await say('last words')
    await alice.instance.close(1000)
    expect(readFileSync(join(folder, 'end.pcapng'), 'latin1')).toContain('last words')
  })
})

describe('the folder', () => {
  it('is in the state while an owner watches', async () => {
    const { alice, client, say } = await desks()
    await say('x')
    const watch = client.subscribe('state', {}, () => undefined)
    await client.call('recording.save', { id: 'desk', format: 'pcapng', file: 'a.pcapng' })
    await eventually(() =>
      expect(captures(alice)?.files).toMatchObject([{ name: 'a.pcapng', format: 'pcapng', readable: true }])
    )
    await client.call('capture.rename', { name: 'a.pcapng', to: 'Motor test.pcapng' })
    expect(captures(alice)?.files.map(({ name }) => name)).toEqual(['Motor test.pcapng'])
    await client.call('recording.save', { id: 'desk', format: 'pcapng', file: 'b.pcapng' })
    await expect(
      client.call('capture.rename', { name: 'b.pcapng', to: 'Motor test.pcapng' })
    ).rejects.toMatchObject({ code: 'path-taken' })
    await client.call('capture.remove', { name: 'Motor test.pcapng' })
    expect(captures(alice)?.files.map(({ name }) => name)).toEqual(['b.pcapng'])
    watch.dispose()
  })

  it('is all that a name can reach', async () => {
    const { alice, client, say, folder } = await desks()
    await say('x')
    await client.call('recording.save', { id: 'desk', format: 'pcapng', file: 'a.pcapng' })
    const secret = join(alice.folder, 'farport', 'identity.pem')
    symlinkSync(secret, join(folder, 'link.pcapng'))
    for (const name of [
      '../farport/identity.pem',
      secret,
      '..',
      '.hidden',
      'a/b',
      'a\\b',
      'a\0b',
      'C:x',
      ''
    ]) {
      await expect(client.call('capture.remove', { name }), name).rejects.toMatchObject({ code: 'usage' })
      await expect(client.call('capture.rename', { name: 'a.pcapng', to: name }), name).rejects.toMatchObject(
        {
          code: 'usage'
        }
      )
      await expect(
        client.call('recording.save', { id: 'desk', format: 'pcapng', file: name }),
        name
      ).rejects.toMatchObject({ code: 'usage' })
      expect((await opened(client, name)).fault).toMatchObject({ code: 'usage' })
    }
    expect((await opened(client, 'link.pcapng')).fault).toMatchObject({ code: 'usage' })
    await expect(client.call('capture.remove', { name: 'link.pcapng' })).rejects.toMatchObject({
      code: 'usage'
    })
    expect(readFileSync(secret, 'latin1')).toContain('PRIVATE')
  })

  it('takes a file from elsewhere where it is a capture', async () => {
    const { client, say, folder } = await desks()
    await say('y'.repeat(3000))
    const { path } = await client.call('recording.save', { id: 'desk', format: 'pcapng', file: 'a.pcapng' })
    const bytes = readFileSync(path)
    for (let at = 0; at < bytes.length; at += 1000) {
      const done = at + 1000 >= bytes.length
      const { saved } = await client.call('capture.upload', {
        ...{ name: 'b.pcapng', at, bytes: bytes.subarray(at, at + 1000), done }
      })
      if (done) expect(saved).toMatchObject({ name: 'b.pcapng', bytes: bytes.length })
      else expect(saved).toBeUndefined()
    }
    expect(readFileSync(join(folder, 'b.pcapng')).equals(bytes)).toBe(true)
    const junk = Buffer.from('no capture at all')
    await expect(
      client.call('capture.upload', { name: 'c.pcapng', at: 0, bytes: junk, done: true })
    ).rejects.toMatchObject({ code: 'usage' })
    await expect(
      client.call('capture.upload', { name: 'd.pcapng', at: 7, bytes: junk })
    ).rejects.toMatchObject({ code: 'usage' })
    await expect(
      client.call('capture.upload', { name: 'a.pcapng', at: 0, bytes: junk })
    ).rejects.toMatchObject({ code: 'path-taken' })
    expect(readdirSync(folder).sort()).toEqual(['a.pcapng', 'b.pcapng'])
    expect(MAX_UPLOAD_PIECE).toBeLessThan(1024 * 1024)
  })

  it('that is a file says so', async () => {
    const { client, say, folder } = await desks()
    await say('x')
    writeFileSync(folder, '')
    await expect(client.call('recording.save', { id: 'desk', format: 'pcapng' })).rejects.toMatchObject({
      code: 'file-unusable'
    })
  })
})

describe('exporting', () => {
  /** A stored file of three lines each way, and its name. */
  async function stored() {
    const desk = await desks()
    for (const text of ['first\n', 'second\n', 'third\n']) await desk.say(text)
    const { name } = await desk.client.call('recording.save', {
      id: 'desk',
      format: 'pcapng',
      file: 'a.pcapng'
    })
    const read = (file: string): string => readFileSync(join(desk.folder, file), 'utf8')
    return { ...desk, name, read }
  }

  it('writes a stored file in another form beside it, and tells what it holds', async () => {
    const { client, name, read } = await stored()
    const content = await client.call('capture.examine', { name })
    expect(content).toMatchObject({
      recordings: [{ name: 'Desk/1', port: 'sim:echo', isOwn: true, bytesToDevice: 19, bytesFromDevice: 19 }],
      problems: []
    })
    const [recording] = content.recordings
    expect(recording?.records).toBe((recording?.to ?? 0) - (recording?.from ?? 0))
    expect(recording?.endMs).toBeGreaterThan(recording?.startMs ?? Infinity)
    const csv = await client.call('capture.export', { name, format: 'csv' })
    expect(csv).toMatchObject({ name: 'a.csv', records: recording?.records })
    expect(read('a.csv')).toMatch(/to-device,\d+,7,73 65 63 6F 6E 64 0A,second<LF>/)
    const raw = await client.call('capture.export', { name, format: 'raw', direction: 'from-device' })
    expect(read(raw.name)).toBe('first\nsecond\nthird\n')
    expect((await client.call('capture.export', { name, format: 'pcapng' })).name).toBe('a-2.pcapng')
    expect((await client.call('capture.examine', { name: 'a-2.pcapng' })).recordings).toEqual(
      content.recordings
    )
  })

  it('writes some records, those that a filter lets pass, and rows as they are shown', async () => {
    const { client, name, read } = await stored()
    const look = { view: 'hex', time: 'start' } as const
    const text = await client.call('capture.export', {
      ...{ name, format: 'text', filter: 'dir:tx text:"second"', look, file: 'a.txt' }
    })
    expect(read(text.name)).toMatch(/^Desk.*\n *[\d.]+ → 73 65 63 6F 6E 64 0A\n$/)
    const saved = await client.call('recording.save', {
      ...{ id: 'desk', format: 'text', filter: '/^th.rd/ dir:rx', file: 'live.txt' }
    })
    expect(read(saved.name)).toMatch(/^Desk.*\n.*\n.* ← third␊\n$/)
    const { recordings } = await client.call('capture.examine', { name })
    const { from = 0, to = 0 } = recordings[0] ?? {}
    const records = { from: to - 2, to }
    const last = await client.call('recording.save', {
      ...{ id: 'desk', format: 'raw', direction: 'to-device', records }
    })
    expect(read(last.name)).toBe('third\n')
    expect(
      (await client.call('capture.examine', { name, records: { from, to: from + 1 } })).recordings
    ).toMatchObject([{ records: 1 }])
  })

  it('says what cannot be done, and leaves no file', async () => {
    const { client, name, folder } = await stored()
    const before = readdirSync(folder)
    const wish = { name, format: 'csv' } as const
    await expect(client.call('capture.export', { ...wish, filter: 'len>' })).rejects.toThrow(
      /^The filter cannot be read: /
    )
    await expect(client.call('capture.export', { ...wish, recording: 1 })).rejects.toThrow(
      /holds no recording 2/
    )
    await expect(client.call('capture.export', { ...wish, filter: '/(a+)+x/' })).resolves.toBeDefined()
    await expect(client.call('capture.export', { ...wish, file: name })).rejects.toMatchObject({
      code: 'path-taken'
    })
    await expect(client.call('capture.export', { ...wish, name: 'none.pcapng' })).rejects.toMatchObject({
      code: 'usage'
    })
    expect(readdirSync(folder).filter((each) => each !== 'a.csv')).toEqual(before)
  })
})

it('is told anew what is in the folder when somebody looks again', async () => {
  const { alice, client, say, folder } = await desks()
  await say('hello')
  const watch = () => {
    const files: (readonly string[] | undefined)[] = []
    const watched = client.subscribe('state', {}, (item) => {
      if ('snapshot' in item) files.push(item.snapshot.captures?.files.map(({ name }) => name))
    })
    return { files, watched }
  }
  const first = watch()
  await client.call('recording.save', { id: 'desk', format: 'csv', file: 'a.csv' })
  await eventually(() => expect(captures(alice)?.files).toHaveLength(1))
  first.watched.dispose()
  await eventually(() => expect(captures(alice)).toBeUndefined())
  writeFileSync(join(folder, 'b.csv'), '')
  const second = watch()
  await eventually(() => expect(captures(alice)?.files).toHaveLength(2))
  expect(second.files).toEqual([undefined])
})

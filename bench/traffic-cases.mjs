/**
 * What traffic.mjs measures of the engine: each case answers a table {title, head, rows} and what it judges, {title, value, limit, bare?};
 * `bare`: what the machine takes for the least of it. Figures are processor time.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuMs, cpuMsOf, median, nsPerUnit, programCpuMs } from './traffic-time.mjs'

const MiB = 1024 * 1024
const CHUNKS = [1, 115, 4096]
/** A marker that stands in one line of ten thousand, as what people look for does. */
const NEEDLE = 'E4711 overtemp'

export const CASES = { recorder, rows, search, decoders, pcapng }

/** A chunk's way into the recording: with the clock that is read for it, as in the hub. */
function recorder(engine, options) {
  const { Recorder, RingPool, RING_BYTES, SLAB_BYTES, Taps, WallOffset, systemClock } = engine
  const lines = []
  const goals = []
  for (const [ring, ringBytes] of [
    ['2 MiB', 2 * SLAB_BYTES],
    ['50 MiB', RING_BYTES]
  ])
    for (const size of CHUNKS) {
      const wall = new WallOffset({ nowMs: () => systemClock.nowMs() })
      const pool = new RingPool({ wallOffsetMs: () => wall.ms, ringBytes, maxBytes: ringBytes })
      const kept = new Recorder({ pool, wall, clock: systemClock })
      const taps = new Taps(systemClock)
      taps.add(kept)
      const chunk = Buffer.alloc(size, 'x')
      const target = new Uint8Array(ringBytes)
      // Full, as it is after some minutes: pages come and go.
      for (let bytes = 0; bytes < ringBytes; bytes += size + 16) kept.bytes(0, 'from-device', 0, chunk)
      let timeMs = systemClock.nowMs()
      const found = nsPerUnit(
        {
          tap: (units) => {
            for (let i = 0; i < units; i++) taps.bytes('from-device', 0, chunk)
          },
          recorder: (units) => {
            for (let i = 0; i < units; i++) kept.bytes((timeMs += 1e-4), 'from-device', 0, chunk)
          },
          clock: (units) => {
            for (let i = 0; i < units; i++) sink += systemClock.nowMs()
          },
          copy: (units) => {
            let at = 0
            for (let i = 0; i < units; i++) {
              if (at + size > target.length) at = 0
              target.set(chunk, at)
              at += size
            }
          }
        },
        options
      )
      kept.dispose()
      lines.push([
        `${size} bytes, ring of ${ring}`,
        ...[found.tap, found.recorder, found.clock, found.copy].map(number),
        (found.recorder / found.clock).toFixed(2)
      ])
      const title = `recording ${size} bytes, ring of ${ring}`
      goals.push(
        size <= 115
          ? { title: `${title}, clock reads`, value: found.recorder / found.clock, limit: 2 }
          : { title: `${title}, ns`, value: found.recorder, limit: 200, bare: found.copy }
      )
    }
  const head = [
    'Recording, ns a chunk',
    'tap with its clock',
    'recorder',
    'clock read',
    'bare copy',
    'in clock reads'
  ]
  return { table: { head, lines }, goals }
}

/** Against the compiler's finding that nobody needs the times. */
let sink = 0

/** Rows cut from what is in a log already. */
function rows(engine, options) {
  const { RowSplitter, RowTable, DEFAULT_SETTINGS } = engine
  const bytes = (options.isQuick ? 1 : 16) * MiB
  const chunk = { newline: 64, gap: 16, length: 64, 'start and end': 64 }
  const rules = {
    newline: { newline: true },
    gap: { gapMs: 'auto' },
    length: { length: 16 },
    'start and end': { start: Uint8Array.of(0x0a, 0x5b), end: Uint8Array.of(0x0a) }
  }
  const lines = Object.entries(rules).map(([name, rule]) => {
    const log = textLog(engine, bytes, chunk[name])
    let count = 0
    const cut = () => {
      const table = new RowTable()
      const splitter = new RowSplitter(table, rule, DEFAULT_SETTINGS)
      while (splitter.push(log));
      count = table.end
    }
    cut()
    const ms = median(Array.from({ length: options.isQuick ? 1 : 5 }, () => cpuMs(cut)))
    return [name, number((ms * 1e6) / count), number((ms * 1e6) / bytes), String(count)]
  })
  return { table: { head: ['Cutting rows', 'ns a row', 'ns a byte', 'rows'], lines }, goals: [] }
}

/** 100 MB of lines looked through, in steps as the window has them. */
async function search(engine, options) {
  const { RowSplitter, RowTable, RowReader, ExpressionRunner, TEXT_ROWS, SLICE_MS } = engine
  const bytes = options.isQuick ? 4e6 : 100e6
  const log = textLog(engine, bytes, 1024)
  const table = new RowTable()
  const splitter = new RowSplitter(table, TEXT_ROWS)
  while (splitter.push(log));
  const settingsAt = (record) => splitter.settingsAt(record)
  const reader = new RowReader({ log, table, settingsAt })
  const file = join(options.folder, 'lines.txt')
  const whole = Buffer.concat(log.pages.map((page) => page.memory.subarray(page.start(0), page.dataEnd)))
  writeFileSync(file, whole)
  const expected = count(whole, NEEDLE)
  const runner = new ExpressionRunner()
  // The thread of expressions keeps no process alive.
  const alive = setInterval(() => undefined, 1000)
  /** Answers its longest step, in ms. */
  const look = async (filter) => {
    let found = 0
    let longestMs = 0
    const searching = new engine.RowSearch({
      log,
      table,
      reader,
      filter: engine.parseFilter(filter, []),
      openRow: () => splitter.openRow,
      expressions: runner.run,
      nowMs: () => performance.now(),
      found: (fitting) => (found += fitting.length)
    })
    // An answer may come to a step before the one that says it waits.
    let wake = () => undefined
    const answered = () => wake()
    for (;;) {
      const before = performance.now()
      let state
      const spentMs = cpuMs(() => (state = searching.step(SLICE_MS, answered)))
      // What else runs on the machine stretches the one, other threads of this process the other.
      longestMs = Math.max(longestMs, Math.min(spentMs, performance.now() - before))
      if (state === 'done') break
      await new Promise((resolve) => {
        if (state === 'waiting') wake = resolve
        else setImmediate(resolve)
      })
    }
    if (searching.fault) throw searching.fault
    if (found !== expected) throw new Error(`${filter} found ${found} rows, and there are ${expected}.`)
    return longestMs
  }
  const lines = []
  const goals = []
  const own = { text: `text:"${NEEDLE}"`, hex: `hex:45 34 37 ?? 31`, regex: '/E47\\d+ o/' }
  const grep = {
    text: ['grep', '-c', '-F', NEEDLE],
    hex: ['grep', '-c', '-a', 'E47.1'],
    regex: ['grep', '-c', '-P', 'E47\\d+ o']
  }
  try {
    for (const [name, filter] of Object.entries(own)) {
      await look(filter)
      const times = []
      // The median of several searches: what else runs here is hardly in a step of each.
      const steps = []
      for (let i = 0; i < (options.isQuick ? 1 : name === 'regex' ? 3 : 9); i++)
        times.push(await cpuMsOf(async () => steps.push(await look(filter))))
      const ms = median(times)
      const longestMs = median(steps)
      const bare = name === 'text' && median([1, 2, 3].map(() => cpuMs(() => count(whole, NEEDLE))))
      const other = programCpuMs([...grep[name], file], options)
      lines.push([
        filter,
        number(ms),
        number((ms * 1e6) / bytes),
        bare ? number(bare) : '-',
        number(other),
        number(longestMs)
      ])
      const size = `${bytes / 1e6} MB`
      if (name !== 'regex') goals.push({ title: `search of ${size}, ${name}, ms`, value: ms, limit: 50 })
      goals.push({ title: `longest step, ${name}, ms`, value: longestMs, limit: 4 })
    }
  } finally {
    clearInterval(alive)
    runner.dispose()
  }
  const head = [
    `Searching ${bytes / 1e6} MB, ms`,
    'Farport',
    'ns a byte',
    'Buffer.indexOf',
    'grep -c',
    'longest step, ms'
  ]
  return { table: { head, lines }, goals }
}

/** How often it stands there. */
function count(bytes, needle) {
  let found = 0
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) found++
  return found
}

/** What each says of rows that are meant for it. */
function decoders(engine, options) {
  const { DECODERS, CORPORA, rowsOf } = engine
  const lines = DECODERS.map(({ id, name, make }) => {
    const corpus = Object.values(CORPORA).find(({ fits }) => fits === id)
    const script = Array.from({ length: 8 }, (_, seed) => corpus.make(seed + 1)).flat()
    const given = rowsOf(script)
    const bytes = script.reduce((sum, said) => sum + said.bytes.length, 0)
    const decoder = make()
    // Times and numbers go on, or a request would be older than what asked before it.
    const lapNs = given.at(-1).endNs
    let lap = 0
    const decode = (units) => {
      for (let i = 0; i < units; i++) {
        const at = lap % given.length
        const laps = Math.floor(lap++ / given.length)
        const row = given[at]
        sink += decoder.decode({
          ...row,
          number: lap,
          timeNs: row.timeNs + laps * lapNs,
          endNs: row.endNs + laps * lapNs
        })
          ? 1
          : 0
      }
    }
    const ns = nsPerUnit({ decode }, options).decode
    return [name, number(ns), number((ns * given.length) / bytes), number(bytes / given.length)]
  })
  return { table: { head: ['Decoding', 'ns a row', 'ns a byte', 'bytes a row'], lines }, goals: [] }
}

/** Written, and read back; beside what Wireshark's programs take for the same file, their start included. */
function pcapng(engine, options) {
  const { PcapngWriter, RecordingReader } = engine
  const records = options.isQuick ? 5000 : 200_000
  const log = textLog(engine, records * 64, 64)
  const file = join(options.folder, 'records.pcapng')
  const parts = []
  const write = () => {
    parts.length = 0
    const writer = new PcapngWriter()
    parts.push(writer.start({ name: 'bench' }))
    for (const page of log.pages)
      for (let from = 0; from < page.count; from += 2048)
        parts.push(writer.page(page, from, Math.min(page.count, from + 2048)))
    parts.push(writer.end())
  }
  const times = (work) => median(Array.from({ length: options.isQuick ? 1 : 5 }, () => cpuMs(work)))
  write()
  const writtenMs = times(write)
  writeFileSync(file, Buffer.concat(parts))
  const read = () => {
    const reader = new RecordingReader({ maxBytes: 512 * MiB })
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += 256 * 1024) reader.push(bytes.subarray(at, at + 256 * 1024))
    const trouble = reader.end()
    const found = reader.recordings[0].log.end
    if (trouble.length > 0 || found !== log.end)
      throw new Error(`${found} of ${log.end} records were read. ${trouble}`)
  }
  read()
  const readMs = times(read)
  const size = statSync(file).size
  const line = (title, ms) => [
    title,
    number(ms),
    number(ms === undefined ? ms : (ms * 1e6) / log.end),
    number(ms === undefined ? ms : (ms * 1e6) / size)
  ]
  const lines = [
    line('Farport writes', writtenMs),
    line('Farport reads', readMs),
    line('editcap reads and writes', programCpuMs(['editcap', file, '/dev/null'], options)),
    line('tshark reads', programCpuMs(['tshark', '-n', '-q', '-r', file], options))
  ]
  return {
    table: { head: [`pcapng, ${log.end} records of 64 bytes`, 'ms', 'ns a record', 'ns a byte'], lines },
    goals: []
  }
}

/** Lines of a log as a device would write it, in chunks of this size, a chunk each ms. */
function textLog({ TrafficLog }, bytes, chunkBytes) {
  const log = new TrafficLog({
    store: { take: () => new Uint8Array(MiB), give: () => undefined },
    maxPages: Infinity,
    wallOffsetMs: () => 0
  })
  const block = Buffer.from(
    Array.from({ length: 10_000 }, (_, at) =>
      at === 5000
        ? `[${String(at).padStart(6, '0')}] ${NEEDLE} at 91\r\n`
        : `[${String(at).padStart(6, '0')}] temp ${20 + (at % 17)}.${at % 10} C ok\r\n`
    ).join('')
  )
  let at = 0
  for (let record = 0; record * chunkBytes < bytes; record++) {
    const piece = Buffer.alloc(chunkBytes)
    for (let had = 0; had < chunkBytes;) {
      const taken = block.copy(piece, had, at, at + chunkBytes - had)
      had += taken
      at = (at + taken) % block.length
    }
    log.bytes(record * 1e6, 'from-device', 0, piece)
  }
  return log
}

function number(value) {
  if (value === undefined) return '-'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2)
}

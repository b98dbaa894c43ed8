import { systemClock } from '../../../base/clock.ts'
import { makeForm } from '../../../capture/files/forms.ts'
import { Fault } from '../../../contract/faults.ts'
import { MIN_CAPTURE_BYTES } from '../../../contract/recording.ts'
import { bytesCount } from '../../../traffic/event-words.ts'
import type { Page } from '../../../traffic/page.ts'
import { LIMIT_OPTIONS, readDecoder, readLimits, size, span } from '../monitor/arguments.ts'
import { CaptureFiles, formOfPath } from '../monitor/capture-file.ts'
import type { Feed, FeedReader } from '../monitor/feed.ts'
import { metaOf } from '../monitor/meta.ts'
import { withFeed } from '../monitor/target.ts'
import { Totals } from '../monitor/totals.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { filled, flag, integer, parse, PORT_OPTIONS, value, type Given } from '../options.ts'
import { CAPTURE_SUBCOMMANDS } from '../attached/captures.ts'

const OPTIONS = {
  ...PORT_OPTIONS,
  last: LIMIT_OPTIONS.last,
  save: { type: 'string' },
  decode: { type: 'string' },
  'max-size': { type: 'string' },
  'max-time': { type: 'string' },
  rotate: { type: 'string' },
  standalone: { type: 'boolean' }
} as const

/**
 * `farport capture TARGET --save FILE`: writes what passes there until it is stopped, or a limit is reached. `farport capture list`, `start`,
 * `save`, `stop`: those of the Farport that runs here.
 */
export const capture: CliCommand = async (args, io) => {
  const [first, ...rest] = args
  const own = first === undefined ? undefined : CAPTURE_SUBCOMMANDS[first]
  if (own) return own(rest, io)
  const { positionals, given } = parse(args, OPTIONS, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault(
      'usage',
      'Capture what? Name a port or a share, e.g. farport capture gps --save gps.pcapng'
    )
  const path = filled(given, 'save')
  if (path === undefined)
    throw new Fault(
      'usage',
      'Into which file? Add --save FILE.pcapng; .txt, .csv, .jsonl and .bin go as well.'
    )
  const form = formOfPath(path)
  const decoder = readDecoder(given)
  const rotate = integer(given, 'rotate', 1, 10_000)
  const files = new CaptureFiles({
    path,
    make: () => makeForm(form, { decoder }),
    maxBytes: size(given, 'max-size', MIN_CAPTURE_BYTES),
    rotate
  })
  const maxMs = span(given, 'max-time')
  if (rotate !== undefined && maxMs === undefined && value(given, 'max-size') === undefined)
    throw new Fault('usage', '--rotate needs a limit for each file: --max-size 100M or --max-time 1h.')
  const past = flag(given, 'last')
  return withFeed({ target, given, standalone: flag(given, 'standalone'), past }, io, (feed) =>
    write(feed, files, { maxMs, rotates: rotate !== undefined }, given, io)
  )
}

interface TimeLimit {
  readonly maxMs: number | undefined
  /** It begins the next file; else it is the end. */
  readonly rotates: boolean
}

async function write(
  feed: Feed,
  files: CaptureFiles,
  { maxMs, rotates }: TimeLimit,
  given: Given,
  io: CliIo
): Promise<number> {
  const over = new AbortController()
  const stop = (): void => over.abort()
  io.stop.addEventListener('abort', stop, { once: true })
  if (io.stop.aborted) stop()
  const totals = new Totals()
  let isDue = false
  const timer =
    maxMs === undefined
      ? undefined
      : systemClock.every(maxMs, () => {
          if (rotates) isDue = true
          else stop()
        })
  const { lastMs } = readLimits(given)
  const reader: FeedReader = {
    begin: async (begin) => {
      await files.begin(metaOf(begin))
      totals.restart()
      if (io.stdout.isTTY) io.say(`Capturing ${begin.name} to ${files.files.at(-1) ?? ''}. Ctrl+C ends.`)
    },
    page: async (page: Page) => {
      // A file that would begin with nothing is begun with the next record.
      if (isDue) await files.turn()
      isDue = false
      totals.page(page)
      await files.page(page)
      if (files.isFull) stop()
    }
  }
  try {
    await feed.run(lastMs === undefined ? 'now' : { lastMs }, reader, over.signal)
  } catch (error) {
    if (totals.bytes === 0) await files.discard()
    throw error
  } finally {
    timer?.dispose()
    io.stop.removeEventListener('abort', stop)
    await files.end()
  }
  if (flag(given, 'json')) io.print(JSON.stringify({ files: files.files, bytes: files.bytes }))
  else {
    for (const file of files.files) io.print(file)
    io.say(`${bytesCount(files.bytes)} written; ${totals.bytesWords}.`)
  }
  return EXIT.done
}

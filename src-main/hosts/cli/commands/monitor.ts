import { systemClock } from '../../../base/clock.ts'
import { ExpressionRunner } from '../../../capture/expressions.ts'
import { Fault, toFault } from '../../../contract/faults.ts'
import type { TrafficFrom } from '../../../contract/recording.ts'
import { JsonForm } from '../../../capture/files/json-form.ts'
import { makeForm } from '../../../capture/files/forms.ts'
import {
  LIMIT_OPTIONS,
  readDecoder,
  readLimits,
  readShow,
  refuseWith,
  SHOW_OPTIONS,
  type Limits,
  type ShowOptions
} from '../monitor/arguments.ts'
import { CaptureFiles, formOfPath } from '../monitor/capture-file.ts'
import { FormLines } from '../monitor/form-lines.ts'
import { RowLines } from '../monitor/row-lines.ts'
import { colorDepth, paint } from '../monitor/colors.ts'
import type { Feed, FeedBegin } from '../monitor/feed.ts'
import { Monitor } from '../monitor/monitor.ts'
import { Output } from '../monitor/output.ts'
import { withFeed } from '../monitor/target.ts'
import { Totals } from '../monitor/totals.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT, exitCode } from '../exit.ts'
import { filled, flag, integer, parse, PORT_OPTIONS, type Given } from '../options.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = {
  ...PORT_OPTIONS,
  ...SHOW_OPTIONS,
  ...LIMIT_OPTIONS,
  save: { type: 'string' },
  recording: { type: 'string' },
  standalone: { type: 'boolean' }
} as const

/** `farport monitor TARGET`: everything that passes there, in lines, until it is stopped. Only watches. */
export const monitor: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault(
      'usage',
      `Watch what? Name a port, a share or a capture file, e.g. farport monitor ${exampleDevice()} -b 9600`
    )
  const limits = readLimits(given)
  const past = limits.lastMs !== undefined
  const standalone = flag(given, 'standalone')
  const recording = integer(given, 'recording', 1, 256)
  return withFeed({ target, given, standalone, past, recording }, io, (feed) => show(feed, limits, given, io))
}

async function show(feed: Feed, limits: Limits, given: Given, io: CliIo): Promise<number> {
  const options = readShow(given)
  const json = flag(given, 'json')
  if (json) refuseWith(given, 'json', ['view', 'time', 'bytes', 'color'])
  const save = readSave(given)
  const { stdout } = io
  const totals = new Totals()
  const runner = new ExpressionRunner()
  const over = new AbortController()
  let saveFault: Fault | undefined
  let broken: { readonly error: unknown } | undefined
  const stop = (): void => over.abort()
  io.stop.addEventListener('abort', stop, { once: true })
  if (io.stop.aborted) stop()
  const timer = limits.forMs === undefined ? undefined : systemClock.after(limits.forMs, stop)
  const view = new Monitor({
    show: options,
    lines: json ? new FormLines(new JsonForm()) : linesFor(options, io),
    save,
    saveFailed: (error) => {
      saveFault = toFault(error)
      io.say(saveFault.message)
    },
    expressions: runner.run,
    output: new Output(stdout, io.stop),
    clock: systemClock,
    totals,
    maxRows: limits.rows ?? Infinity,
    enough: stop,
    failed: (error) => {
      broken ??= { error }
      stop()
    },
    begun: (begin) => tellBegin(begin, feed, limits, io)
  })
  if (feed.idle !== undefined) io.say(`Nobody uses ${feed.idle} now; rows come when a program opens it.`)
  try {
    await feed.run(from(limits), view, over.signal)
    await view.end()
    if (broken) throw broken.error
  } finally {
    timer?.dispose()
    runner.dispose()
    io.stop.removeEventListener('abort', stop)
    await save?.end().catch((error: unknown) => {
      // That it failed was said, and nobody stopped watching for it.
      if (!saveFault) throw error
    })
  }
  if (!json) io.say(`${totals.words}.`)
  if (saveFault) return exitCode(saveFault)
  const missing = limits.rows !== undefined && totals.rows < limits.rows
  return io.stop.aborted && missing ? EXIT.stopped : EXIT.done
}

function linesFor(options: ShowOptions, { stdout }: CliIo): RowLines {
  const colors = paint(colorDepth(options.color, stdout, process.env))
  return new RowLines({
    ...options,
    paint: colors,
    columns: () => (stdout.isTTY ? stdout.columns : Infinity)
  })
}

/** `--save FILE`: everything, whatever is shown of it. */
function readSave(given: Given): CaptureFiles | undefined {
  const path = filled(given, 'save')
  if (path === undefined) return undefined
  const form = formOfPath(path)
  const decoder = readDecoder(given)
  return new CaptureFiles({ path, make: () => makeForm(form, { decoder }) })
}

function from({ lastMs }: Limits): TrafficFrom {
  return lastMs === undefined ? 'now' : { lastMs }
}

function tellBegin(
  { name, port, computer, noHistory }: FeedBegin,
  feed: Feed,
  limits: Limits,
  io: CliIo
): void {
  if (noHistory && limits.lastMs !== undefined)
    io.say(`${computer ?? 'That computer'} shows what passes from now on: its history is not open to us.`)
  if (!feed.isLive || !io.stdout.isTTY) return
  io.say(`Watching ${name === port ? port : `${name} (${port})`}. Ctrl+C ends.`)
}

import { Exporter } from '../../../capture/exporter.ts'
import { ExpressionRunner } from '../../../capture/expressions.ts'
import { FILE_FORMS, type FileForm } from '../../../capture/files/forms.ts'
import { Fault } from '../../../contract/faults.ts'
import { readDecoder, readShow } from '../monitor/arguments.ts'
import { formOfPath } from '../monitor/capture-file.ts'
import { DIRECTION_WORDS } from '../monitor/directions.ts'
import { FileFeed } from '../monitor/file-feed.ts'
import { metaOf } from '../monitor/meta.ts'
import { NewFile } from '../monitor/new-file.ts'
import { Output } from '../monitor/output.ts'
import type { Page } from '../../../traffic/page.ts'
import type { FeedBegin } from '../monitor/feed.ts'
import type { CliCommand, CliIo } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { filled, flag, integer, oneOf, parse, type Given } from '../options.ts'

const OPTIONS = {
  format: { type: 'string' },
  save: { type: 'string' },
  decode: { type: 'string' },
  filter: { type: 'string' },
  rows: { type: 'string' },
  direction: { type: 'string' },
  recording: { type: 'string' }
} as const

/** `farport export FILE`: a capture in another form, to standard output or into a file. */
export const exportFile: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 1)
  const [path] = positionals
  if (path === undefined)
    throw new Fault('usage', 'Export what? Name a capture, e.g. farport export boot.pcapng --format csv')
  const target = filled(given, 'save')
  const form = readForm(given, target, io)
  const direction = oneOf(given, 'direction', ['tx', 'rx'])
  const { filter, rules } = readShow({ decode: given.decode, filter: given.filter, rows: given.rows })
  const feed = new FileFeed(path, integer(given, 'recording', 1, 256) ?? 1, (text) => io.say(text))
  const runner = new ExpressionRunner()
  const file = target === undefined ? undefined : await NewFile.open(target)
  const output = new Output(io.stdout, io.stop)
  try {
    const exporter = new Exporter({
      form,
      decoder: readDecoder(given),
      rules: flag(given, 'rows') ? rules : undefined,
      direction: direction && DIRECTION_WORDS[direction],
      filter,
      expressions: runner.run,
      put: (bytes) => (file ? file.write(bytes) : output.bytes(bytes))
    })
    const reader = {
      begin: (begin: FeedBegin) => exporter.begin(metaOf(begin)),
      page: (page: Page) => exporter.page(page)
    }
    await feed.run('start', reader, io.stop)
    await exporter.end()
  } finally {
    runner.dispose()
    await file?.close()
  }
  return io.stop.aborted ? EXIT.stopped : EXIT.done
}

function readForm(given: Given, target: string | undefined, io: CliIo): FileForm {
  const form = oneOf(given, 'format', FILE_FORMS) ?? (target === undefined ? undefined : formOfPath(target))
  if (!form)
    throw new Fault('usage', `As what? Add --format, one of: ${FILE_FORMS.join(', ')}; or --save FILE.csv.`)
  if (target === undefined && io.stdout.isTTY && (form === 'pcapng' || form === 'raw'))
    throw new Fault(
      'usage',
      `A ${form} file is nothing for a terminal. Add --save FILE, or a > FILE behind it.`
    )
  return form
}

/** All forms of files, by name and by how a file's name ends. Called by commands and dialogs that export or capture. */
import type { Direction } from '../../contract/traffic.ts'
import type { DecoderKind } from '../../traffic/decoder.ts'
import type { RowRules } from '../../traffic/row.ts'
import type { CaptureFormat } from '../format.ts'
import { CsvForm } from './csv-form.ts'
import { JsonForm } from './json-form.ts'
import { PcapngWriter } from './pcapng-writer.ts'
import { RawFile } from './raw-file.ts'
import { RowFile, type RowFileOptions, type RowForm } from './row-file.ts'
import { TextFileForm, type TextOptions } from './text-form.ts'

export const FILE_FORMS = ['pcapng', 'text', 'csv', 'jsonl', 'raw'] as const
export type FileForm = (typeof FILE_FORMS)[number]

export interface FormOptions extends TextOptions {
  /** How rows are cut; absent: as the decoder wants them, or as lines of text. */
  readonly rules?: RowRules | undefined
  readonly decoder?: DecoderKind | undefined
  readonly keeps?: RowFileOptions['keeps']
  /** Of a raw file; absent: both. */
  readonly direction?: Direction | undefined
}

/** A new file of this form. */
export function makeForm(form: FileForm, options: FormOptions = {}): CaptureFormat {
  switch (form) {
    case 'pcapng':
      return new PcapngWriter(options.decoder?.id === 'modbus-rtu' ? { decode: 'modbus-rtu' } : {})
    case 'text':
      return rowFile(new TextFileForm(options), options)
    case 'csv':
      return rowFile(new CsvForm(), options)
    case 'jsonl':
      return rowFile(new JsonForm(), options)
    case 'raw':
      return new RawFile(options.direction)
  }
}

function rowFile(form: RowForm, { rules, decoder, keeps }: FormOptions): CaptureFormat {
  return new RowFile({ form, rules: rules ?? decoder?.rows, decoder: decoder?.make(), keeps })
}

const ENDINGS: Readonly<Record<string, FileForm>> = {
  pcapng: 'pcapng',
  ntar: 'pcapng',
  txt: 'text',
  log: 'text',
  csv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  bin: 'raw',
  raw: 'raw'
}

/** By `.txt`, `.csv`, …; undefined: the name does not tell. */
export function formOf(fileName: string): FileForm | undefined {
  const ending = /\.([a-z]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined
}

/**
 * Opens any file that can be opened again: pcapng and pcap, and of the files of text those that have every byte, CSV and JSON Lines. Which it is
 * shows in its first byte, whatever it is called. Called with the file's bytes in any portions; see recording-reader.ts.
 */
import { RecordingReader, type ReadingOptions, type Recording } from './recording-reader.ts'
import { TextReader } from './text-reader.ts'

/** What can be opened, by the ending of its name. */
export const READABLE_ENDINGS: readonly string[] = ['.pcapng', '.pcap', '.jsonl', '.csv']

/** `{` of JSON; `r` or a quote of a header of CSV; the first byte of a BOM. No capture begins so. */
const TEXT_BEGINNINGS: readonly number[] = [0x7b, 0x72, 0x22, 0xef]

export class CaptureFileReader {
  readonly #options: ReadingOptions
  #reader: RecordingReader | TextReader | undefined

  constructor(options: ReadingOptions) {
    this.#options = options
  }

  /** In the order of the file. */
  get recordings(): readonly Recording[] {
    return this.#reader?.recordings ?? []
  }

  /** False: there is no use in more. */
  push(bytes: Uint8Array): boolean {
    const [first] = bytes
    if (first === undefined) return true
    return this.#chosen(first).push(bytes)
  }

  /** No more comes. Answers what of the file was not read, a line each; empty: all of it was. */
  end(): readonly string[] {
    return this.#chosen(0).end()
  }

  /** As of RecordingReader. */
  notKept(): readonly string[] {
    return this.#reader?.notKept() ?? []
  }

  #chosen(first: number): RecordingReader | TextReader {
    const Reader = TEXT_BEGINNINGS.includes(first) ? TextReader : RecordingReader
    return (this.#reader ??= new Reader(this.#options))
  }
}

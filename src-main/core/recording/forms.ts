/** The forms in which captures are written, by the names that the contract has for them. Called by captures.ts; each is loaded when it is used. */
import type { CaptureFormat, CaptureFormatSource } from '../../capture/format.ts'
import type { CaptureFormatName } from '../../contract/recording.ts'
import type { Direction } from '../../contract/traffic.ts'
import { Fault } from '../../contract/faults.ts'

export interface FormWish {
  readonly format: CaptureFormatName
  readonly direction?: Direction
  readonly decoder?: string
}

/** Rejects with `usage` where the wish contradicts itself. */
export async function formOf({ format, direction, decoder }: FormWish): Promise<CaptureFormatSource> {
  if (format === 'raw' && direction === undefined)
    throw new Fault('usage', 'A raw file has the bytes of one direction: say to-device or from-device.')
  switch (format) {
    case 'pcapng': {
      const { PcapngWriter } = await import('../../capture/files/pcapng-writer.ts')
      return () => new PcapngWriter({ decode: decoder === 'modbus-rtu' ? decoder : undefined })
    }
    case 'text':
    case 'csv':
    case 'jsonl':
      throw new Fault('unsupported', `Captures are not written as ${format} yet: save it as pcapng.`)
    case 'raw':
      return () => rawForm(direction ?? 'from-device')
  }
}

/** The bytes of one direction and nothing else. */
function rawForm(direction: Direction): CaptureFormat {
  const none = new Uint8Array()
  return {
    start: () => none,
    page: (page, from, to) => {
      const pieces: Uint8Array[] = []
      for (let record = from; record < to; record++)
        if (!page.isEvent(record) && page.direction(record) === direction) pieces.push(page.bytes(record))
      return Uint8Array.from(Buffer.concat(pieces))
    },
    end: () => none
  }
}

/** The forms in which captures are written, by the names that the contract has for them. Called by captures.ts; loaded when one is used. */
import type { CaptureFormatSource } from '../../capture/format.ts'
import { Fault } from '../../contract/faults.ts'
import type { CaptureFormatName } from '../../contract/recording.ts'
import type { Direction } from '../../contract/traffic.ts'

export interface FormWish {
  readonly format: CaptureFormatName
  readonly direction?: Direction
  readonly decoder?: string
}

/** Rejects with `usage` where the wish contradicts itself, or there is no such decoder. */
export async function formOf({ format, direction, decoder }: FormWish): Promise<CaptureFormatSource> {
  if (format === 'raw' && direction === undefined)
    throw new Fault('usage', 'A raw file has the bytes of one direction: say to-device or from-device.')
  if (format !== 'raw' && direction !== undefined)
    throw new Fault(
      'usage',
      `A ${format} file has both directions: leave the direction out, or save it as raw.`
    )
  const { makeForm } = await import('../../capture/files/forms.ts')
  if (decoder === undefined) return () => makeForm(format, { direction })
  const { DECODERS, decoderKind } = await import('../../traffic/decoders/registry.ts')
  const kind = decoderKind(decoder)
  if (kind) return () => makeForm(format, { direction, decoder: kind })
  throw new Fault(
    'usage',
    `There is no decoder ${decoder}. There are: ${DECODERS.map(({ id }) => id).join(', ')}.`
  )
}

/** The forms in which captures are written, by the names that the contract has for them. Called by captures.ts; loaded when one is used. */
import type { CaptureFormatSource } from '../../capture/format.ts'
import { Fault } from '../../contract/faults.ts'
import type { ExportWish } from '../../contract/recording.ts'
import type { DecoderKind } from '../../traffic/decoder.ts'

/** How a file is written. */
export type FormWish = Omit<ExportWish, 'records' | 'filter'>

/** Rejects with `usage` where the wish contradicts itself, or there is no such decoder. */
export async function formOf(wish: FormWish): Promise<CaptureFormatSource> {
  const { format, direction, rules, look } = wish
  checkDirection(wish)
  const { makeForm } = await import('../../capture/files/forms.ts')
  const decoder = await decoderOf(wish.decoder)
  return () => makeForm(format, { direction, decoder, rules, ...look })
}

/** Throws `usage`. */
export function checkDirection({ format, direction }: Pick<FormWish, 'format' | 'direction'>): void {
  if (format === 'raw' && direction === undefined)
    throw new Fault('usage', 'A raw file has the bytes of one direction: say to-device or from-device.')
  if (format !== 'raw' && direction !== undefined)
    throw new Fault(
      'usage',
      `A ${format} file has both directions: leave the direction out, or save it as raw.`
    )
}

/** By its id; rejects with `usage` where there is none. */
export async function decoderOf(id: string | undefined): Promise<DecoderKind | undefined> {
  if (id === undefined) return undefined
  const { DECODERS, decoderKind } = await import('../../traffic/decoders/registry.ts')
  const kind = decoderKind(id)
  if (kind) return kind
  throw new Fault(
    'usage',
    `There is no decoder ${id}. There are: ${DECODERS.map((each) => each.id).join(', ')}.`
  )
}

/** The colours of a monitor, as ECMA-48 §8.3.117 has them. Pure. */

/** What stands there; never by colour alone: each has a sign of its own, too. */
export type Part = 'to-device' | 'from-device' | 'event' | 'warning' | 'error' | 'faint'

export type Paint = (part: Part, text: string) => string

/** Orange is in the palette of 256; of 16 the nearest is yellow. */
const CODES: Readonly<Record<Part, readonly [many: string, few: string]>> = {
  'to-device': ['38;5;75', '94'],
  'from-device': ['38;5;208', '33'],
  event: ['3;90', '3;90'],
  warning: ['1;33', '1;33'],
  error: ['1;31', '1;31'],
  faint: ['90', '90']
}

/** `depth`: bits, as getColorDepth answers: 1 has none. */
export function paint(depth: number): Paint {
  if (depth <= 1) return (_part, text) => text
  const which = depth >= 8 ? 0 : 1
  return (part, text) => (text === '' ? '' : `\x1b[${CODES[part][which]}m${text}\x1b[0m`)
}

interface Output {
  readonly isTTY?: boolean
  getColorDepth?(environment?: NodeJS.ProcessEnv): number
}

/**
 * How many colours an output shall have. `auto`: as many as its terminal has, and none where it is none; NO_COLOR (any text) and TERM=dumb
 * switch them off. `always` is heard in any case.
 */
export function colorDepth(
  wish: 'auto' | 'always' | 'never',
  output: Output,
  environment: NodeJS.ProcessEnv
): number {
  if (wish === 'never') return 1
  // Node takes an empty NO_COLOR for one that is set.
  const depth = (usual: number): number =>
    output.getColorDepth?.({ ...environment, NO_COLOR: undefined }) ?? usual
  if (wish === 'always') return output.isTTY ? Math.max(4, depth(8)) : 8
  if (!output.isTTY || (environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb') return 1
  return depth(4)
}

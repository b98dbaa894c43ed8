import type { CommandInput } from '../../../contract/commands.ts'
import { Fault } from '../../../contract/faults.ts'
import { RESET_NAMES, parseResetSteps, profileOf } from '../../../contract/reset.ts'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { PORT_OPTIONS, filled, flag, oneOf, parse, readPort, seconds, type Given } from '../options.ts'
import { withCore } from '../with-core.ts'
import { exampleDevice } from '../../../os/example-device.ts'

const OPTIONS = {
  ...PORT_OPTIONS,
  profile: { type: 'string' },
  steps: { type: 'string' },
  timeout: { type: 'string' }
} as const

/** The longest that a board may take to come back, in s. */
const MAX_SECONDS = 600

/** `farport reset TARGET --profile NAME|--steps STEPS`: resets the board at a port; prints where it came back, if it left. */
export const reset: CliCommand = async (args, io) => {
  const { given, positionals } = parse(args, OPTIONS, 1)
  const [target] = positionals
  if (target === undefined)
    throw new Fault(
      'usage',
      `Reset what? Name a target, e.g. farport reset ${exampleDevice()} --profile esp32`
    )
  const sequence = readSequence(given)
  const followMs = seconds(given, 'timeout', 0.1, MAX_SECONDS)
  if (followMs !== undefined && (typeof sequence !== 'string' || !profileOf(sequence).leaves))
    throw new Fault(
      'usage',
      '--timeout is for a board that leaves and comes back (1200-touch). Leave it out.'
    )
  const spec = { port: readPort(target, given), sequence, ...(followMs !== undefined && { followMs }) }
  try {
    const { path } = await withCore(io, 'warnings', (core) => core.call('reset', spec, io.stop))
    const name = typeof sequence === 'string' ? sequence : 'steps'
    if (flag(given, 'json'))
      io.print(JSON.stringify({ reset: name, target: shownTarget(target), ...(path && { path }) }))
    else if (path !== undefined) io.print(path)
    return EXIT.done
  } catch (error) {
    if (!io.stop.aborted) throw error
    io.say(`Stopped before the reset of ${shownTarget(target)} was over; its lines are at rest.`)
    return EXIT.stopped
  }
}

function readSequence(given: Given): CommandInput<'reset'>['sequence'] {
  const profile = oneOf(given, 'profile', RESET_NAMES)
  const steps = filled(given, 'steps')
  if (profile !== undefined && steps !== undefined)
    throw new Fault('usage', 'Give either a --profile or --steps, not both.')
  if (steps !== undefined) return parseResetSteps(steps)
  if (profile !== undefined) return profile
  throw new Fault('usage', `Which board? Add --profile, one of: ${RESET_NAMES.join(', ')}; or --steps.`)
}

import { Fault } from '../../../contract/faults.ts'
import { LEVELS } from '../../../contract/settings.ts'
import { shortText } from '../attached/words.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { withPeers } from '../with-peers.ts'

const OPTIONS = { history: { type: 'boolean' } } as const

const WORDS = [...LEVELS, 'inherit'] as const

/** Every share that has nothing of its own. */
const ALL = 'all'

/** `farport permit PEER [SHARE | all] none|observe|control|inherit [--history]`. */
export const permit: CliCommand = async (args, io) => {
  const { positionals, given } = parse(args, OPTIONS, 3)
  const [peer, ...rest] = positionals
  const [word] = rest.slice(-1)
  if (peer === undefined || word === undefined)
    throw new Fault(
      'usage',
      'Who may do what? For instance: farport permit workshop-pc control, or farport permit workshop-pc gps observe'
    )
  const level = WORDS.find((each) => each === word)
  if (!level)
    throw new Fault(
      'usage',
      `"${shortText(word)}" is nothing that it may do. Choose one of: ${WORDS.join(', ')}.`
    )
  const share = rest.length === 1 || rest[0] === ALL ? undefined : rest[0]
  const history = flag(given, 'history')
  return withPeers(io, async (access) => {
    await access.call(
      'peer.permit',
      { peer, level, ...(share !== undefined && { share }), ...(history && { history }) },
      io.stop
    )
    if (flag(given, 'json'))
      io.print(JSON.stringify({ permitted: { peer, share: share ?? null, level, history } }))
    else io.print(`${shortText(peer)}: ${told(level, share)}${history ? ', and see what passed before' : ''}`)
    return EXIT.done
  })
}

function told(level: (typeof WORDS)[number], share: string | undefined): string {
  const what = share === undefined ? 'whatever is shared here' : shortText(share)
  switch (level) {
    case 'none':
      return `may not use ${what}`
    case 'observe':
      return `may watch ${what}`
    case 'control':
      return `may use ${what}`
    case 'inherit':
      return `for ${what} holds what holds for all shares`
  }
}

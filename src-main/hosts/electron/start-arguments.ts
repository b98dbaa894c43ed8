/**
 * What stands among the arguments of a start. They are not all from people: systems put links of pages there, and one with a quote in it
 * can bring arguments of its own. Pure.
 */
import { looksLikeFarportUrl } from '../../net/farport-url.ts'

/** No window until somebody wants one. */
export const HIDDEN = '--hidden'

/** Farport beside the person's own: of `npm start`. */
export const TRIAL = '--trial'

/** By the launcher of the command, with the command's own arguments behind `--`. */
const COMMAND = '--cli'

/** Systems take everything with the scheme to us, whatever is behind it. */
const OF_A_PAGE = /^farport:/i

/** The link; undefined: there is none. */
export function linkIn(args: readonly string[]): string | undefined {
  return args.find((each) => looksLikeFarportUrl(each))
}

/** The command's own arguments; undefined: the app itself is wanted. Behind a link nothing is a command. */
export function commandArguments(args: readonly string[]): readonly string[] | undefined {
  const at = args.indexOf(COMMAND)
  // Electron may put its own switches between; behind the first `--` there are none.
  const end = args.indexOf('--', at)
  if (at < 0 || end < 0 || args.slice(0, at).some((each) => OF_A_PAGE.test(each))) return undefined
  return args.slice(end + 1)
}

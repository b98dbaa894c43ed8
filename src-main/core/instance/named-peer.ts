/** Which peer a command means: its name, the first digits of its id, or all of them. Called by the commands about peers. */
import { Fault } from '../../contract/faults.ts'
import { plainText } from '../../base/plain-text.ts'
import { formatId } from '../../peers/identity.ts'
import { folded } from '../../peers/trust.ts'

/** Digits of an id that make it one: fewer are a name. */
const MIN_ID_DIGITS = 8
/** Of an id, shown to tell peers apart. */
const SHOWN_DIGITS = 16
const MAX_SHOWN = 8

export interface NamedPeer {
  readonly id: string
  readonly name: string
}

/** `what`: of what kind they are, for people. Throws `usage` where none of `all` is meant, or several are; then it lists them. */
export function namedPeer<Peer extends NamedPeer>(text: string, all: readonly Peer[], what: string): Peer {
  const id = peerIdIn(text)
  const byName = all.filter(({ name }) => name !== '' && folded(name) === folded(text))
  const byId = id === undefined ? [] : all.filter((each) => each.id.startsWith(id))
  // All of an id is nobody's name; some of it may be, and then it must not be guessed who is meant.
  const found = id?.length === 64 ? byId : [...new Set([...byName, ...byId])]
  const [only, ...others] = found
  if (only && others.length === 0) return only
  if (only)
    throw new Fault(
      'usage',
      `${found.length} computers are meant by "${shown(text)}". Give the id of one: ${choices(found)}.`
    )
  const there = all.length === 0 ? 'There is none at all.' : `There are: ${choices(all)}.`
  throw new Fault('usage', `There is no ${what} "${shown(text)}". ${there} See farport pair.`)
}

/** The digits of an id that it may be, lower case; undefined: it can only be a name. */
export function peerIdIn(text: string): string | undefined {
  const id = text.replaceAll(/\s/g, '').toLowerCase()
  return /^[0-9a-f]+$/.test(id) && id.length >= MIN_ID_DIGITS && id.length <= 64 ? id : undefined
}

/** One that nobody knows can only be meant by all of its id. */
export function wholeId(text: string): NamedPeer[] {
  const id = peerIdIn(text)
  return id?.length === 64 ? [{ id, name: '' }] : []
}

function choices(all: readonly NamedPeer[]): string {
  const some = all.slice(0, MAX_SHOWN).map(({ id, name }) => {
    const digits = formatId(id.slice(0, SHOWN_DIGITS))
    return name === '' ? digits : `${shown(name)} (${digits})`
  })
  return some.join(', ') + (all.length > MAX_SHOWN ? ', …' : '')
}

const shown = (text: string): string => plainText(text, 64)

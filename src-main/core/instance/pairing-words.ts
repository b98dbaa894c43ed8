/** Requests to pair, and how they ended, in words of people. Pure. Called by peers.ts and pairing-commands.ts. */
import { plainText } from '../../base/plain-text.ts'
import { Fault, type FaultCode } from '../../contract/faults.ts'
import type { PairingNews, PairingRequest } from '../../peers/pairing-desk.ts'
import type { PairingFailure } from '../../protocol/pairing.ts'

/** Of an id: enough to name a peer by. */
const ID_DIGITS = 16
const MAX_NAME = 64

/** Six digits as people read them: `123 456`. */
export function spaced(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`
}

type Asked = Pick<PairingRequest, 'peerId' | 'name' | 'remote'>

/** What a command names a peer by: its name where that is one plain word (strangers choose their names), else its id. */
export function handleOf({ id, name }: { readonly id: string; readonly name: string }): string {
  return /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(name) ? name : id.slice(0, ID_DIGITS)
}

export function labelOf({ name, remote, peerId }: Asked): string {
  return plainText(name, MAX_NAME) || plainText(remote, MAX_NAME) || peerId.slice(0, ID_DIGITS)
}

/** One line of the log; undefined: nothing that people need to know. */
export function newsLine(
  news: PairingNews,
  mayUse: boolean
): { readonly level: 'info' | 'warning'; readonly text: string } | undefined {
  const { request } = news
  const who = labelOf(request)
  switch (news.type) {
    case 'changed':
      if (request.code === undefined) return undefined
      if (request.accepted) return { level: 'info', text: `accepted here: waiting for ${who}` }
      return { level: 'info', text: askLine(request, request.code) }
    case 'paired': {
      const once = request.once ? ', for this time' : ''
      return { level: 'info', text: `paired with ${who}${once}. ${mayUse ? '' : nextStep(request)}`.trim() }
    }
    case 'failed':
      return { level: 'warning', text: pairingFault(news).message }
  }
}

function askLine(request: PairingRequest, code: string): string {
  const who = labelOf(request)
  if (request.direction === 'outgoing') return `asked ${who} to pair. ${sameDigits(who, code)}`
  return (
    `${who} (${plainText(request.remote, MAX_NAME)}) asks to pair. ${sameDigits('It', code)}. ` +
    howToAnswer({ id: request.peerId, name: request.name })
  )
}

/** `who`: the other computer. */
export function sameDigits(who: string, code: string): string {
  return `${who} must show the same digits: ${spaced(code)}`
}

/** Without the digits in the command: whoever pastes it has to have read them on the other computer. */
export function howToAnswer(asks: { readonly id: string; readonly name: string }): string {
  const handle = handleOf(asks)
  return `Accept with those that you read there: farport pair accept ${handle} DIGITS; or farport pair reject ${handle}`
}

/** What a new peer may do, and how to change that. */
export function nextStep(request: Asked): string {
  const handle = handleOf({ id: request.peerId, name: request.name })
  return `It may use nothing here yet. To let it use what is shared here: farport permit ${handle} control`
}

const ENDED: Readonly<Partial<Record<PairingFailure, readonly [FaultCode, string]>>> = {
  'rejected-here': ['peer-refused', 'it was rejected on this computer.'],
  'rejected-there': [
    'peer-refused',
    'it was rejected there. Ask whoever is at that computer, and try again.'
  ],
  timeout: [
    'peer-timeout',
    'two minutes passed before both sides had accepted. Try again, and accept on both.'
  ],
  silent: [
    'peer-timeout',
    'its digits did not come within 10 s. See if Farport is well there, and try again.'
  ],
  cancelled: ['peer-refused', 'it was broken off here before both sides had accepted. Try again.'],
  'connection-lost': [
    'peer-closed',
    'the connection ended before both sides had accepted. See if Farport runs there, and try again.'
  ]
}

/** Why a request came to nothing, for whoever waits for it. */
export function pairingFault(news: Extract<PairingNews, { readonly type: 'failed' }>): Fault {
  if (news.fault) return news.fault
  const [code, text] = ENDED[news.why] ?? [
    'peer-protocol',
    `it does not keep to the rules of pairing (${news.why}): somebody may be in between.`
  ]
  return new Fault(code, `Not paired with ${labelOf(news.request)}: ${text}`)
}

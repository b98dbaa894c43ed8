/** The system's network errors as Faults and reasons that name a next step. Called by the carriers. */
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import type { FaultCode } from '../contract/faults.ts'
import { Fault } from '../contract/faults.ts'
import { refusedOurs, tlsWords } from './tls-alerts.ts'

/** How a dial failed. `place`: the URL that was dialled. */
export function dialFault(error: unknown, place: string): Fault {
  const code = codeOf(error)
  const fault = (faultCode: FaultCode, message: string): Fault => new Fault(faultCode, message, error)
  switch (code) {
    case 'ECONNREFUSED':
      return fault(
        'peer-refused',
        `${place} refused the connection: nothing listens on that port, or a firewall rejects it. Check the port, and that the far side shares it.`
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EAI_FAIL':
      return fault(
        'peer-unknown-host',
        `The host of ${place} is unknown: check its name, or use its IP address.`
      )
    case 'ETIMEDOUT':
    case 'ERR_SOCKET_CONNECTION_TIMEOUT':
      return dialTimeout(place, error)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return fault(
        'peer-unreachable',
        `There is no way from here to ${place}: check the network or the VPN, and that the far computer is on.`
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return fault(
        'peer-closed',
        `${place} closed the connection at once: look at the far side whether this computer is allowed there.`
      )
    case 'EACCES':
    case 'EPERM':
      return fault(
        'peer-unreachable',
        `This computer's own firewall forbids the connection to ${place}: allow it there.`
      )
    default:
      return fault(
        'peer-unreachable',
        `Connecting to ${place} failed (${describe(error)}): check the address.`
      )
  }
}

export function dialTimeout(place: string, cause?: unknown): Fault {
  return new Fault(
    'peer-timeout',
    `${place} did not answer: check that the far computer is on, and that no firewall drops the connection.`,
    cause
  )
}

/** How a listener failed to start. `place`: the URL that was to be listened on. */
export function listenFault(error: unknown, place: string): Fault {
  const fault = (faultCode: FaultCode, message: string): Fault => new Fault(faultCode, message, error)
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return fault(
        'address-in-use',
        `${place} is already in use by another program: end that one, or choose another port (0 takes any free one).`
      )
    case 'EACCES':
    case 'EPERM':
      return fault(
        'address-not-permitted',
        `You may not listen on ${place}: ports below 1024 need special rights, so choose one from 1024 on.`
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return fault(
        'address-not-permitted',
        `This computer has no such address as in ${place}: use one of its own, 127.0.0.1 for itself alone, or [::] for all.`
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EAI_FAIL':
      return fault(
        'address-not-permitted',
        `The host of ${place} is unknown, so nobody can listen there: use an address of this computer, or [::] for all.`
      )
    default:
      return fault('address-not-permitted', `Listening on ${place} failed (${describe(error)}).`)
  }
}

/** Why an established connection ended with this error. */
export function endReason(error: unknown): CloseReason {
  if (refusedOurs(error)) return REFUSED_OURS
  switch (codeOf(error)) {
    // The peer had ended it before we wrote (Linux says so for a reset after its FIN).
    case 'EPIPE':
      return DONE
    case 'ECONNRESET':
      return { code: 'error', message: 'the far side broke the connection off' }
    case 'ETIMEDOUT':
      return VANISHED
    default:
      return {
        code: 'error',
        message: `the connection broke: ${error instanceof Error ? tlsWords(error) : String(error)}`
      }
  }
}

/** In TLS 1.3 that is heard when the connection is there already. */
const REFUSED_OURS: CloseReason = {
  code: 'refused',
  message:
    "the far side does not take this computer's certificate: give it the one that farport pair export prints"
}

export const VANISHED: CloseReason = {
  code: 'error',
  message: 'the far side vanished: it no longer answers'
}

/** The code of a system error. Where several addresses were tried, of the one that came farthest. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) {
    const codes = error.errors.map(codeOf)
    const order = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT']
    return order.find((each) => codes.includes(each)) ?? codes[0] ?? ''
  }
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import type { TapEvent } from './tap.ts'

/** What happened as one line for people; undefined for what is told elsewhere or would only be noise. */
export function noticeOf(event: TapEvent): string | undefined {
  switch (event.type) {
    case 'attached':
      return `client ${event.session} connected: ${event.label}`
    case 'detached':
      return `client ${event.session} left: ${event.label}${event.why ? ` (${event.why})` : ''}`
    case 'port':
      return event.state === 'open' ? 'port open' : 'port closed'
    case 'lost': {
      const whose = event.session === 0 ? '' : ` of client ${event.session}`
      const where = event.direction === 'to-device' ? 'to the device' : 'from the device'
      return `lost ${event.bytes} bytes${whose} ${where}: ${event.why}`
    }
    case 'settings':
    case 'lines':
    case 'modem':
    case 'line':
    case 'break':
      return undefined
  }
}

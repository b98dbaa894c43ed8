import type { TapEvent } from './tap.ts'

/** One line for people. `warning`: something was lost or refused; `info`: who came and left. */
export interface BridgeNotice {
  readonly level: 'info' | 'warning'
  readonly text: string
}

/** What happened; undefined for what is told elsewhere or would only be noise. */
export function noticeOf(event: TapEvent): BridgeNotice | undefined {
  switch (event.type) {
    case 'attached':
      return info(`client ${event.session} connected: ${event.label}`)
    case 'detached':
      return info(`client ${event.session} left: ${event.label}${event.why ? ` (${event.why})` : ''}`)
    case 'port':
      return info(event.state === 'open' ? 'port open' : 'port closed')
    case 'lost': {
      const whose = event.session === 0 ? '' : ` of client ${event.session}`
      const where = event.direction === 'to-device' ? 'to the device' : 'from the device'
      return warning(`lost ${event.bytes} bytes${whose} ${where}: ${event.why}`)
    }
    case 'settings':
    case 'lines':
    case 'modem':
    case 'line':
    case 'break':
      return undefined
  }
}

export function info(text: string): BridgeNotice {
  return { level: 'info', text }
}

export function warning(text: string): BridgeNotice {
  return { level: 'warning', text }
}

import { formatSettings, type ControlLines } from '../contract/line.ts'
import type { HubEvent } from '../contract/traffic.ts'
import { blockedWords, controlWords, unblockedWords } from '../traffic/event-words.ts'

/** One line for people. `warning`: something was lost or refused; `info`: who came and left; `debug`: what they do with the line. */
export interface BridgeNotice {
  readonly level: 'debug' | 'info' | 'warning'
  readonly text: string
}

/** What happened; undefined for what is told elsewhere or would only be noise. */
export function noticeOf(event: HubEvent): BridgeNotice | undefined {
  switch (event.type) {
    case 'attached':
      return info(`client ${event.session} connected: ${event.label}`)
    case 'detached':
      return info(`client ${event.session} left: ${event.label}${event.why ? ` (${event.why})` : ''}`)
    case 'control':
      return info(controlWords(event.step, event.label, event.from))
    case 'port':
      return info(event.state === 'open' ? 'port open' : 'port closed')
    case 'lost': {
      const whose = event.session === 0 ? '' : ` of client ${event.session}`
      const where = event.direction === 'to-device' ? 'to the device' : 'from the device'
      return warning(`lost ${event.bytes} bytes${whose} ${where}: ${event.why}`)
    }
    case 'blocked':
      return warning(blockedWords(event.by, event.bytes))
    case 'unblocked':
      return warning(unblockedWords(event.moved, event.durationMs))
    case 'settings':
      return debug(`settings ${formatSettings(event.settings)}${by(event.label)}`)
    case 'lines':
      return debug(`${linesText(event.lines)}${by(event.label)}`)
    case 'break':
      return debug(`break of ${event.durationMs} ms${by(event.label)}`)
    case 'modem':
    case 'line':
      return undefined
  }
}

function by(label: string | undefined): string {
  return label === undefined ? '' : ` (${label})`
}

function linesText({ dtr, rts, break: held }: ControlLines): string {
  const level = (is: boolean): string => (is ? 'on' : 'off')
  return `DTR ${level(dtr)}, RTS ${level(rts)}${held ? ', break' : ''}`
}

function debug(text: string): BridgeNotice {
  return { level: 'debug', text }
}

export function info(text: string): BridgeNotice {
  return { level: 'info', text }
}

export function warning(text: string): BridgeNotice {
  return { level: 'warning', text }
}

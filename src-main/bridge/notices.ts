import { formatSettings, type ControlLines } from '../contract/line.ts'
import type { BlockedState } from '../contract/state.ts'
import type { ControlStep, HubEvent } from '../contract/traffic.ts'

/** One line for people. `warning`: something was lost or refused; `info`: who came and left; `debug`: what they do with the line. */
export interface BridgeNotice {
  readonly level: 'debug' | 'info' | 'warning'
  readonly text: string
}

const HELD_BACK = {
  cts: 'waiting for CTS: the device takes nothing',
  'flow-control': 'waiting: the device takes nothing',
  peer: 'waiting: the far side asked to hold the data back'
} as const satisfies Record<BlockedState['by'], string>

const STEPS: Readonly<Record<ControlStep, string>> = {
  asked: 'asks for control',
  declined: 'was not given control',
  granted: 'was given control',
  taken: 'took control',
  next: 'has control now',
  restricted: 'may only watch from now on',
  permitted: 'may write again in its turn'
}

/** What happened; undefined for what is told elsewhere or would only be noise. */
export function noticeOf(event: HubEvent): BridgeNotice | undefined {
  switch (event.type) {
    case 'attached':
      return info(`client ${event.session} connected: ${event.label}`)
    case 'detached':
      return info(`client ${event.session} left: ${event.label}${event.why ? ` (${event.why})` : ''}`)
    case 'control':
      return info(
        `${event.label} ${STEPS[event.step]}${event.from ? `; ${event.from} watches from now on` : ''}`
      )
    case 'port':
      return info(event.state === 'open' ? 'port open' : 'port closed')
    case 'lost': {
      const whose = event.session === 0 ? '' : ` of client ${event.session}`
      const where = event.direction === 'to-device' ? 'to the device' : 'from the device'
      return warning(`lost ${event.bytes} bytes${whose} ${where}: ${event.why}`)
    }
    case 'blocked':
      return warning(`${HELD_BACK[event.by]} (${grouped(event.bytes)} bytes wait)`)
    case 'unblocked': {
      const again = event.moved ? 'the device takes data again' : 'no longer waiting'
      return warning(`${again} (after ${Math.round(event.durationMs / 1000)} s)`)
    }
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

/** `1,234`, in every language of the computer. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

export function info(text: string): BridgeNotice {
  return { level: 'info', text }
}

export function warning(text: string): BridgeNotice {
  return { level: 'warning', text }
}

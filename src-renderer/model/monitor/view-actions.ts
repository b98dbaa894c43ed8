/** What the monitor's frame can do, for its toolbar, keys and palette alike. Whatever changes the desk from here does it by these. */
import { CONTROL_BYTES } from '../../../src-main/traffic/byte-words.ts'
import { DECODERS } from '../../../src-main/traffic/decoders/registry.ts'
import { TIME_MODES } from '../../../src-main/traffic/time-words.ts'
import { words } from '../../words/words.ts'
import { MONITOR_VIEWS, type MonitorAction, type MonitorDesk } from './contract.ts'
import { PALETTE_KEY } from './keys.ts'

/** What the frame shows when it is asked for. */
export interface FrameActions {
  readonly palette: () => void
  readonly marker: () => void
  readonly forget: () => void
  readonly details: () => void
  readonly nextMarker: () => void
  readonly previousMarker: () => void
  /** The id of what is recorded, while it is. */
  readonly recorded: () => string | undefined
}

type Desk = Pick<MonitorDesk, 'traffic' | 'options' | 'isFollowing' | 'pausedAt' | 'clearedAt'>

export function togglePause(desk: Desk): void {
  desk.pausedAt = desk.pausedAt === undefined ? desk.traffic.table.end : undefined
}

/** To the end, and it stays there: what was paused goes on. */
export function follow(desk: Desk): void {
  desk.pausedAt = undefined
  desk.isFollowing = true
}

export function clearView(desk: Desk): void {
  desk.clearedAt = desk.traffic.table.end
  desk.pausedAt = undefined
}

/** Rows that came since it was paused. */
export function newRows({ pausedAt, traffic }: Desk): number {
  return pausedAt === undefined ? 0 : Math.max(0, traffic.table.end - pausedAt)
}

/** Rows that clearing the view has left out, as far as they are still there. */
export function clearedRows({ clearedAt, traffic }: Desk): number {
  return clearedAt === undefined ? 0 : Math.max(0, clearedAt - traffic.table.first)
}

export function nextTime({ options }: Desk): void {
  options.time = TIME_MODES[(TIME_MODES.indexOf(options.time) + 1) % TIME_MODES.length] ?? 'clock'
}

export function toggleHex({ options }: Desk): void {
  options.view = options.view === 'hex' ? 'lines' : 'hex'
}

export function viewActions(desk: Desk, frame: FrameActions): readonly MonitorAction[] {
  const say = words.monitor
  const isLost = (): boolean => frame.recorded() === undefined
  return [
    { id: 'palette', text: say.palette.open, key: PALETTE_KEY, do: frame.palette },
    { id: 'help', text: say.palette.open, key: '?', do: frame.palette },
    { id: 'pause', text: `${say.pause} / ${say.goOn}`, key: ' ', do: () => togglePause(desk) },
    { id: 'follow', text: say.follow, key: 'End', do: () => follow(desk) },
    { id: 'marker', text: say.marker.add, key: 'm', isDisabled: isLost, do: frame.marker },
    { id: 'next-marker', text: say.marker.next, do: frame.nextMarker },
    { id: 'previous-marker', text: say.marker.previous, do: frame.previousMarker },
    { id: 'next-time', text: say.nextTime, key: 't', do: () => nextTime(desk) },
    { id: 'hex', text: say.hex, key: 'h', do: () => toggleHex(desk) },
    { id: 'clear', text: say.clear, do: () => clearView(desk) },
    {
      id: 'unclear',
      text: say.unclear,
      isDisabled: () => desk.clearedAt === undefined,
      do: () => (desk.clearedAt = undefined)
    },
    { id: 'details', text: `${say.showDetails} / ${say.hideDetails}`, do: frame.details },
    ...MONITOR_VIEWS.map((view) => ({
      id: `view-${view}`,
      text: say.viewAs(say.views[view]),
      do: () => (desk.options.view = view)
    })),
    ...TIME_MODES.map((mode) => ({
      id: `time-${mode}`,
      text: say.timeAs(say.times[mode]),
      do: () => (desk.options.time = mode)
    })),
    ...CONTROL_BYTES.map((way) => ({
      id: `controls-${way}`,
      text: say.controlBytes[way],
      do: () => (desk.options.controls = way)
    })),
    ...[undefined, ...DECODERS].map((kind) => ({
      id: `decoder-${kind?.id ?? 'none'}`,
      text: say.decodeAs(kind?.name ?? say.noDecoder),
      do: () => (desk.options.decoder = kind?.id)
    })),
    { id: 'forget', text: say.forget, isDisabled: isLost, do: frame.forget }
  ]
}

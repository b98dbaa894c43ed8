/** The commands that do something once and leave nothing behind: core's own. */
import type { Handlers, House } from './house.ts'

type PortCommands = Pick<Handlers, 'ports.list' | 'send' | 'reset' | 'doctor' | 'link.ways'>

export function portCommands({ core }: House): PortCommands {
  return {
    'ports.list': (args, _who, signal) => core.call('ports.list', args, signal),
    send: (args, _who, signal) => core.call('send', args, signal),
    reset: (args, _who, signal) => core.call('reset', args, signal),
    doctor: (args, _who, signal) => core.call('doctor', args, signal),
    'link.ways': (args, _who, signal) => core.call('link.ways', args, signal)
  }
}

/** The commands about the control of a share of another Farport that a link of ours uses: what the owner here wants of it there. */
import type { ServiceCommand } from '../../contract/service-commands.ts'
import type { Handlers, House } from './house.ts'

type LinkCommands = Pick<Handlers, 'link.ask' | 'link.take-over' | 'link.grant' | 'link.decline'>

export function linkCommands({ far }: Pick<House, 'far'>): LinkCommands {
  const there =
    (name: Extract<ServiceCommand, `control.${string}`>) =>
    async (
      { id, session }: { readonly id: string; readonly session?: number },
      _who: unknown,
      signal: AbortSignal
    ): Promise<Record<string, never>> => {
      await far.call(id, name, session, signal)
      return {}
    }
  return {
    'link.ask': there('control.ask'),
    'link.take-over': there('control.take-over'),
    'link.grant': there('control.grant'),
    'link.decline': there('control.decline')
  }
}

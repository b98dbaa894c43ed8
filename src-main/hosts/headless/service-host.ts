/** What a service is to its clients: no window, nothing that it could switch by itself, and perhaps a page for browsers. Called by serve.ts. */
import type { HostState } from '../../contract/host.ts'
import { bareHost, type Host } from '../../core/instance/host.ts'
import type { PageDoor } from './page-door.ts'

/** `log`: as HostState has it. */
export function serviceHost(page: PageDoor, log: string | undefined): Host {
  const bare = bareHost(log)
  return {
    change: (wish) => bare.change(wish),
    page,
    onChange: page.onChange,
    get state(): HostState {
      const { state: served } = page
      return { ...bare.state, ...(served && { page: served }) }
    }
  }
}

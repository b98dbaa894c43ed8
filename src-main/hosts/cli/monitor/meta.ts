import type { CaptureMeta } from '../../../capture/format.ts'
import type { FeedBegin } from './feed.ts'

/** What a file says of where it is from. */
export function metaOf({ name, port, computer, settings }: FeedBegin): CaptureMeta {
  return {
    name,
    port,
    ...(computer !== undefined && { computer }),
    ...(settings && { settings }),
    program: `Farport ${__FARPORT_VERSION__}`
  }
}

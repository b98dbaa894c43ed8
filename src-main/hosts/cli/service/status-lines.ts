import type { ServiceStatus } from './service-kind.ts'

/** One service, for people: a line for how it is, and one for where its log is. */
export function statusLines(status: ServiceStatus): string[] {
  const whose = status.scope === 'user' ? 'Your own service' : "The system's service"
  if (status.file === undefined) return [`${whose}: not installed.`]
  const is = [
    words(status),
    status.enabled === undefined ? '' : status.enabled ? 'starts by itself' : 'does not start by itself',
    status.version === undefined ? '' : `installed by version ${status.version}`,
    status.ours ? '' : 'not made by Farport'
  ].filter((each) => each !== '')
  return [
    `${whose}: ${is.join(', ')} (${status.file}).`,
    ...(status.detail === undefined ? [] : [`  ${status.detail}`]),
    `  log: ${status.log}`
  ]
}

function words({ state, since, pid }: ServiceStatus): string {
  const process = pid === undefined ? '' : `, process ${pid}`
  switch (state) {
    case 'running':
      return `running${since === undefined ? '' : ` since ${since}`}${process}`
    case 'starting':
      return `starting, or waiting to start again${process}`
    case 'failed':
      return 'failed'
    case 'stopped':
      return 'not running'
    case 'unknown':
      return 'nobody here says how it is (is systemd running?)'
  }
}

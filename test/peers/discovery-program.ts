/** Discovery as a program of its own, for tests in network namespaces: commands come in and states go out, a JSON value on each line. */
import { createInterface } from 'node:readline'
import { systemClock } from '../../src-main/base/clock.ts'
import type { Announcement } from '../../src-main/peers/discovery/discovery.ts'
import { openDiscovery } from '../../src-main/peers/discovery/open.ts'

export type Command = { announce: Announcement[] } | { refresh: true } | { close: true } | { memory: true }

const [hostname = 'box', ...interfaces] = process.argv.slice(2)
const tell = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

const discovery = openDiscovery({
  clock: systemClock,
  hostname,
  interfaces,
  onTrouble: (trouble) => tell({ trouble })
})
discovery.onChange(() => tell({ names: Object.fromEntries(discovery.names), heard: discovery.heard }))
createInterface(process.stdin).on('line', (line) => {
  const command = JSON.parse(line) as Command
  if ('announce' in command) discovery.announce(command.announce)
  else if ('refresh' in command) discovery.refresh()
  else if ('memory' in command) {
    globalThis.gc?.()
    tell({ memory: process.memoryUsage.rss(), cpu: process.cpuUsage(), entries: discovery.heard.length })
  } else void discovery.close().then(() => process.exit(0))
})
tell({ ready: true })

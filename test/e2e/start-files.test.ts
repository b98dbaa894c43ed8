/** What every start of the command reads: whoever adds to it makes all of them slower. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../dist/main/chunks')

/** Loading these takes milliseconds, and a port that nobody uses yet needs none of them. */
const LATER_BUILTINS = ['child_process', 'crypto', 'dgram', 'dns', 'dns/promises', 'http', 'https', 'tls']

/** Of what is only there for some ports, addresses or commands. */
const LATER_SOURCES = [
  'hosts/cli/help.ts',
  'ports/hardware.ts',
  'ports/comm-source.ts',
  'os/win32/',
  'ports/remote.ts',
  'ports/simulated/port.ts',
  'net/unix.ts',
  'net/udp.ts',
  'peers/',
  'store/',
  'traffic/decoders/'
]

/** In bytes: 100 kB take 3 ms. */
const MOST = 450_000

const read = (suffix: string): string => {
  const name = readdirSync(folder).find((each) => each.startsWith('start-') && each.endsWith(suffix))
  return readFileSync(join(folder, name ?? ''), 'utf8')
}

test('a start loads no more of Node than it needs', () => {
  const loaded = [...read('.js').matchAll(/^import .* from "node:(.*)";$/gm)].map(([, name]) => name)
  expect(loaded).toContain('net')
  expect(loaded.filter((each) => LATER_BUILTINS.includes(each ?? ''))).toEqual([])
})

test('a start loads what only some ports and commands need with these', () => {
  const { sources } = JSON.parse(read('.js.map')) as { readonly sources: readonly string[] }
  const ours = sources.map((each) => each.replace(/^.*\/src-main\//, ''))
  expect(ours).toContain('bridge/hub.ts')
  expect(ours.filter((each) => LATER_SOURCES.some((later) => each.startsWith(later)))).toEqual([])
  expect(read('.js').length).toBeLessThan(MOST)
})

/**
 * A Farport that stands still and is made up: the real page host and rpc server over a state and answers that a test writes down. For
 * what this computer cannot be: another system, another driver.
 */
import { join } from 'node:path'
import { systemClock } from '../../src-main/base/clock.ts'
import { Emitter } from '../../src-main/base/event.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { ServiceCommand } from '../../src-main/contract/service-commands.ts'
import { FRESH_SETTINGS } from '../../src-main/contract/settings.ts'
import type { StateTree } from '../../src-main/contract/state.ts'
import { PageHost } from '../../src-main/hosts/headless/page-host.ts'
import { PermittedService, type Backend } from '../../src-main/rpc/permitted.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { StateTopic } from '../../src-main/rpc/state-topic.ts'
import { atTestEnd } from '../e2e/at-test-end.ts'
import { temporaryFolder, TOP } from '../e2e/cli.ts'

export interface MadeUp {
  /** For a browser, good once. */
  readonly link: string
  /** What was asked for, but for what only reads. */
  readonly calls: (readonly [ServiceCommand, unknown])[]
}

/** `answers`: to each command that is not there, a Fault. Closed with the test. */
export async function madeUp(
  tree: Partial<StateTree>,
  answers: Partial<Record<ServiceCommand, (args: unknown) => unknown>>
): Promise<MadeUp> {
  const whole: StateTree = {
    bridges: {},
    rotators: {},
    self: { id: 'f'.repeat(64), name: 'desk', version: '1', since: 0, listening: [], faults: [] },
    peers: {},
    pairings: {},
    nearby: {},
    host: { kind: 'service', platform: 'linux' },
    ports: {},
    adapters: [],
    ...tree
  }
  const settings = { ...FRESH_SETTINGS, preferences: { ...FRESH_SETTINGS.preferences, introduced: true } }
  const calls: [ServiceCommand, unknown][] = []
  const topic = new StateTopic(() => whole, new Emitter<void>().event)
  const backend: Backend = {
    subscribe: (name, _args, _who, subscriber) =>
      name === 'state' ? topic.subscribe(subscriber) : { dispose: () => undefined },
    call: (name, args) => {
      if (name === 'settings.read') return Promise.resolve(settings)
      if (name !== 'link.ways') calls.push([name, args])
      const answer = answers[name]
      return answer
        ? Promise.resolve(answer(args))
        : Promise.reject(new Fault('unsupported', `Nobody made up an answer to ${name}.`))
    }
  }
  const host = await PageHost.open({
    host: '127.0.0.1',
    port: 0,
    folder: temporaryFolder(),
    files: join(TOP, 'dist/ui'),
    clock: systemClock,
    connect: (channel) =>
      void serve(channel, new PermittedService({ type: 'owner' }, backend, () => true), systemClock),
    report: () => undefined
  })
  atTestEnd(async () => {
    topic.dispose()
    await host.close()
  })
  return { link: host.link().url, calls }
}

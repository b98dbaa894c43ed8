/**
 * Whole files of long tests that count on what other systems have not, and were not run there yet: read before each file of the
 * projects real, measured and e2e (vitest.config.ts). Who makes one of them run there takes it from the list. What single tests lack
 * they say themselves, by need.ts.
 */
import { relative } from 'node:path'
import { beforeEach } from 'vitest'
import { currentFile, lacks } from '../peers/need.ts'

/** Their links are pseudo-terminals: so far Farport makes them on Linux alone. */
const TERMINALS: readonly string[] = [
  'e2e/attached-share',
  'e2e/attached',
  'e2e/control',
  'e2e/errors',
  'e2e/expect',
  'e2e/faults',
  'e2e/offers',
  'e2e/paired-share',
  'e2e/policy',
  'e2e/reset',
  'e2e/serve-reload',
  'e2e/serve-restart',
  'e2e/share',
  'e2e/endurance/waits',
  'page/port-actions'
]

/** They end programs by SIGTERM or SIGINT and see them end well, or stop them; Windows ends them as they are. */
const SIGNALS: readonly string[] = [
  'e2e/attached-follow',
  'e2e/doctor',
  'e2e/page',
  'e2e/pair',
  'e2e/serve-ends',
  'e2e/start',
  'e2e/udp'
]

const path = relative(`${import.meta.dirname}/..`, currentFile()?.filepath ?? '')
  .replaceAll('\\', '/')
  .replace(/\.test\.ts$/, '')

const isLacking =
  (TERMINALS.includes(path) && lacks.linux('pseudo-terminals')) ||
  (SIGNALS.includes(path) && lacks.unix('signals'))

if (isLacking) beforeEach(({ skip }) => skip('this system lacks what the file needs'))

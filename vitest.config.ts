import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'
import { TotalsReporter } from './test/totals-reporter.ts'

/** Those that measure: rates, memory, seconds. They have the machine to themselves, so that what they see is Farport. */
const MEASURING = [
  'test/e2e/hostile.test.ts',
  'test/e2e/bench.test.ts',
  'test/e2e/monitored.test.ts',
  'test/e2e/serve-memory.test.ts'
]

/** The same with `npm run test:e2e`: minutes of unplugging, crowds and silence. */
const ENDURING = ['test/e2e/endurance/**/*.test.ts']

/**
 * `npm run test:e2e`, since they would make `npm test` too long: the page, the app, its packages, whole networks, all of TLS, and what
 * has several Farports or a system's services start and end. One proof of each peer and of each command stays in `npm test`.
 */
const LONG = [
  'test/page/**/*.test.ts',
  'test/e2e/app.test.ts',
  'test/e2e/page-browser.test.ts',
  'test/e2e/pack.test.ts',
  'test/e2e/nearby.test.ts',
  'test/e2e/acceptance/**/*.test.ts',
  'test/peers/discovery-*.test.ts',
  'test/docs/docs.test.ts',
  'test/skips.test.ts',
  // Certificates of every kind, a connection each.
  'test/peers/tls.test.ts',
  'test/peers/certauth.test.ts',
  'test/peers/tls-client.test.ts',
  // `npm test` has peers/pair-certificates, e2e/paired-share and core/instance/pairing.
  'test/e2e/pair.test.ts',
  // e2e/attached-follow, and each call in core and rpc.
  'test/e2e/attached.test.ts',
  'test/e2e/attached-share.test.ts',
  // core/instance/control.
  'test/e2e/control.test.ts',
  // e2e/serve-restart and serve-ends, hosts/cli/service, core/instance/amended-live.
  'test/e2e/service.test.ts',
  'test/e2e/serve-reload.test.ts',
  // core/instance/reach-commands.
  'test/e2e/doctor.test.ts',
  // e2e/monitor-share, hosts/cli/monitor.
  'test/e2e/monitor.test.ts',
  // e2e/faults; here is a Farport for each line that can be said.
  'test/e2e/errors.test.ts',
  // ports/program-*.
  'test/e2e/exec.test.ts',
  // peers/import.
  'test/peers/import-entries.test.ts'
]

/** As if on another system, where one is named. */
const asIf = process.env.FARPORT_AS_IF ? ['test/as-if.ts'] : []

const real = {
  globalSetup: ['test/shim/global-setup.ts'],
  setupFiles: [...asIf, 'test/e2e/elsewhere.ts'],
  testTimeout: 30_000,
  hookTimeout: 30_000
}

export default defineConfig({
  test: {
    reporters: ['default', new TotalsReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...LONG,
            'test/docs/**',
            'test/peers/**',
            'test/e2e/**',
            'test/page/**',
            'test/renderer/**'
          ],
          globalSetup: ['test/shim/global-setup.ts'],
          setupFiles: asIf,
          // Only what hangs is to be ended by it: a busy machine takes three times as long for what takes 5 s.
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 }
        }
      },
      // The page's parts, in a document without a browser.
      {
        plugins: [svelte({ configFile: false }), svelteTesting()],
        test: {
          name: 'ui',
          include: ['test/renderer/**/*.test.ts'],
          environment: 'happy-dom',
          maxWorkers: 2,
          sequence: { groupOrder: 0 }
        }
      },
      // The built command and real programs: each test starts what it needs and waits for it, so two share the processors well.
      {
        test: {
          ...real,
          name: 'real',
          include: ['test/e2e/**/*.test.ts', 'test/peers/**/*.test.ts'],
          exclude: [...MEASURING, ...ENDURING, ...LONG],
          maxWorkers: 2,
          sequence: { groupOrder: 1 }
        }
      },
      // Only what hangs is to be ended: browsers on a busy machine take five times as long.
      {
        test: {
          ...real,
          name: 'e2e',
          include: LONG,
          testTimeout: 90_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 }
        }
      },
      { test: { ...real, name: 'measured', include: MEASURING, maxWorkers: 1, sequence: { groupOrder: 2 } } },
      {
        test: {
          ...real,
          name: 'endurance',
          include: ENDURING,
          // Those that mostly wait wait together.
          maxConcurrency: 16,
          maxWorkers: 1,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
})

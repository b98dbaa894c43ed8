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

/** The page, the app, its packages, whole networks and all of TLS: `npm run test:e2e`, since they would make `npm test` too long. */
const LONG = [
  'test/page/**/*.test.ts',
  'test/e2e/app.test.ts',
  'test/e2e/page-browser.test.ts',
  'test/e2e/pack.test.ts',
  'test/e2e/nearby.test.ts',
  'test/e2e/acceptance/**/*.test.ts',
  'test/peers/discovery-*.test.ts',
  'test/docs/docs.test.ts',
  // Certificates of every kind, a connection each.
  'test/peers/tls.test.ts',
  'test/peers/certauth.test.ts'
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
          exclude: ['test/docs/**', 'test/peers/**', 'test/e2e/**', 'test/page/**', 'test/renderer/**'],
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

import { defineConfig } from 'vitest/config'
import { TotalsReporter } from './test/totals-reporter.ts'

export default defineConfig({
  test: {
    reporters: ['default', new TotalsReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/peers/**', 'test/e2e/**'],
          globalSetup: ['test/shim/global-setup.ts']
        }
      },
      // The built command and real programs: each test starts what it needs, so these take longer.
      {
        test: {
          name: 'real',
          include: ['test/e2e/**/*.test.ts', 'test/peers/**/*.test.ts'],
          globalSetup: ['test/shim/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Those that mostly wait (e2e/endurance) wait together.
          maxConcurrency: 16
        }
      }
    ]
  }
})

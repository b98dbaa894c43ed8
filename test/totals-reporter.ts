import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { isUnexcused, lacksOf } from './skips.ts'

/**
 * The last lines of a run: the skipped tests by name with what they lack and the way to run them, and the totals. With
 * FARPORT_INSTALL_PEERS=1 a skipped test fails the run, unless skips.ts excuses it.
 */
export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const skipped = tests.filter((test) => test.result().state === 'skipped')
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const failed = tests.filter((test) => test.result().state === 'failed').length
    // After the other reporters' summary, which is printed in this same turn.
    process.once('exit', () => {
      for (const line of skippedLines(skipped)) console.log(line)
      console.log(`tests: ${passed} passed, ${failed} failed, ${skipped.length} skipped`)
      if (process.env.FARPORT_INSTALL_PEERS !== '1') return
      const unexcused = skipped.filter((test) => isUnexcused(lacksOf(test)))
      if (unexcused.length === 0) return
      console.log(
        `${unexcused.length} of the skipped ones can run on this system, and shall: see test/skips.ts`
      )
      process.exitCode = 1
    })
  }
}

function skippedLines(skipped: readonly TestCase[]): string[] {
  if (skipped.length === 0) return []
  const way =
    process.platform === 'linux'
      ? [
          'To install what they need and run every test, as root on Debian or Ubuntu: FARPORT_INSTALL_PEERS=1 npm test'
        ]
      : []
  const files = new Map<string, TestCase[]>()
  for (const test of skipped) {
    const { relativeModuleId: file } = test.module
    files.set(file, [...(files.get(file) ?? []), test])
  }
  return [
    'Skipped, for want of what stands behind their file:',
    ...[...files].flatMap(([file, tests]) => [
      `  ${file} (${
        lacksOf(tests[0]!)
          .map(({ what }) => what)
          .join('; ') || 'it does not say why'
      })`,
      ...tests.map((test) => `    ${test.fullName}`)
    ]),
    ...way
  ]
}

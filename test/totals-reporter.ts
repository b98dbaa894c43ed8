import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * The last lines of a run: the skipped tests by name with the way to run them, and the totals. With
 * FARPORT_INSTALL_PEERS=1 everything is there to run every test, so a skipped one fails the run.
 */
export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const skipped = tests.filter((test) => test.result().state === 'skipped')
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const failed = tests.filter((test) => test.result().state === 'failed').length
    // After the other reporters' summary, which is printed in this same turn.
    process.once('exit', () => {
      for (const line of this.#skippedLines(skipped)) console.log(line)
      console.log(`tests: ${passed} passed, ${failed} failed, ${skipped.length} skipped`)
      if (skipped.length > 0 && process.env.FARPORT_INSTALL_PEERS === '1') process.exitCode = 1
    })
  }

  #skippedLines(skipped: readonly TestCase[]): string[] {
    if (skipped.length === 0) return []
    return [
      'Skipped, because a program they talk to is missing, or they need root:',
      ...skipped.map((test) => `  ${test.module.relativeModuleId}: ${test.fullName}`),
      'To install these programs and run every test, as root on Debian or Ubuntu: FARPORT_INSTALL_PEERS=1 npm test'
    ]
  }
}

/** The linter's look at the page's components with the rules that need types. It takes a minute, so test/page/lint.test.ts has it. */
import { whole } from './eslint.config.js'

// Everything else has been looked at with these rules already.
export default [...whole, { ignores: ['**/*.ts', '**/*.js', '**/*.mjs'] }]

/** The linter's look at the page's components with the rules that need types. It takes a minute, so test/page/lint.test.ts has it. */
export { whole as default } from './eslint.config.js'

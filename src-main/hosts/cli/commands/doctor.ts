import type { Finding } from '../../../contract/findings.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'
import { withCore } from '../with-core.ts'

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  problem: 'PROBLEM '
}

/** `farport doctor`: what stands in the way of sharing here, each with its fix. Exit code 3 when something does. */
export const doctor: CliCommand = async (args, io) => {
  const { given } = parse(args, {}, 0)
  const findings = await withCore(io, 'warnings', (core) => core.call('doctor', {}))
  if (flag(given, 'json')) io.print(JSON.stringify(findings))
  else
    for (const finding of findings) {
      io.print(`${MARKS[finding.level]}${finding.subject}: ${finding.message}`)
      if (finding.fix !== undefined) io.print(`        → ${finding.fix}`)
    }
  return findings.some((finding) => finding.level === 'problem') ? EXIT.device : EXIT.done
}

import type { Finding } from '../../../contract/findings.ts'
import type { CliCommand } from '../cli-io.ts'
import { EXIT } from '../exit.ts'
import { flag, parse } from '../options.ts'

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  problem: 'PROBLEM '
}

/** `farport doctor`: what stands in the way of sharing here, each with its fix. Exit code 3 when something does. */
export const doctor: CliCommand = async (args, io) => {
  const { given } = parse(args, {}, 0)
  const { examine } = await import('../../../core/doctor.ts')
  const { serviceStatuses } = await import('./service.ts')
  const findings = await examine({ version: __FARPORT_VERSION__, services: await serviceStatuses() })
  if (flag(given, 'json')) io.print(JSON.stringify(findings))
  else
    for (const finding of findings) {
      io.print(`${MARKS[finding.level]}${finding.subject}: ${finding.message}`)
      if (finding.fix !== undefined) io.print(`        → ${finding.fix}`)
    }
  return findings.some((finding) => finding.level === 'problem') ? EXIT.device : EXIT.done
}

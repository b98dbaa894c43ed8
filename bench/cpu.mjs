/** What a process has cost, as the kernel counts it. Called by run.mjs. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

let ticks

/** Clock ticks per second: the unit of proc(5), 10 ms on every usual kernel. */
function ticksPerSecond() {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ticks
}

/** User and system time of a process with all its threads (proc(5), stat, fields 14 and 15); 0 when it is gone. */
export function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in field 2 may hold spaces and brackets; the fields behind its last bracket are plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond()
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0
    throw error
  }
}

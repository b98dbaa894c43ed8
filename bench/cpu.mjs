/** What a process costs, as the kernel counts it. Called by seats.mjs. */
import { readFileSync, readdirSync } from 'node:fs'

/** User and system time of a process with all threads that it has, exact to the ns: proc(5), schedstat. 0 when it is gone. */
export function cpuSeconds(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + threadSeconds(pid, thread), 0)
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0
    throw error
  }
}

function threadSeconds(pid, thread) {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
  return Number(nanoseconds) / 1e9
}

/** What a process has in memory, in MiB, what it shares with others included (proc(5), status). */
export function residentMebibytes(pid) {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match[1]) / 1024
}

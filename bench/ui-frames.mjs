/**
 * What a page costs: the frames as whoever looks sees them, and the work of its main thread for each, in processor time, so that what else
 * runs on this machine is not in it. Called by ui.mjs and by test/page/speed.test.ts.
 */

/** RunTask is what the main thread does; the marks tell one frame from the next. */
const CATEGORIES = ['disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame']

/**
 * Does `act` on the page, which should take some seconds. Resolves with milliseconds: `intervals` between frames, `work` of the main thread
 * from one frame to the next, `tasks`, and `busy`, the part of the time in which it worked.
 */
export async function framesDuring(page, act) {
  const browser = page.context().browser()
  await page.evaluate(startCounting)
  await browser.startTracing(page, { categories: CATEGORIES })
  await act()
  const trace = JSON.parse((await browser.stopTracing()).toString())
  const intervals = await page.evaluate(() => globalThis.__frames.end())
  return { intervals, ...workIn(trace.traceEvents) }
}

/** Runs in the page. */
function startCounting() {
  const intervals = []
  let before
  let isOver = false
  const count = (now) => {
    if (before !== undefined) intervals.push(now - before)
    before = now
    if (!isOver) requestAnimationFrame(count)
  }
  requestAnimationFrame(count)
  globalThis.__frames = {
    end: () => {
      isOver = true
      return intervals
    }
  }
}

/** Of the page's process: the one that worked most. */
function workIn(events) {
  const threads = new Map()
  for (const { ph, name, args, pid, tid } of events)
    if (ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain')
      threads.set(`${pid} ${tid}`, { tasks: [], marks: [] })
  for (const { name, pid, tid, ts, dur = 0, tdur = 0 } of events) {
    const thread = threads.get(`${pid} ${tid}`)
    if (name === 'RunTask') thread?.tasks.push({ ts, end: ts + dur, ms: tdur / 1000 })
    if (name === 'BeginMainThreadFrame') thread?.marks.push(ts)
  }
  const all = [...threads.values()].sort((a, b) => sum(b) - sum(a))
  const { tasks, marks } = all[0] ?? { tasks: [], marks: [] }
  tasks.sort((a, b) => a.ts - b.ts)
  marks.sort((a, b) => a - b)
  const span = tasks.length > 0 ? (tasks.at(-1).end - tasks[0].ts) / 1000 : 0
  return {
    work: workOfFrames(tasks, marks),
    tasks: tasks.map(({ ms }) => ms),
    busy: span > 0 ? sum({ tasks }) / span : 0
  }
}

const sum = ({ tasks }) => tasks.reduce((total, { ms }) => total + ms, 0)

/** Of each: its own task, in which its mark stands, and all since the one before. */
function workOfFrames(tasks, marks) {
  const work = []
  let [own, mark] = [0, 0]
  for (const { end, ms } of tasks) {
    own += ms
    if (mark === marks.length || marks[mark] > end) continue
    while (mark < marks.length && marks[mark] <= end) mark += 1
    work.push(own)
    own = 0
  }
  return work
}

/** The value below which so much of them is; undefined of none. */
export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}

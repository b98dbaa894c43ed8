/** What is done to the list of a monitor while its frames are counted. Called by monitor.mjs; the stage is test/renderer/monitor-stage. */

const fill = (page, { rows }) => page.evaluate((rows) => globalThis.stage.fill(rows), rows)

/** As a wheel does it: some rows with each frame; and as somebody who drags the bar, all the way down and up again. */
function scroll(page, { ms }, pxPerMs) {
  return page.evaluate(
    ([ms, pxPerMs]) =>
      new Promise((resolve) => {
        const scroller = document.querySelector('.scroller')
        const speed = pxPerMs ?? scroller.scrollHeight / (ms / 2)
        scroller.scrollTop = 0
        const begin = performance.now()
        let before = begin
        const step = (now) => {
          if (now - begin > ms) {
            resolve()
            return
          }
          const isDown = now - begin < ms / 2
          scroller.scrollTop += (isDown ? speed : -speed) * (now - before)
          before = now
          requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      }),
    [ms, pxPerMs]
  )
}

const flow = (page, { ms }) => page.evaluate((ms) => globalThis.stage.flow(20_000, ms), ms)

async function view(page, name) {
  await page.evaluate((name) => (globalThis.stage.desk.options.view = name), name)
  await page.evaluate(async () => {
    const { traffic } = globalThis.stage.desk
    do await new Promise((resolve) => requestAnimationFrame(resolve))
    while (!traffic.isCut)
  })
}

/** MB that the page has now: its heap, and the memory of its arrays, where the recording is. */
function memory(page) {
  return page.evaluate(() => {
    globalThis.gc?.()
    return performance.memory.usedJSHeapSize / 1e6
  })
}

/** From the filter to the first rows of it that are drawn, in ms; the best and the worst of some. */
async function filters(page) {
  const took = await page.evaluate(async () => {
    const { desk } = globalThis.stage
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const took = []
    for (const filter of ['dir:rx', 'text:"99"', 'len>20', 'hex:4F 4B', 'dir:tx text:"7"', 'text:"12345"']) {
      desk.options.filter = ''
      for (let i = 0; i < 20; i++) await frame()
      const begin = performance.now()
      desk.options.filter = filter
      do await frame()
      while (desk.filtering.matching === undefined || desk.shown.count === 0)
      await frame()
      took.push(performance.now() - begin)
      while (desk.filtering.isSearching) await frame()
    }
    desk.options.filter = ''
    return took
  })
  return `first screen after ${Math.min(...took).toFixed(0)} to ${Math.max(...took).toFixed(0)} ms`
}

export const CASES = [
  {
    name: 'wheel',
    title: '1,000,000 rows, a wheel',
    prepare: fill,
    act: (page, size) => scroll(page, size, 2)
  },
  {
    name: 'bar',
    title: '1,000,000 rows, the bar from end to end',
    prepare: fill,
    act: (page, size) => scroll(page, size)
  },
  {
    name: 'hexBar',
    title: '1,000,000 rows in hex, the bar from end to end',
    prepare: async (page, size) => {
      await fill(page, size)
      await view(page, 'hex')
    },
    act: (page, size) => scroll(page, size)
  },
  { name: 'follow', title: '20,000 rows a second, followed', act: flow },
  {
    name: 'followHex',
    title: '20,000 rows a second in hex, followed',
    prepare: (page) => view(page, 'hex'),
    act: flow
  },
  {
    name: 'read',
    title: '20,000 rows a second, read further up',
    prepare: async (page, size) => {
      await fill(page, { rows: size.rows / 10 })
      await page.locator('.scroller').press('Home')
    },
    act: async (page, size) => {
      await flow(page, size)
      return `top row ${await page
        .locator('.row')
        .first()
        .innerText()
        .then((text) => text.trim().split(/\s+/).slice(0, 1).join(' '))}`
    }
  },
  { name: 'filter', title: '1,000,000 rows, filtered', prepare: fill, act: filters },
  {
    name: 'push',
    title: '2 GB through an open window',
    isLong: true,
    act: async (page, { bytes }) => {
      const rates = []
      const heaps = []
      for (let part = 0; part < 8; part++) {
        rates.push(await page.evaluate((bytes) => globalThis.stage.push(bytes), bytes / 8))
        heaps.push(await memory(page))
      }
      const rate = rates.reduce((sum, each) => sum + each, 0) / rates.length
      return `${rate.toFixed(0)} MB/s, heap after each eighth ${heaps.map((each) => each.toFixed(0)).join(', ')} MB`
    }
  }
]

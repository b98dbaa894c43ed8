/** What somebody does on the page while its frames are counted. Called by ui.mjs; `act` takes about as many ms as it is told. */

const wait = (page, ms) => page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), ms)

const go = (page, name) => page.locator('nav a', { hasText: name }).click()

/** Where a case begins. */
export const PLACES = {
  computer: async (page) => {
    await go(page, 'This computer')
    await page.locator('.ports [data-row]').first().waitFor()
    await page.evaluate(() => document.querySelector('main').scrollTo(0, 0))
    await wait(page, 500)
  },
  network: async (page) => {
    await go(page, 'Network')
    await page.getByText('console-10').first().waitFor({ state: 'attached' })
    await page.evaluate(() => document.querySelector('main').scrollTo(0, 0))
    await wait(page, 1500)
  }
}

/** Down and up again, some rows in each tenth of a second, as a wheel does it: 1800 px/s. */
async function scroll(page, ms) {
  await page.evaluate(
    (ms) =>
      new Promise((resolve) => {
        const main = document.querySelector('main')
        const begin = performance.now()
        let before = begin
        const step = (now) => {
          if (now - begin > ms) {
            resolve()
            return
          }
          const isDown = now - begin < ms / 2
          main.scrollTop += (isDown ? 1.8 : -1.8) * (now - before)
          before = now
          requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      }),
    ms
  )
}

async function search(page, ms, text) {
  const field = page.locator('input[type=search]')
  await field.focus()
  const end = Date.now() + ms
  while (Date.now() < end) {
    await page.keyboard.type(text, { delay: 90 })
    for (const _ of text) {
      await page.keyboard.press('Backspace')
      await wait(page, 60)
    }
  }
}

export const CASES = [
  { name: 'idle', title: 'the list of ports', place: 'computer', act: wait },
  { name: 'scroll', title: 'scrolling the ports', place: 'computer', act: scroll },
  {
    name: 'search',
    title: 'searching the ports',
    place: 'computer',
    act: (page, ms) => search(page, ms, 'rack17-0')
  },
  {
    name: 'drawer',
    title: 'drawers one after the other',
    place: 'computer',
    act: async (page, ms) => {
      const end = Date.now() + ms
      for (let turn = 0; Date.now() < end; turn++) {
        await page.evaluate((turn) => {
          const rows = document.querySelectorAll('.ports [data-row]')
          rows[turn % Math.min(6, rows.length)].click()
        }, turn)
        await wait(page, 300)
      }
      await page.keyboard.press('Escape')
    }
  },
  {
    name: 'pages',
    title: 'from page to page',
    place: 'computer',
    act: async (page, ms) => {
      const end = Date.now() + ms
      while (Date.now() < end)
        for (const name of ['Network', 'Connections', 'Settings', 'This computer']) {
          await go(page, name)
          await wait(page, 300)
        }
    }
  },
  { name: 'network', title: 'the network', place: 'network', act: wait },
  { name: 'networkScroll', title: 'scrolling the network', place: 'network', act: scroll },
  {
    name: 'networkSearch',
    title: 'searching the network',
    place: 'network',
    act: (page, ms) => search(page, ms, 'lab-17')
  }
]

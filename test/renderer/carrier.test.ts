import { afterEach, describe, expect, it, vi } from 'vitest'
import { openChannel } from '../../src-renderer/carrier.ts'

/** Nobody is there. */
class NoSocket extends EventTarget {
  static readonly closed: string[] = []
  readonly #url: string

  constructor(url: URL) {
    super()
    this.#url = String(url)
    queueMicrotask(() => this.dispatchEvent(new Event('close')))
  }

  close(): void {
    NoSocket.closed.push(this.#url)
  }
}

describe('the way to the core', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('leaves nothing of its tries at the page, however long nobody answers', async () => {
    vi.stubGlobal('WebSocket', NoSocket)
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('nobody there')))
    const page = new AbortController()
    for (let time = 0; time < 50; time++)
      await expect(openChannel(page.signal)).rejects.toMatchObject({ code: 'peer-unreachable' })
    page.abort()
    expect(NoSocket.closed).toEqual([])
  })
})

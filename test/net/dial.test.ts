import { expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { ListenOptions } from '../../src-main/net/carrier.ts'
import type { Connection, Listener } from '../../src-main/net/connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { ended } from '../suites/connection.ts'

async function listening(url: string, options?: ListenOptions): Promise<Listener> {
  const listener = await listen(parseEndpoint(url, 'listen'), options)
  onTestFinished(() => listener.close(DONE))
  return listener
}

async function dialled(url: string): Promise<Connection> {
  const connection = await dial(parseEndpoint(url))
  onTestFinished(() => connection.abort(DONE))
  return connection
}

it('keeps the protocol of a listener in its URL, with the real port', async () => {
  const listener = await listening('rfc2217://127.0.0.1:0')
  expect(listener.url).toMatch(/^rfc2217:\/\/127\.0\.0\.1:[1-9]\d*$/)
})

it.each([
  [true, 'GET / HTTP/1.1\r\n', 'refused'],
  [undefined, 'GET / HTTP/1.1\r\n', 'refused'],
  [false, 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\n'],
  [true, 'AT\r', 'AT\r']
])('with the HTTP guard %s, %j ends in %j', async (httpGuard, sent, result) => {
  const listener = await listening('raw://127.0.0.1:0', { httpGuard })
  const accepted = once(listener.onConnection)
  const near = await dialled(listener.url)
  const far = await accepted
  onTestFinished(() => far.abort(DONE))
  const end = ended(far).then(({ code }) => code)
  const data = once(far.onData).then((chunk) => Buffer.from(chunk).toString())
  far.resume()
  near.write(Buffer.from(sent))
  expect(await Promise.race([end, data])).toBe(result)
})

it.each(['raw+tls://127.0.0.1:1', 'rfc2217+tls://127.0.0.1:1'])(
  '%s is not served yet, and that is said',
  async (url) => {
    const refusal = { code: 'unsupported', message: expect.stringContaining(url) as string }
    await expect(dial(parseEndpoint(url))).rejects.toMatchObject(refusal)
    await expect(listen(parseEndpoint(url, 'listen'))).rejects.toMatchObject(refusal)
  }
)

it('does not listen where others could come who were not allowed', async () => {
  await expect(listen(parseEndpoint('raw://0.0.0.0:0', 'listen'))).rejects.toMatchObject({
    code: 'allow-missing'
  })
  const listener = await listening('raw://0.0.0.0:0', { allowList: new AllowList(['loopback']) })
  expect(listener.url).toMatch(/^raw:\/\/0\.0\.0\.0:\d+$/)
})

import { onTestFinished } from 'vitest'
import { Share } from '../../../src-main/bridge/share.ts'
import { parseEndpoint } from '../../../src-main/net/endpoint.ts'
import { listenTcp } from '../../../src-main/net/tcp.ts'
import { MemoryPortSource } from '../../../src-main/ports/memory.ts'
import { RemoteSource } from '../../../src-main/sessions/remote-source.ts'

/** A device with settings, behind an rfc2217 address of its own; it writes down what it is told. Closed with the test. */
export interface FarDevice {
  readonly source: MemoryPortSource
  readonly url: string
  /** Whoever is connected loses it. */
  readonly unplug: () => void
}

export async function farDevice(source = new MemoryPortSource()): Promise<FarDevice> {
  const listener = await listenTcp(parseEndpoint('rfc2217://127.0.0.1:0', 'listen'))
  const sources = [new RemoteSource(listener, 'rfc2217')]
  const share = new Share({
    id: '1',
    name: 'device',
    port: source,
    sources,
    settings: {},
    keepSettings: true
  })
  onTestFinished(() => share.close(0).then(() => undefined))
  const unplug = (): void =>
    void share.disconnect(undefined, { code: 'unplugged', message: 'the device was unplugged' })
  return { source, url: listener.url, unplug }
}

/** Discovery with a real avahi-daemon at the far end of a cable. */
import { describe, expect, it } from 'vitest'
import { lacksNetworks, Network } from '../e2e/endurance/network.ts'
import { Avahi, lacksAvahi } from './avahi.ts'

describe.skipIf(lacksNetworks || lacksAvahi)('avahi', () => {
  it('is heard by avahi', async () => {
    const network = new Network()
    const [here, there] = await Promise.all([
      Avahi.start((...all) => network.here(...all), { hostname: 'alice' }),
      Avahi.start((...all) => network.there(...all), { hostname: 'bob' })
    ])
    await here.publish('Rack 2.1 ü', '_iostream._tcp', 7000, 'provider=x y', 'gensiostack=tcp')
    const found = await there.finds('_iostream._tcp', (all) => all.some((each) => each.host))
    expect(found).toContainEqual(
      expect.objectContaining({ name: 'Rack 2.1 ü', host: 'alice.local', port: 7000, interface: 'far' })
    )
  })
})

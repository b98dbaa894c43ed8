// A man in the middle: takes connections with a certificate of his own, and relays what is in them. KEY CERTIFICATE PORT TO-HOST TO-PORT
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:tls'

const [key, cert, port, host, toPort] = process.argv.slice(2)
const own = {
  key: readFileSync(key),
  cert: readFileSync(cert),
  minVersion: 'TLSv1.3',
  ALPNProtocols: ['farport/1'],
  rejectUnauthorized: false
}
const server = createServer({ ...own, requestCert: true }, (near) => {
  const far = connect({ ...own, host, port: Number(toPort) })
  for (const [from, to] of [
    [near, far],
    [far, near]
  ]) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
})
server.listen(Number(port), () => console.log('relaying'))

/**
 * What systemd does for Farport's helper in the guest, which has none: listens at /run/farport-usb.sock for one group, and starts the script
 * for each connection as root without any capability, the connection being its standard input.
 *
 *   usb-inetd.mjs GROUP_ID
 */
import { spawn } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import { createServer } from 'node:net'

const SOCKET = '/run/farport-usb.sock'
const HELPER = '/usr/local/lib/farport/usb-helper'
const NOTHING = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs']

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (connection) => {
  const helper = spawn('setpriv', [...NOTHING, '/bin/sh', HELPER], {
    stdio: [connection, 'inherit', 'inherit']
  })
  helper.on('exit', (code) => console.log(`helper ended with ${code}`))
  // Closed here only: the helper and the kernel have it.
  connection.destroy()
})
server.listen(SOCKET, () => {
  chmodSync(SOCKET, 0o660)
  chownSync(SOCKET, 0, Number(process.argv[2]))
  console.log('listening')
})

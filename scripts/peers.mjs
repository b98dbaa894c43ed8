/**
 * With FARPORT_INSTALL_PEERS=1, installs the programs that the tests talk to, by apt, as root on Debian or Ubuntu. Without,
 * and on Windows and macOS, which have none of them, does nothing: each test that misses a program then names itself as skipped
 * (test/skips.ts).
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** program → package */
const PEERS = {
  '/usr/sbin/ser2net': 'ser2net',
  '/usr/bin/socat': 'socat',
  '/usr/bin/gensiot': 'gensio-bin',
  '/usr/lib/python3/dist-packages/serial': 'python3-serial',
  '/usr/lib/python3/dist-packages/gensio.py': 'python3-gensio',
  '/usr/bin/python3': 'python3',
  '/usr/bin/minicom': 'minicom',
  '/usr/bin/cc': 'gcc',
  '/usr/include/stdio.h': 'libc6-dev',
  '/usr/bin/setpriv': 'util-linux',
  '/usr/lib/systemd/systemd': 'systemd',
  '/usr/bin/kermit': 'ckermit',
  '/usr/sbin/cyclades-ser-cli': 'cyclades-serial-client',
  '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
  '/usr/bin/telnet': 'inetutils-telnet',
  '/usr/bin/telnet-ssl': 'telnet-ssl',
  '/usr/bin/nc': 'netcat-openbsd',
  '/usr/bin/expect': 'expect',
  '/usr/bin/avrdude': 'avrdude',
  '/usr/bin/ipmitool': 'ipmitool',
  '/usr/bin/ipmi_sim': 'openipmi',
  '/usr/sbin/ip': 'iproute2',
  '/usr/bin/strace': 'strace',
  '/usr/bin/openssl': 'openssl',
  '/usr/sbin/avahi-daemon': 'avahi-daemon',
  '/usr/bin/avahi-browse': 'avahi-utils',
  '/usr/bin/dbus-daemon': 'dbus',
  '/usr/bin/chromium': 'chromium',
  '/usr/bin/mbpoll': 'mbpoll',
  '/usr/sbin/usbip': 'usbip',
  // It reads our capture files, with capinfos of the package below. Without recommended packages nothing asks who may capture.
  '/usr/bin/tshark': 'tshark',
  '/usr/bin/capinfos': 'wireshark-common',
  '/usr/lib/python3/dist-packages/pymodbus': 'python3-pymodbus',
  '/usr/lib/python3/dist-packages/pynmea2': 'python3-nmea2',
  '/usr/lib/python3/dist-packages/serial_asyncio': 'python3-serial-asyncio'
}

if (process.env.FARPORT_INSTALL_PEERS === '1' && process.platform === 'linux') {
  const missing = Object.entries(PEERS)
    .filter(([path]) => !existsSync(path))
    .map(([, name]) => name)
  if (missing.length > 0) install(missing)
}

function install(packages) {
  if (process.getuid?.() !== 0)
    fail('FARPORT_INSTALL_PEERS=1 installs programs and needs root: run it with sudo.')
  console.log(`Installing the programs that the tests talk to: ${packages.join(', ')} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args) =>
    spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  if (!run('-q', 'update') || !run('-q', '-y', '--no-install-recommends', 'install', ...packages))
    fail(`apt-get could not install ${packages.join(' ')}; its messages above say why.`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

/**
 * A systemd of the test's own: the real one, in namespaces (processes, mounts, network, cgroups) where it is the first process,
 * sees only the units that are put there, and changes nothing outside. Needs root.
 */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import { atTestEnd } from './at-test-end.ts'
import { Program, TOP, temporaryFolder, type Ended } from './cli.ts'

const SYSTEMD = '/usr/lib/systemd/systemd'
const UNSHARE = [
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--net',
  '--ipc',
  '--cgroup',
  '--mount-proc',
  '--kill-child'
]

/** Where the built command lies in there, readable by all. */
export const INSTALLED = '/opt/farport/dist/main/farport.js'
export const NODE = '/opt/node'

/** What stands below /etc, /var, /opt and /root in there is a copy on write. */
const SETUP = `
set -e
scratch=$1; node=$2; top=$3
mount -t tmpfs -o mode=755 tmpfs "$scratch"
for each in etc var opt root; do
  mkdir -p "$scratch/$each.new" "$scratch/$each.work" /$each
  mount -t overlay -o "lowerdir=/$each,upperdir=$scratch/$each.new,workdir=$scratch/$each.work" overlay /$each
done
mkdir -p /opt/farport/dist /opt/farport/node_modules
cp -r "$top/dist/main" /opt/farport/dist/
cp -r "$top/assets" "$top/package.json" /opt/farport/
cp -r "$top/node_modules/koffi" "$top/node_modules/@koromix" /opt/farport/node_modules/
cp "$node" /opt/node
chmod -R a+rX /opt/farport /opt/node
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /run/lock /run/user/0
umount -R /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
if grep -q name=systemd /proc/self/cgroup; then
  mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
else
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
ip link set lo up
rm -rf /etc/systemd/system/*
for each in basic sysinit multi-user shutdown; do
  printf '[Unit]\\nDefaultDependencies=no\\n' > /etc/systemd/system/$each.target
done
exec env -i PATH="$PATH" container=other SYSTEMD_UNIT_PATH=/etc/systemd/system ${SYSTEMD} --system --unit=multi-user.target --log-target=null --show-status=no
`

/** True where nobody may have a systemd of his own. */
export function lacksOwnSystemd(): boolean {
  if (lacks.root('to start a systemd') || lacks('unshare', 'nsenter', 'ip')) return true
  const [command = '', ...args] = UNSHARE
  const mayMount = (): boolean =>
    spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/run']).status === 0
  return lacks.part(existsSync(SYSTEMD), 'systemd') || lacks.part(mayMount(), 'the right to mount')
}

export interface OwnSystemd {
  /** Runs a command in there, to its end. */
  run(...command: readonly string[]): Promise<Ended>
  /** The built `farport` in there. */
  farport(...args: readonly string[]): Promise<Ended>
  write(path: string, text: string): Promise<void>
}

export async function ownSystemd(): Promise<OwnSystemd> {
  const folder = temporaryFolder()
  const script = join(folder, 'setup')
  writeFileSync(script, SETUP)
  const [command = '', ...args] = UNSHARE
  const outside = new Program(command, [...args, 'sh', script, folder, process.execPath, TOP])
  // unshare leaves SIGTERM to its child, and systemd would shut down in good order.
  atTestEnd(() => outside.stop('SIGKILL'))
  const pid = await eventually(() => {
    if (outside.process.exitCode !== null) throw new Error(outside.stderr)
    const first = readFileSync(`/proc/${outside.process.pid}/task/${outside.process.pid}/children`, 'utf8')
    if (readFileSync(`/proc/${Number(first)}/comm`, 'utf8') !== 'systemd\n') throw new Error(outside.stderr)
    return String(Number(first))
  })
  const run = (...inside: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const enter = ['--target', pid, '--mount', '--pid', '--net', '--ipc', '--cgroup']
      const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root']
      // The serial shim of these tests may lie where it cannot be seen in there.
      const env = { PATH: process.env.PATH }
      execFile('nsenter', [...enter, ...clean, ...inside], { env }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
        resolve({ code, signal: null, stdout, stderr })
      })
    })
  await eventually(async () => {
    const { stdout } = await run('systemctl', 'is-active', 'multi-user.target')
    if (stdout !== 'active\n') throw new Error(`systemd does not get up: ${stdout}`)
  })
  return {
    run,
    farport: (...inside) => run(NODE, INSTALLED, ...inside),
    write: async (path, text) => {
      const ended = await run(
        'sh',
        '-c',
        'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"',
        'sh',
        path,
        text
      )
      if (ended.code !== 0) throw new Error(ended.stderr)
    }
  }
}

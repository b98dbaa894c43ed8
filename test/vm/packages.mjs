/**
 * What the virtual machine is made of: QEMU, which has to be installed, and a Debian kernel, busybox and udev, which are
 * downloaded as packages and unpacked into a cache, installed nowhere. Called by run.mjs.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export const QEMU = 'qemu-system-x86_64'

/** What the guest loads, with what these need in turn. */
const MODULES = [
  'virtio_pci',
  '9pnet_virtio',
  '9p',
  'overlay',
  'virtio_net',
  'ohci-pci',
  'ftdi_sio',
  'cdc-acm',
  'vhci-hcd'
]

/** Throws with what to install. */
export function needQemu() {
  if (process.arch !== 'x64' || process.platform !== 'linux')
    throw new Error('This test needs Linux on an x86-64 processor.')
  if (runs(QEMU, '--version') && runs('dpkg', '--version') && runs('apt-get', '--version')) return
  if (process.env.FARPORT_INSTALL_PEERS !== '1')
    throw new Error(
      `${QEMU} is missing: install it (Debian 12: apt-get install qemu-system-x86), or run this as root with FARPORT_INSTALL_PEERS=1.`
    )
  if (process.getuid() !== 0)
    throw new Error('FARPORT_INSTALL_PEERS=1 installs QEMU and needs root: run it with sudo.')
  console.log('Installing QEMU …')
  apt('-q', 'update')
  apt('-q', '-y', '--no-install-recommends', 'install', 'qemu-system-x86')
}

/**
 * Downloads what is not in `cache` yet. Answers {kernel, busybox, modules, layer}: files, the modules in loading order, and the
 * folder with udev in it.
 */
export function unpack(cache) {
  // Named after what is wanted: a list that changed makes a cache of its own, complete or not at all.
  const ready = join(cache, `ready-${digest(MODULES.join())}.json`)
  if (existsSync(ready)) return JSON.parse(readFileSync(ready, 'utf8'))
  console.log('Downloading a kernel, busybox and udev …')
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(join(cache, 'packages'), { recursive: true })
  if (tryKernelName() === undefined) apt('-q', 'update')
  const kernel = tryKernelName()
  if (kernel === undefined)
    throw new Error('apt knows no package linux-image-amd64: this test needs the package sources of Debian.')
  const folders = {}
  for (const name of [kernel, 'busybox-static', 'udev', 'libkmod2']) folders[name] = fetch(cache, name)
  const parts = {
    kernel: found(join(folders[kernel], 'boot'), /^vmlinuz-/),
    busybox: join(folders['busybox-static'], 'bin/busybox'),
    modules: modulesOf(folders[kernel], cache),
    layer: join(cache, 'layer')
  }
  mkdirSync(parts.layer)
  // Debian's merged /usr: the same names, without the symbolic links on the way.
  for (const name of ['udev', 'libkmod2'])
    for (const [from, to] of [
      ['lib', 'usr'],
      ['bin', 'usr'],
      ['usr', '.'],
      ['etc', '.']
    ])
      if (existsSync(join(folders[name], from))) {
        mkdirSync(join(parts.layer, to), { recursive: true })
        must('cp', '-a', join(folders[name], from), join(parts.layer, to))
      }
  // The guest copies the layer into its memory: documentation and the data base of hardware names stay away.
  for (const name of ['usr/share', 'usr/lib/udev/hwdb.d'])
    rmSync(join(parts.layer, name), { recursive: true, force: true })
  rmSync(join(cache, 'packages'), { recursive: true })
  rmSync(join(folders[kernel], 'usr/lib/modules'), { recursive: true, force: true })
  rmSync(join(folders[kernel], 'lib/modules'), { recursive: true, force: true })
  writeFileSync(ready, JSON.stringify(parts))
  return parts
}

/** The package that linux-image-amd64 stands for now. */
function tryKernelName() {
  const { stdout } = spawnSync('apt-cache', ['show', '--no-all-versions', 'linux-image-amd64'], {
    encoding: 'utf8'
  })
  return /^Depends: (linux-image-[\w.+-]+)/m.exec(stdout ?? '')?.[1]
}

function fetch(cache, name) {
  const packages = join(cache, 'packages')
  apt('-q', '-o', 'APT::Sandbox::User=root', 'download', name, { cwd: packages })
  const folder = join(cache, name)
  must('dpkg', '-x', found(packages, new RegExp(`^${name.replace(/[.+]/g, '\\$&')}_`)), folder)
  return folder
}

/** The wanted modules as plain .ko files, each behind those that it needs: a package holds no modules.dep, so they are asked. */
function modulesOf(folder, cache) {
  const files = new Map()
  for (const entry of readdirSync(folder, { recursive: true }))
    if (/\.ko(\.xz)?$/.test(entry)) files.set(moduleName(entry), join(folder, entry))
  const target = join(cache, 'modules')
  mkdirSync(target)
  const order = []
  const visit = (name) => {
    const file = files.get(name)
    const plain = join(target, `${name}.ko`)
    // Built into the kernel, or here already.
    if (file === undefined || existsSync(plain)) return
    const bytes = file.endsWith('.xz') ? must('xz', '-dc', file) : readFileSync(file)
    writeFileSync(plain, bytes)
    const needs = /\0depends=([^\0]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? ''
    needs.split(',').filter(Boolean).map(moduleName).forEach(visit)
    order.push(plain)
  }
  MODULES.map(moduleName).forEach(visit)
  return order
}

/** The kernel takes - and _ in a module's name for the same. */
const moduleName = (path) =>
  basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_')

/**
 * An archive of the kind that the kernel unpacks into memory and starts from (`cpio -H newc`), written here because it is short.
 * `files`: name → {mode, bytes}; a name's folders have to stand before it.
 */
export function initramfs(path, files) {
  const pieces = []
  const hex = (number) => number.toString(16).padStart(8, '0')
  const pad = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
  let inode = 1
  for (const [name, { mode, bytes = Buffer.alloc(0) }] of [
    ...Object.entries(files),
    ['TRAILER!!!', { mode: 0 }]
  ]) {
    const fields = [inode++, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0]
    pieces.push(pad(Buffer.from(`070701${fields.map(hex).join('')}${name}\0`)), pad(bytes))
  }
  writeFileSync(`${path}.new`, Buffer.concat(pieces))
  renameSync(`${path}.new`, path)
}

/** Changes with the content: to tell one cache from the next. */
const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12)

function found(folder, pattern) {
  const name = readdirSync(folder).find((each) => pattern.test(each))
  if (name === undefined) throw new Error(`no ${pattern} in ${folder}`)
  return join(folder, name)
}

function apt(...args) {
  const options = typeof args.at(-1) === 'object' ? args.pop() : {}
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync('apt-get', args, { ...options, env, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`"apt-get ${args.join(' ')}" failed; its messages above say why.`)
}

function must(program, ...args) {
  const { status, stdout } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 << 20
  })
  if (status !== 0) throw new Error(`"${program} ${args.join(' ')}" failed; its messages above say why.`)
  return stdout
}

function runs(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

/** The icon of each kind of port. */
import CpuIcon from '@lucide/svelte/icons/cpu'
import FlaskIcon from '@lucide/svelte/icons/flask-conical'
import GlobeIcon from '@lucide/svelte/icons/globe'
import TerminalIcon from '@lucide/svelte/icons/square-terminal'
import UsbIcon from '@lucide/svelte/icons/usb'
import type { Component } from 'svelte'
import type { RowKind } from '../model/rows.ts'

type Icon = Component<{ readonly size?: number; readonly strokeWidth?: number }>

export const KIND_ICONS: Readonly<Record<RowKind, Icon>> = {
  usb: UsbIcon,
  'built-in': CpuIcon,
  simulated: FlaskIcon,
  program: TerminalIcon,
  network: GlobeIcon
}

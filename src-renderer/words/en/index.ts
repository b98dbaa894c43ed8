/**
 * Every word that the page shows, in English, a file for each page. Sentences of faults come from the core as they are. Another language is a
 * folder beside this one whose whole is a `Words`: the same parts, and a function where something stands within a word.
 */
import { captures } from './captures.ts'
import { computer, state } from './computer.ts'
import { firstRun } from './first-run.ts'
import { linkAsked, links } from './links.ts'
import { monitor } from './monitor.ts'
import { monitorFind } from './monitor-find.ts'
import { monitorList } from './monitor-list.ts'
import { macros, monitorSend, plot } from './monitor-send.ts'
import { network } from './network.ts'
import { pairing, peer } from './pairing.ts'
import { settings } from './settings.ts'
import { address, drawer, lights, line, listeners } from './share.ts'
import { app, bar, common, pages, toasts } from './shell.ts'
import { terminal } from './terminal.ts'
import { ways } from './ways.ts'

export const EN = {
  app,
  common,
  pages,
  bar,
  toasts,
  computer,
  state,
  drawer,
  line,
  lights,
  listeners,
  address,
  network,
  links,
  linkAsked,
  ways,
  pairing,
  peer,
  settings,
  firstRun,
  terminal,
  monitor,
  captures,
  monitorSend,
  macros,
  plot,
  monitorFind,
  monitorList
}

/** What every language has. */
export type Words = typeof EN

/** Commands that several findings of the doctor propose. Pure. */
import { type PortsFacts, RULE_NAME } from './doctor-facts.ts'

/** Puts our udev rule in force: rights for group dialout, and no probing by ModemManager. */
export function installRule({ ruleFile }: PortsFacts): string {
  const file = ruleFile === undefined ? `assets/${RULE_NAME}` : shellWord(ruleFile)
  return `sudo cp ${file} /etc/udev/rules.d/ && sudo udevadm control --reload, then plug the adapter out and in`
}

/** The text as one word of a shell command. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

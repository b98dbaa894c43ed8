import { expect, it } from 'vitest'
import { type FixPiece, fixPieces } from '../../src-renderer/model/fix-pieces.ts'

/** What the core proposes, each kind of it: `$` before what can be copied. */
const FIXES: readonly (readonly [string, readonly string[]])[] = [
  ['sudo modprobe ch341', ['$ sudo modprobe ch341']],
  [
    'sudo modprobe ch341 (if there is no such module, install your kernel’s extra modules package)',
    ['$ sudo modprobe ch341', '(if there is no such module, install your kernel’s extra modules package)']
  ],
  [
    'sudo cp assets/60-farport.rules /etc/udev/rules.d/ && sudo udevadm control --reload, then plug the adapter out and in',
    [
      '$ sudo cp assets/60-farport.rules /etc/udev/rules.d/ && sudo udevadm control --reload',
      'Then plug the adapter out and in'
    ]
  ],
  [
    'Run `sudo usermod -aG dialout $USER`, then sign out and in',
    ['Run:', '$ sudo usermod -aG dialout $USER', 'Then sign out and in']
  ],
  [
    "Find out who it is, and end it: sudo ss -lunp 'sport = :5353'. Until then: farport peers add HOST",
    [
      'Find out who it is, and end it:',
      "$ sudo ss -lunp 'sport = :5353'",
      'Until then:',
      '$ farport peers add HOST'
    ]
  ],
  [
    'With ufw: sudo ufw allow 22217/tcp. With nftables: sudo nft insert rule inet filter input tcp dport 22217 accept',
    [
      'With ufw:',
      '$ sudo ufw allow 22217/tcp',
      'With nftables:',
      '$ sudo nft insert rule inet filter input tcp dport 22217 accept'
    ]
  ],
  ["See whose it is: ls -l '/home/a. b'", ['See whose it is:', "$ ls -l '/home/a. b'"]],
  ['Listen on 0.0.0.0 or on an IPv4 address', ['Listen on 0.0.0.0 or on an IPv4 address']],
  [
    'Name one that is there, or none for all of them, in /etc/farport/settings.json',
    ['Name one that is there, or none for all of them, in /etc/farport/settings.json']
  ],
  [
    'farport service status tells of it and names its log; end it and start it again',
    ['Farport service status tells of it and names its log; end it and start it again']
  ],
  [
    'Take `console=ttyS0` out of the kernel’s command line and restart',
    ['Take console=ttyS0 out of the kernel’s command line and restart']
  ]
]

const shown = (piece: FixPiece): string => ('command' in piece ? `$ ${piece.command}` : piece.text)

it.each(FIXES)('%s', (fix, pieces) => {
  expect(fixPieces(fix).map(shown)).toEqual(pieces)
})

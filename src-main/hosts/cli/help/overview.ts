/** `farport --help`: all commands, and what may stand for a port. */

export const OVERVIEW = `farport: share serial ports on the network, use remote ones as if they were plugged in

  farport list                                  the serial ports of this computer, and what runs on them
  farport share DEVICE --listen URL             share a port
  farport connect URL --pty LINK                use a shared port as a local one
  farport connect A B                           join any two ends
  farport terminal TARGET                       talk to a port from this terminal
  farport monitor TARGET                        watch every byte, of a port, a share or a capture file
  farport capture TARGET --save FILE            write what passes into a file; export, replay: later
  farport send TARGET TEXT                      send something and leave
  farport expect TARGET SCRIPT                  log in, wait for prompts: a script for a console
  farport reset TARGET --profile BOARD          reset the board at a port
  farport enable NAME, disable, remove          switch what the running Farport shares
  farport pause, resume                         all of its shares at once
  farport pair HOST                             trust another computer, and be trusted, by six digits
  farport peers                                 who is near: other Farports, ser2net and more
  farport permit COMPUTER control               what a paired computer may do here
  farport ask LINK, take-over, grant, decline   who writes, where several use one port
  farport doctor                                what stands in the way here, and how to mend it
  farport serve                                 everything that the settings say, until it is stopped
  farport page                                  the running Farport in a browser
  farport service install                       keep it running: from sign-in, or from the start of the computer
  sudo farport usb --install                    let people here use ports as USB adapters (Linux)
  farport import /etc/ser2net.yaml              take over what ser2net shares
  farport extcap --install                      the serial ports in Wireshark
  farport demo                                  simulated devices, to try things out

farport COMMAND --help tells more. --json, with any of them: results and errors for programs.
Exit codes: 0 done, 2 usage, 3 device, 4 peer, 5 listen address in use or not permitted, 130 stopped before it was done.`

/** One text for those that belong together. */

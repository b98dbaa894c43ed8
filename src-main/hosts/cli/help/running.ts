/** The help of what runs Farport: doctor, page, serve, import, service, demo. */

export const RUNNING_HELP: Readonly<Record<string, string>> = {
  doctor: `farport doctor [--json]

Examines what stands in the way of sharing ports here: rights, locks, other programs, addresses; the Farport that runs here, its
service, settings, key and clock; and asks up to three paired computers to connect back, which tells whether a firewall keeps others
out. Each finding has its fix.
Exit code 3 when there is a problem.`,

  page: `farport page [--on | --off | --browsers | --sign-out [ID]] [--json]

Prints "page URL": a way into the page of the running Farport (farport serve, the service), in a terminal with a QR code. The URL is good
for one browser, once, and for an hour; that browser then stays signed in, over restarts too, until it did not come for 30 days.

  --on                   have the running Farport serve its page from now on, at 127.0.0.1:7373 or where its settings say
                         (preferences.page: host, port, certificate, key); then print the URL
  --off                  and not any more
  --browsers             those that are signed in: what they are, from where, since when, and how many pages they have open
  --sign-out [ID]        that one has to sign in again, or every one; the beginning of its id will do
  --json                 {"page": URL, validMs, fingerprint of a certificate that nobody vouches for}; {"browsers": […]}

From another computer, with the page at 127.0.0.1:
  ssh -L 7373:127.0.0.1:7373 pi@raspberrypi farport page      then open what it prints, here

Exit codes: 2 also where no Farport runs or it serves no page.`,

  serve: `farport serve [--http HOST:PORT] [--system] [--json]

Shares and connects everything that its settings say until it is stopped, and takes commands from programs of this computer: list,
share, connect, enable, disable, remove, disconnect, pair, permit. farport service has the system keep it running.
Prints "ready SOCKET" once it takes commands; its log, a line for each thing that happens, goes to standard error.

  --http HOST:PORT       its page for browsers there: 127.0.0.1:7373, [::1]:7373; port 0: any free one. Prints "page URL" with a
                         way in for one browser (farport page); to a journal without that
  --http-cert FILE, --http-key FILE    TLS, as PEM; needed where other computers come. --http-cert own: the certificate of this
                         installation, which browsers warn of; its fingerprint is printed
  --system               the computer's own: settings and identity in /var/lib/farport, commanded by root and the group farport
  --json                 the ready line and the log as JSON, one object a line

Its settings are settings.json in ~/.config/farport (macOS: ~/Library/Application Support/Farport; Windows: %APPDATA%\\Farport;
FARPORT_CONFIG names another file). Commands change them, and so may you while it runs. A share takes over its name, line
settings, listeners, allow lists and rules, and its clients go on, but for those of a listener that is gone; what else changed is
begun anew, everything else goes on. SIGHUP (systemctl reload farport) has the file read at once. A file that cannot be read changes nothing, and the log
says what is wrong where; the last good one is kept beside it, as settings.json.bak. Something that cannot run just now, because
its address is taken or its path occupied, is tried until it can, and shown in farport list.
SIGTERM ends it within 2 s; what could not be delivered until then is counted in its log. One runs for each user, and one for
the computer: a second one says which one does.

Examples:
  farport serve
  sudo farport serve --system`,

  import: `farport import FILE [--allow WHO …] [--dry-run] [--json]

Takes over what ser2net shares: FILE is a ser2net.yaml (4.x, with its includes) or a ser2net.conf (3.x). Each connection becomes a
share with the same port, connections of one device become one share where they can; each line that becomes nothing, and each option
that is left out, is listed with the reason. A running Farport shares them from now on; without one they stand in the settings and
begin with farport serve. Either all that can be imported is, or none of it.

  --dry-run              show what would become of each line, and change nothing
  --allow WHO            who may use what other computers can reach, as farport share --allow: an address, a network, or anyone,
                         as in ser2net. Without it such connections are listed and not imported, those with a remaddr excepted;
                         those on localhost need none. hosts.allow and hosts.deny are not read.
  --json                 an object a line: file, line, and share, rotator, or text and reason

localhost is 127.0.0.1 alone. Connections of one device that differ in more than line settings, texts and who may come stay shares of
their own: who comes while another one has the device waits, where ser2net refuses.

Names and addresses that are there already stay as they are and are said, so that a file can be imported again: for instance with
--allow, after a look at it. Encrypted connections (ssl,tcp, and mux,certauth,ssl,tcp for gtlssh) keep their certificate, and each one
of their users is listed with the command that lets it in; admin and LEDs are not imported. Stop ser2net before Farport serves the same
ports: systemctl disable --now ser2net

Exit codes: 0 also where some lines became nothing, 2 where all did, 5 where nothing but --allow is missing.

  farport import /etc/ser2net.yaml --dry-run
  farport import /etc/ser2net.yaml --allow 192.168.1.0/24
  farport import /etc/ser2net.conf --allow anyone`,

  service: `farport service install|uninstall|status [--user | --system] [--dry-run] [--json]

Has the system keep "farport serve" running: systemd, launchd (macOS), or a scheduled task (Windows). install starts it, and starts
it again after an update of Farport; doing it twice does no harm. Files that Farport did not make are left alone.

  --user                 while you are signed in, with your own settings (default)
  --system               from the start of the computer on (default for root). Linux: as a user of its own with an identity of
                         its own, which writes to /var/lib/farport and /run/farport alone; members of the group farport may
                         command it; the udev rule that keeps ModemManager off adapters is installed with it
  --dry-run              show every file and command, and do nothing

status says of both whether they run, since when, and where the log is. Exit code 3 when none runs.

Examples:
  farport service install
  farport service install --system --dry-run
  sudo farport service install --system && sudo usermod -aG farport $USER`,

  usb: `farport usb [--install | --uninstall] [--dry-run] [--json]

Says whether a port can be connected as a USB adapter here (farport connect URL --usb NAME), and what is in the way. Linux: root alone may
plug one in, and it is /dev/ttyACM0 or the next free number, until this is done once:

  --install              writes a udev rule (the name /dev/farport/NAME, the group dialout, no probing by ModemManager), has the
                         kernel's module vhci-hcd loaded at each start, and lets members of the group dialout plug in serial adapters,
                         and nothing else, by a helper that systemd starts as root: a shell script that you can read
  --uninstall            takes all of that away again
  --dry-run              show every file and command, and do nothing

Exit code 3 when none can be connected.

Examples:
  farport usb --install --dry-run
  sudo farport usb --install`,

  demo: `farport demo [--http HOST:PORT] [--json]

Shares a simulated GPS receiver and a simulated echo on loopback, and prints lines to try them with.

  --http HOST:PORT       in a browser too: prints "page URL". It is a Farport of its own, with its settings in a folder "trial" beside
                         yours, and goes on at the next start with what it has then`
}

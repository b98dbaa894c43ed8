/** The help of what other computers may do here, and of who they are: peers, pair, permit. */

export const COMPUTERS_HELP: Readonly<Record<string, string>> = {
  peers: `farport peers [--timeout S] [--json]
farport peers add HOST[:PORT], farport peers remove HOST[:PORT]

Lists who is near, by what they announce in the network (mDNS): other Farports with whether they are paired, and ports of ser2net and other
programs, each with what to connect to. What is gone stays for a while, and says so. The running Farport listens all the time and is asked
to look again; without one this command asks by itself.

  --timeout S            look for S seconds (default: until nothing new came for a second, 3 at the most)
  add HOST[:PORT]        look there too, each minute: a Farport that mDNS does not reach (VPN, VLAN)
  remove HOST[:PORT]     do not any more
  --json                 {nearby, peers}: as in the state of farport list --json; {"added": PLACE}, {"removed": PLACE}

A name in the network proves nothing, anybody can announce it: a paired computer is known by its key, whatever it is called and wherever it
is. The others' ports are as safe as the network, unless their address says that they are encrypted.
A name that is listed is enough: farport pair NAME, farport connect farport://NAME, farport connect mdns://NAME --pty LINK.
What this computer announces is set by preferences.discovery (announce, browse, interfaces, places) and share --no-announce.

Examples:
  farport peers
  farport peers add lab.example
  farport connect mdns://Bench%20meter --pty ~/ttyBench`,

  pair: `farport pair [HOST[:PORT]] [--permit none|observe|control] [--json]
farport pair accept COMPUTER [DIGITS] [--once] [--permit …], farport pair reject|block|remove COMPUTER
farport pair rename COMPUTER NAME
farport pair import FILE|HOST:PORT|ID [--name NAME] [--permit LEVEL [--share SHARE]], farport pair export [FILE]

Two computers that are paired know each other's key: their shares are then reached by name (farport://COMPUTER/SHARE), encrypted,
as far as farport permit says. Without arguments: who is paired, who is blocked, who asks.

pair HOST, or the name of one that farport peers lists, asks that computer; both then show the same six digits, here and in farport pair there. A person compares them and
says yes on both sides, within two minutes. Other digits mean that somebody is in between: say no.
  HOST[:PORT]            where Farport runs (port 22217 where nothing else is said); it needs no share
  accept COMPUTER        the other computer asks, and its digits are the same: at a terminal it asks you, and a script gives the
                         DIGITS that it read there. Waits until the other side has accepted
  reject COMPUTER        they are not, or nobody here knows of it
  --permit LEVEL         what it may do here from then on (farport permit); otherwise nothing
  --once                 for this time: until Farport here ends, or that computer has had no connection for ten minutes; it is in no
                         file, so commands that run by themselves (terminal, --standalone) do not know it
  rename COMPUTER NAME   what it is called here, also when it is paired again; addresses that have its names of before go on
  remove COMPUTER        forget it, paired or blocked; its connections end
  block COMPUTER         the same, and it cannot even ask again
  import FILE            trust a program that is no Farport (socat, gensio, ser2net) by the key of its certificate, as PEM, for
                         addresses like raw+tls://; of HOST:PORT it shows the certificate and asks you; an ID is taken as it is
  export [FILE]          our own certificate, for the cafile=, CA= or verify of those programs

COMPUTER is its name, or the first 8 or more digits of its id. On standard input that is no terminal, pair HOST takes the digits
of the other computer as a line. After three requests that came to nothing the other computer listens to no more for ten minutes.
Where no Farport runs here, pair HOST asks by itself; the one that is asked has to run one.

  farport pair 192.168.1.20
  farport pair accept workshop-pc 123456 --permit control
  farport pair remove workshop-pc`,

  permit: `farport permit COMPUTER [SHARE] none|observe|control|inherit [--history] [--json]

What a paired computer may do with a share of this one, or with all that have nothing of their own. At once, also for who is connected.
  none                   it does not even see it (so begins every pairing)
  observe                watch what passes
  control                use it: write, set, take over
  inherit                for a SHARE: nothing of its own any more
  --history              and read what passed before it came; without it, it may not

  farport permit workshop-pc control
  farport permit workshop-pc "Rack console" observe --history`
}

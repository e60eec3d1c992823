export const help = `Usage: pulumi-buildx COMMAND [NAME...]

Tells of buildx's builders on this machine and on the Docker engines that they are on.

Commands:
  status    the builders and their states: what runs, what is in the cache, whose it is
  doctor    what keeps a builder from working, and the command that mends it

A NAME is that of a builder, node, container or volume; without one all are looked at.

Options:
      --json       print JSON
  -h, --help       print this
  -V, --version    print the version

Exit codes: 0 if all is well, 1 if doctor found something or status knows no such NAME,
2 if the arguments make no sense.
`;

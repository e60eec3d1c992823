export const help = `Usage: pulumi-buildx COMMAND [NAME...]

Shows the buildx builders of this machine, also on remote Docker engines, and their problems.

Commands:
  status    list the builders with their status, cache size and Pulumi stack
  doctor    find problems with builders and print the commands that fix them

NAME is the name of a builder, node, container or volume. Without a NAME, all are included.

Options:
      --json       print JSON
  -h, --help       print this help
  -V, --version    print the version

Exit codes: 0 on success, 1 if doctor finds a problem or status does not find a NAME,
2 if the arguments are not valid.
`;

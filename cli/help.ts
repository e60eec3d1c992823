export const help = `Usage: pulumi-buildx COMMAND [NAME...] [OPTIONS]

Shows the buildx builders of this machine, also on remote Docker engines, and their problems.
Installs the Pulumi plugin for programs in YAML, Python, Go and other languages.

Commands:
  status            list the builders with their status, cache size and Pulumi stack
  doctor            find problems with builders and print the commands that fix them
  plugin install    install the Pulumi plugin of this version, without a network

NAME is the name of a builder, node, container or volume. Without a NAME, all are included.

Options:
      --json       print JSON
      --list       with doctor: list the kinds of findings
  -h, --help       print this help
  -V, --version    print the version

Examples:
  pulumi-buildx status                 list all builders
  pulumi-buildx status ci --json       print everything about builder ci, for a program
  pulumi-buildx doctor ci              find the problems of builder ci
  pulumi-buildx doctor --list          list what doctor checks

Exit codes: 0 on success, 1 if doctor finds a problem or status does not find a NAME,
2 if the arguments are not valid, 4 if the plugin cannot be installed.
`;

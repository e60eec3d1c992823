/** The schema of a builder's arguments: the values that are valid for each argument by itself. */
import * as v from "valibot";
import { legalPem } from "../../args/endpoint";
import { legalPlatforms } from "../../args/platforms";
import { flag, legalName, seconds, textThat, unknownKey } from "../../args/rules";
import { whyInvalidAddress } from "../../buildkit/address";
import { quote } from "../../text/quote";
import { legalNodes } from "../builder/schema";
import type { RemoteNodeArguments, RemoteTlsArguments, UserArgument } from "./args";

const address = textThat(
    (value) => whyInvalidAddress(value) === undefined,
    (value) => whyInvalidAddress(value) ?? "",
);

const tlsRules = {
    ca: legalPem,
    cert: legalPem,
    key: legalPem,
    serverName: v.optional(
        textThat(
            (name) => /^[^\s/:]+$|^[\da-fA-F:.]+$/.test(name),
            (value) =>
                `${quote(value)} is not a valid server name: must be a host name or an IP address, for example "buildkitd.example"`,
        ),
    ),
} satisfies Record<keyof RemoteTlsArguments, v.GenericSchema>;

/** The names of the driver options of the `remote` driver, for users of `docker buildx create`. */
const driverOptions: Readonly<Record<string, keyof RemoteTlsArguments>> = { cacert: "ca", servername: "serverName" };

/** The arguments of a node. */
const nodeRules = {
    endpoint: v.optional(address),
    tls: v.optional(
        v.pipe(
            v.looseObject(
                tlsRules,
                "must be { ca, cert, key, serverName }; ca, cert and key are each the path of a file or PEM text",
            ),
            v.rawCheck(({ dataset, addIssue }) => {
                if (!dataset.typed) return;
                for (const key of Object.keys(dataset.value).filter((each) => !(each in tlsRules))) {
                    const here = driverOptions[key];
                    const why = here && `"${key}" is not a valid key: write ${here} instead`;
                    addIssue({ message: why ?? unknownKey(key, Object.keys(tlsRules)) });
                }
            }),
        ),
    ),
    platforms: v.optional(legalPlatforms('["linux/arm64"]')),
} satisfies Record<keyof RemoteNodeArguments, v.GenericSchema>;

export const schema = v.looseObject({
    ...nodeRules,
    name: v.optional(legalName),
    nodes: v.optional(legalNodes(nodeRules, '[{ endpoint: "tcp://buildkitd.example:1234" }]')),
    defaultLoad: v.optional(flag),
    requirePlatforms: v.optional(legalPlatforms('["linux/amd64", "linux/arm64"]')),
    use: v.optional(flag),
    adopt: v.optional(flag),
    bootTimeout: v.optional(seconds({ min: 1 })),
} satisfies Record<UserArgument, v.GenericSchema>);

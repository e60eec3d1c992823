/**
 * Platform specifiers, `os[/arch[/variant]]`. They are parsed and normalized as in buildx (containerd/platforms:
 * `Parse` and `Normalize`).
 */

import { quote } from "./quote";

/** A platform in the form of buildx's store and of BuildKit's workers. */
export interface Platform {
    architecture: string;
    os: string;
    "os.version"?: string;
    variant?: string;
}

const systems = new Set(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
        " ",
    ),
);

const architectures = new Set(
    (
        "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 " +
        "mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm"
    ).split(" "),
);

const component = /^[A-Za-z0-9_.-]+$/;

/** Returns the canonical architecture and variant for the different spellings of an architecture. */
function normalizeArchitecture(arch: string, variant: string): [string, string] {
    switch (arch) {
        case "i386":
            return ["386", ""];
        case "x86_64":
        case "x86-64":
        case "amd64":
            return ["amd64", variant === "v1" ? "" : variant];
        case "aarch64":
        case "arm64":
            if (["8", "v8", "v8.0"].includes(variant)) return ["arm64", ""];
            return ["arm64", ["9", "9.0", "v9.0"].includes(variant) ? "v9" : variant];
        case "armhf":
            return ["arm", "v7"];
        case "armel":
            return ["arm", "v6"];
        case "arm":
            if (["", "7"].includes(variant)) return ["arm", "v7"];
            return ["arm", ["5", "6", "8"].includes(variant) ? `v${variant}` : variant];
        default:
            return [arch, variant];
    }
}

/** Returns the architecture of this machine, which buildx uses if a specifier omits the architecture. */
function hostArchitecture(): string {
    const names: Record<string, string> = { x64: "amd64", ia32: "386", loong64: "loong64" };
    return names[process.arch] ?? process.arch;
}

/**
 * Parses a specifier.
 *
 * @throws {Error} if the text is not a platform. The message says what is wrong with it.
 */
export function parsePlatform(specifier: string): Platform {
    const wrong = (why: string) => new Error(invalidPlatform(specifier, why));
    const parts = specifier.trim().toLowerCase().split("/");
    if (parts.length > 3 || !parts.every((part) => component.test(part))) {
        throw wrong("it must have one to three parts of letters, digits, '_', '.' and '-', separated by '/'");
    }
    const [first = "", second, third = ""] = parts;
    const system = first === "macos" ? "darwin" : first;
    if (second === undefined) {
        if (first === "local") return platform("linux", ...normalizeArchitecture(hostArchitecture(), ""));
        if (systems.has(system)) return platform(system, ...normalizeArchitecture(hostArchitecture(), ""));
        const [arch, variant] = normalizeArchitecture(first, "");
        if (!architectures.has(arch)) throw wrong(`"${first}" is not a known operating system or architecture`);
        return platform("linux", arch, variant);
    }
    if (!systems.has(system)) throw wrong(`"${first}" is not a known operating system`);
    const [arch, variant] = normalizeArchitecture(second, third);
    if (!architectures.has(arch)) throw wrong(`"${second}" is not a known architecture`);
    return platform(system, arch, variant);
}

/** Returns the message about an invalid platform. */
export const invalidPlatform = (value: unknown, why?: string): string =>
    `${quote(value)} is not a valid platform${why === undefined ? "" : ` (${why})`}: ` +
    'must be os/architecture[/variant], for example "linux/arm64"';

function platform(os: string, architecture: string, variant: string): Platform {
    return variant === "" ? { architecture, os } : { architecture, os, variant };
}

/** Returns the specifier of a platform, as `docker buildx inspect` prints it. */
export function formatPlatform(of: Platform): string {
    const os = of["os.version"] ? `${of.os}(${of["os.version"]})` : of.os;
    return [os, of.architecture, of.variant].filter(Boolean).join("/");
}

/** Returns the canonical spelling of a specifier: `"linux/arm64"` for `"linux/aarch64"`. */
export const normalizePlatform = (specifier: string): string => formatPlatform(parsePlatform(specifier));

/** Returns the specifiers of platforms in their order, without duplicates. */
export function formatPlatforms(platforms: readonly Platform[]): string[] {
    return [
        ...new Set(
            platforms.map((each) => {
                const [architecture, variant] = normalizeArchitecture(each.architecture, each.variant ?? "");
                return formatPlatform({ ...each, architecture, variant });
            }),
        ),
    ];
}
